import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { convertCheckpoint } from '../../../inference/convert/convert.ts'
import { quantize } from '../../../inference/convert/weights/quantize.ts'
import type { Precision, VisionStorage } from '../../../inference/blocks/precision.ts'
import { DecoderRun, float, openGraphs, runOne } from '../../helpers/graph-sessions.ts'
import type { Graphs } from '../../helpers/graph-sessions.ts'
import { checkpointFolder, loadParity, relativeError, tensorOf } from '../../helpers/parity.ts'
import { dequantize } from '../../helpers/quantized.ts'
import { floatTensor, readTensors, valuesOf, writeTensors } from '../../helpers/safetensors.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'quantized-graphs-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** The matrices that int4 and int8 packages quantize. */
const QUANTIZED =
  /(self_attn\.(qkv|projection|[qkv]_proj|out_proj)|mlp\.fc[12]|layers\.\d+\.fc[12]|lm_head)\.weight$/

const NAME = 'blocks'

/** A copy of the checkpoint whose quantized matrices hold what quantization leaves of them. */
function dequantizedCheckpoint(bits: 4 | 8): string {
  const copy = path.join(folder, `dequantized-${bits}`)
  mkdirSync(copy)
  cpSync(checkpointFolder(NAME), copy, { recursive: true })
  const tensors = readTensors(copy)
  // The tied logits are quantized, the embeddings are not: they part here.
  tensors['language_model.lm_head.weight'] ??=
    tensors['language_model.model.decoder.embed_tokens.weight']!
  for (const [name, tensor] of Object.entries(tensors)) {
    if (QUANTIZED.test(name)) {
      const [rows, columns] = tensor.shape
      const values = quantize(valuesOf(tensor), { rows: rows!, columns: columns! }, bits)
      tensors[name] = floatTensor(dequantize(values, rows!, columns!, bits), tensor.shape)
    }
  }
  writeTensors(path.join(copy, 'model.safetensors'), tensors)
  return copy
}

async function convert(
  from: string,
  out: string,
  precision: Precision,
  vision: VisionStorage = 'block',
): Promise<Graphs> {
  const options = { precision, vision, name: NAME, source: null }
  const target = path.join(folder, out)
  return openGraphs(target, await convertCheckpoint(from, target, options))
}

describe('quantized graphs', () => {
  const parity = loadParity(NAME)
  const { ids } = parity.prompts.question
  const pixels = tensorOf(parity, 'pixel_values')
  const imageTokens = tensorOf(parity, 'image_tokens').data

  async function logits(graphs: Graphs): Promise<Float32Array> {
    const run = new DecoderRun(graphs, 1, 64)
    const first = await run.step({ imageTokens, ids: [ids] })
    const second = await run.step({ imageTokens: null, ids: [[5]] })
    return new Float32Array([...first, ...second])
  }

  // What is left is the kernel's rounding of activations to int8; each is about one part in 250.
  for (const [precision, bits] of [
    ['int8', 8],
    ['int4', 4],
  ] as const) {
    it(`of ${precision} equal their dequantized weights but for int8 activations`, async () => {
      const graphs = await convert(checkpointFolder(NAME), precision, precision)
      const exact = await convert(dequantizedCheckpoint(bits), `${precision}-exact`, 'fp32')
      const input = float(pixels.data, pixels.shape)
      const { image_embeds } = await runOne(graphs.vision, input)
      const expected = await runOne(exact.vision, input)
      const visionError = relativeError(image_embeds!, expected['image_embeds']!)
      assert.ok(visionError < 0.02, `vision: relative error ${visionError}`)
      const decoderError = relativeError(await logits(graphs), await logits(exact))
      assert.ok(decoderError < 0.02, `decoder: relative error ${decoderError}`)
    })
  }

  it('of w8a8 see what the floating-point tower sees, but for 8 bits', async () => {
    const whole = await convert(checkpointFolder(NAME), 'w8a8', 'int4', 'w8a8')
    const half = await convert(checkpointFolder(NAME), 'float', 'int4', 'float')
    const input = float(pixels.data, pixels.shape)
    const expected = tensorOf(parity, 'image_embeds').data
    const { image_embeds } = await runOne(whole.vision, input)
    const error = relativeError(image_embeds!, expected)
    assert.ok(error < 0.03 && error > 1e-4, `relative error ${error}`)
    const exact = await runOne(half.vision, input)
    assert.ok(relativeError(exact['image_embeds']!, expected) < 1e-4)
    assert.equal(whole.card.quantization?.vision, 'w8a8')
    const file = 'vision.onnx.data'
    assert.ok(whole.card.files[file]!.bytes < 0.7 * half.card.files[file]!.bytes)
  })

  it('of w8a8 take several pictures at once', async () => {
    const graphs = await convert(checkpointFolder(NAME), 'w8a8-batch', 'int8', 'w8a8')
    const [, ...rest] = pixels.shape
    const dark = pixels.data.map((value) => value / 3 - 1)
    const both = float(new Float32Array([...pixels.data, ...dark]), [2, ...rest])
    const together = await runOne(graphs.vision, both)
    const first = await runOne(graphs.vision, float(pixels.data, pixels.shape))
    const second = await runOne(graphs.vision, float(dark, pixels.shape))
    const alone = new Float32Array([...first['image_embeds']!, ...second['image_embeds']!])
    assert.ok(relativeError(together['image_embeds']!, alone) < 1e-5)
  })

  it('of int4 give no logits where none are wanted', async () => {
    const graphs = await convert(checkpointFolder(NAME), 'int4-none', 'int4')
    const run = new DecoderRun(graphs, 1, 64)
    assert.equal((await run.step({ imageTokens, ids: [ids], rows: [] })).length, 0)
  })

  it('of fp16 are exact where the checkpoint is', async () => {
    const half = await convert(checkpointFolder(NAME), 'fp16', 'fp16')
    const full = await convert(checkpointFolder(NAME), 'fp32', 'fp32')
    assert.ok(relativeError(await logits(half), await logits(full)) < 1e-5)
    const { bytes } = half.card.files['vision.onnx.data']!
    assert.ok(bytes < full.card.files['vision.onnx.data']!.bytes * 0.6)
  })

  it('count the matrices, and keep those whose rows are no multiple of 32', async () => {
    const blocks = JSON.parse(readFileSync(path.join(folder, 'int4', 'model.json'), 'utf8'))
    assert.equal(blocks.quantization.kept, 0)
    const odd = await convert(checkpointFolder('odd-sizes'), 'odd-int4', 'int4')
    // 2 vision layers of 4, 3 decoder layers of 6 and lm_head, all of them 30 to 51 wide.
    assert.deepEqual(odd.card.quantization, {
      bits: 4,
      blockSize: 128,
      quantized: 0,
      kept: 27,
      vision: 'block',
    })
    const parity = loadParity('odd-sizes')
    const run = new DecoderRun(odd, 1, 64)
    const got = await run.step({
      imageTokens: tensorOf(parity, 'image_tokens').data,
      ids: [parity.prompts.question.ids],
    })
    const { vocabSize } = parity
    const expected = tensorOf(parity, 'logits.question.steps').data.subarray(0, vocabSize)
    assert.ok(relativeError(got, expected) < 1e-4)
  })
})
