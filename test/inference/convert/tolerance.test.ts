import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import { checkpointFolder } from '../../helpers/parity.ts'
import type { ParityName } from '../../helpers/parity-names.ts'
import { floatTensor, readTensors, valuesOf, writeTensors } from '../../helpers/safetensors.ts'
import type { RawTensor, RawTensors } from '../../helpers/safetensors.ts'

const EMBED = 'language_model.model.decoder.embed_tokens.weight'
const HEAD = 'language_model.lm_head.weight'

let folder: string
let from: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tolerance-'))
  from = path.join(folder, 'from')
  use('base')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function use(name: ParityName) {
  rmSync(from, { recursive: true, force: true })
  cpSync(checkpointFolder(name), from, { recursive: true })
}

function changeWeights(edit: (tensors: RawTensors) => void) {
  const tensors = readTensors(from)
  edit(tensors)
  writeTensors(path.join(from, 'model.safetensors'), tensors)
}

/** The decoder's and the image encoder's bytes of the package. */
async function convert(name: string): Promise<{ decoder: string; vision: string; size: number }> {
  const out = path.join(folder, name)
  const card = await convertCheckpoint(from, out, { precision: 'fp32', name, source: null })
  const hash = (part: string) =>
    `${card.files[`${part}.onnx`]!.sha256} ${card.files[`${part}.onnx.data`]!.sha256}`
  const size = card.files['decoder.onnx.data']!.bytes
  return { decoder: hash('decoder'), vision: hash('vision'), size }
}

/** Cuts the values to bfloat16; exact where they fit it. */
function brainFloat(tensor: RawTensor): RawTensor {
  const values = valuesOf(tensor)
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = Uint16Array.from(bits, (word) => word >>> 16)
  return { dtype: 'BF16', shape: tensor.shape, bytes: new Uint8Array(halves.buffer) }
}

describe('convertCheckpoint takes', () => {
  it('buffers of older checkpoints, whatever their type', async () => {
    const plain = await convert('plain')
    changeWeights((tensors) => {
      const bytes = new Uint8Array(new BigInt64Array(32).buffer)
      tensors['qformer.embeddings.position_ids'] = { dtype: 'I64', shape: [1, 32], bytes }
    })
    assert.deepEqual(await convert('buffers'), plain)
  })

  it('a copy of tied embeddings as lm_head, stored once', async () => {
    const plain = await convert('plain')
    changeWeights((tensors) => {
      tensors[HEAD] = tensors[EMBED]!
    })
    assert.deepEqual(await convert('both'), plain)
  })

  it('tied embeddings under the name of lm_head', async () => {
    const { size } = await convert('plain')
    changeWeights((tensors) => {
      tensors[HEAD] = tensors[EMBED]!
      delete tensors[EMBED]
    })
    assert.equal((await convert('head')).size, size)
  })

  it('an lm_head that differs from the embeddings, tied or not', async () => {
    const { size } = await convert('plain')
    changeWeights((tensors) => {
      const values = valuesOf(tensors[EMBED]!).map((x) => -x)
      tensors[HEAD] = floatTensor(values, tensors[EMBED]!.shape)
    })
    assert.equal((await convert('apart')).size, size + 304 * 32 * 4)
  })

  it('float32 and bfloat16, to the same result where they hold the same values', async () => {
    changeWeights((tensors) => {
      for (const [name, tensor] of Object.entries(tensors)) {
        tensors[name] = brainFloat(tensor)
      }
    })
    const brain = await convert('bf16')
    changeWeights((tensors) => {
      for (const [name, { bytes, shape }] of Object.entries(tensors)) {
        const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
        const words = Uint32Array.from(halves, (half) => (half << 16) >>> 0)
        tensors[name] = floatTensor(new Float32Array(words.buffer), shape)
      }
    })
    assert.deepEqual(await convert('fp32'), brain)
  })

  it('one file and several shards alike', async () => {
    use('separate-head')
    const shards = await convert('shards')
    changeWeights(() => undefined)
    rmSync(path.join(from, 'model.safetensors.index.json'))
    assert.deepEqual(await convert('single'), shards)
  })

  it('a folder without files about pictures and generation', async () => {
    const plain = await convert('plain')
    rmSync(path.join(from, 'processor_config.json'))
    rmSync(path.join(from, 'generation_config.json'))
    assert.deepEqual(await convert('bare'), plain)
    const card = JSON.parse(readFileSync(path.join(folder, 'bare', 'model.json'), 'utf8'))
    assert.deepEqual(card.preprocessing.mean, [0.48145466, 0.4578275, 0.40821073])
  })

  it('a layer norm without weights', async () => {
    const file = path.join(from, 'config.json')
    const json = JSON.parse(readFileSync(file, 'utf8'))
    json.text_config.layer_norm_elementwise_affine = false
    writeFileSync(file, JSON.stringify(json))
    changeWeights((tensors) => {
      for (const name of Object.keys(tensors)) {
        if (name.startsWith('language_model') && name.includes('layer_norm')) {
          delete tensors[name]
        }
      }
    })
    await convert('plain-norms')
  })
})
