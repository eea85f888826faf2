import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { convertCheckpoint, estimatePackageBytes } from '../../../inference/convert/convert.ts'
import { ConfigError } from '../../../inference/errors.ts'
import { modelCardSchema, PRECISIONS } from '../../../inference/model-card.ts'
import type { ModelCard } from '../../../inference/model-card.ts'
import { checkpointFolder } from '../../helpers/parity.ts'
import type { ParityName } from '../../helpers/parity.ts'
import { floatTensor, readTensors, writeTensors } from '../../helpers/safetensors.ts'
import type { RawTensors } from '../../helpers/safetensors.ts'

const OPTIONS = { precision: 'fp32', name: 'tiny', source: null } as const
const WEIGHTS = 'model.safetensors'

let folder: string
let from: string
let out: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'convert-'))
  from = path.join(folder, 'from')
  out = path.join(folder, 'out')
  useCheckpoint('base')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function useCheckpoint(name: ParityName) {
  rmSync(from, { recursive: true, force: true })
  cpSync(checkpointFolder(name), from, { recursive: true })
}

type Json = Record<string, unknown>

function change(file: string, edit: (json: Json & Record<string, Json>) => void) {
  const json = JSON.parse(readFileSync(path.join(from, file), 'utf8'))
  edit(json)
  writeFileSync(path.join(from, file), JSON.stringify(json))
}

function changeWeights(edit: (tensors: RawTensors) => void) {
  const tensors = readTensors(from)
  edit(tensors)
  writeTensors(path.join(from, WEIGHTS), tensors)
}

/** The problems of a conversion that must be refused and must leave nothing behind. */
async function refusal(): Promise<readonly string[]> {
  let problems: readonly string[] = []
  await assert.rejects(convertCheckpoint(from, out, OPTIONS), (error) => {
    assert.ok(error instanceof ConfigError, String(error))
    problems = error.problems
    return true
  })
  assert.ok(!existsSync(out) && !existsSync(`${out}.partial`))
  return problems
}

async function assertRefused(...patterns: RegExp[]) {
  const problems = await refusal()
  assert.equal(problems.length, patterns.length, problems.join('\n'))
  patterns.forEach((pattern, i) => assert.match(problems[i]!, pattern))
}

async function cardOf(): Promise<ModelCard> {
  return convertCheckpoint(from, out, OPTIONS)
}

describe('convertCheckpoint', () => {
  for (const precision of PRECISIONS) {
    it(`writes a package of ${precision} whose card is right about every file`, async () => {
      const card = await convertCheckpoint(from, out, { ...OPTIONS, precision })
      const written: unknown = JSON.parse(readFileSync(path.join(out, 'model.json'), 'utf8'))
      assert.deepEqual(modelCardSchema.parse(written), card)
      const names = readdirSync(out).filter((name) => name !== 'model.json')
      assert.deepEqual(names.sort(), Object.keys(card.files).sort())
      for (const [name, { bytes, sha256 }] of Object.entries(card.files)) {
        const content = readFileSync(path.join(out, name))
        assert.equal(content.length, bytes)
        assert.equal(createHash('sha256').update(content).digest('hex'), sha256)
      }
      assert.ok(!existsSync(`${out}.partial`))
      const size = names.reduce((sum, name) => sum + statSync(path.join(out, name)).size, 0)
      assert.equal(estimatePackageBytes(from, precision), size)
    })
  }

  it('says on the card what the checkpoint says', async () => {
    const { dimensions, tokens, preprocessing } = await cardOf()
    assert.deepEqual(dimensions, {
      imageSize: 28,
      patchSize: 7,
      visionTokens: 17,
      visionHidden: 24,
      visionLayers: 2,
      queryTokens: 4,
      qformerHidden: 24,
      embedSize: 32,
      hiddenSize: 32,
      layers: 2,
      heads: 4,
      headDim: 8,
      vocabSize: 304,
      maxPositions: 96,
    })
    assert.deepEqual(tokens, { bos: 2, pad: 1, stop: [202], image: 303 })
    assert.equal(preprocessing.rescaleFactor, 0.00392156862745098)
    assert.equal(preprocessing.std[2], 0.27577711)
  })

  it('has no image token for an older checkpoint', async () => {
    useCheckpoint('old-style')
    assert.equal((await cardOf()).tokens.image, null)
  })

  it('lets sightseer.json and README.md speak', async () => {
    writeFileSync(path.join(from, 'README.md'), '---\nlicense: mit\ntags: [x]\n---\nHello')
    const own = {
      name: 'demo',
      about: 'Sees shapes.',
      prompts: { caption: 'a photo of' },
      defaults: { ask: { beams: 1 } },
    }
    writeFileSync(path.join(from, 'sightseer.json'), JSON.stringify(own))
    const card = await cardOf()
    assert.equal(card.name, 'demo')
    assert.equal(card.about, 'Sees shapes.')
    assert.equal(card.source.license, 'mit')
    assert.equal(card.prompts.caption, 'a photo of')
    assert.equal(card.prompts.question, 'Question: {question} Answer:')
    assert.deepEqual(card.defaults.ask, { beams: 1 })
    assert.equal(card.defaults.describe.maxNewTokens, 30)
  })

  it('names OPT’s licence where the checkpoint names none', async () => {
    assert.match((await cardOf()).source.license ?? '', /non-commercial/)
  })

  it('tells how far it is, up to the end', async () => {
    const seen: { done: number; total: number; what: string }[] = []
    await convertCheckpoint(from, out, { ...OPTIONS, onProgress: (p) => seen.push(p) })
    const last = seen.at(-1)!
    assert.equal(last.done, last.total)
    assert.ok(seen.every((p, i) => i === 0 || p.done >= seen[i - 1]!.done))
    assert.ok(seen.some((p) => p.what.includes('fc1')))
  })

  it('stops when asked to and leaves nothing behind', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const onProgress = () => stop.abort(reason)
    const converting = convertCheckpoint(from, out, { ...OPTIONS, onProgress, signal: stop.signal })
    await assert.rejects(converting, reason)
    assert.deepEqual(readdirSync(folder), ['from'])
  })

  it('does not overwrite', async () => {
    await cardOf()
    await assert.rejects(cardOf(), /exists already/)
    assert.ok(existsSync(path.join(out, 'model.json')))
  })

  it('clears away what a killed conversion left', async () => {
    cpSync(from, `${out}.partial`, { recursive: true })
    await cardOf()
    assert.ok(!existsSync(path.join(out, 'config.json')))
  })
})

describe('convertCheckpoint refuses', () => {
  it('a folder that is not there', async () => {
    rmSync(from, { recursive: true })
    await assertRefused(/from is no folder/)
  })

  it('a folder without config.json', async () => {
    rmSync(path.join(from, 'config.json'))
    await assertRefused(/has no config\.json/)
  })

  it('a broken config.json', async () => {
    writeFileSync(path.join(from, 'config.json'), '{"model_type":')
    await assertRefused(/config\.json is not a JSON object/)
  })

  it('a Flan-T5 language model', async () => {
    change('config.json', (json) => (json['text_config']!['model_type'] = 't5'))
    await assertRefused(/text_config\.model_type is "t5" \(Flan-T5\); only OPT/)
  })

  it('InstructBLIP', async () => {
    change('config.json', (json) => Object.assign(json, { model_type: 'instructblip' }))
    await assertRefused(/model_type is "instructblip" \(InstructBLIP\)/)
  })

  it('image-text matching', async () => {
    const architectures = ['Blip2ForImageTextRetrieval']
    change('config.json', (json) => Object.assign(json, { architectures }))
    await assertRefused(/names Blip2ForImageTextRetrieval \(image-text matching\)/)
  })

  it('weights that are quantised already', async () => {
    change('config.json', (json) =>
      Object.assign(json, { quantization_config: { load_in_8bit: true } }),
    )
    await assertRefused(/quantization_config says that the weights are quantised/)
  })

  it('several things at once, each by its name', async () => {
    change('config.json', (json) => {
      json['vision_config']!['hidden_act'] = 'prelu'
      json['qformer_config']!['position_embedding_type'] = 'relative_key'
      json['text_config']!['num_attention_heads'] = 5
      json['text_config']!['activation_function'] = 'xielu'
      json['text_config']!['word_embed_proj_dim'] = 64
      json['text_config']!['hidden_size'] = 'wide'
    })
    const problems = (await refusal()).join('\n')
    assert.match(problems, /vision_config\.hidden_act is "prelu"; supported are gelu, /)
    assert.match(problems, /qformer_config\.position_embedding_type is "relative_key"/)
    assert.match(problems, /text_config\.activation_function is "xielu"/)
    assert.match(problems, /text_config\.hidden_size is "wide"/)
    assert.match(problems, /text_config\.num_attention_heads is 5/)
  })

  it('token embeddings wider than the hidden states, as transformers does', async () => {
    change('config.json', (json) => (json['text_config']!['word_embed_proj_dim'] = 64))
    await assertRefused(/word_embed_proj_dim is 64, wider than hidden_size 32/)
  })

  it('another way of preparing pictures', async () => {
    change('processor_config.json', (json) => {
      const image = json['image_processor']!
      image['resample'] = 2
      image['size'] = { height: 32, width: 32 }
      image['image_processor_type'] = 'CLIPImageProcessor'
    })
    await assertRefused(
      /image_processor_type is "CLIPImageProcessor"/,
      /resample is 2; only 3 \(bicubic\)/,
      /size is \{"height":32,"width":32\}; .* takes 28 pixels/,
    )
  })

  it('a tokenizer that is not there, and says so with the other problems', async () => {
    rmSync(path.join(from, 'tokenizer.json'))
    change('config.json', (json) => (json['text_config']!['model_type'] = 'llama'))
    truncateSync(path.join(from, WEIGHTS), 100)
    await assertRefused(/model_type is "llama"/, /has no tokenizer/, /is truncated/)
  })

  it('a folder without weights', async () => {
    rmSync(path.join(from, WEIGHTS))
    await assertRefused(/has no weights/)
  })

  it('pickled weights', async () => {
    rmSync(path.join(from, WEIGHTS))
    writeFileSync(path.join(from, 'pytorch_model.bin'), '')
    await assertRefused(/pytorch_model\.bin.*only safetensors/)
  })

  it('an empty file', async () => {
    writeFileSync(path.join(from, WEIGHTS), '')
    await assertRefused(/model\.safetensors is no safetensors file: it has 0 bytes/)
  })

  it('a file that is something else', async () => {
    writeFileSync(path.join(from, WEIGHTS), 'version https://git-lfs.github.com/spec/v1\n')
    await assertRefused(/model\.safetensors is no safetensors file/)
  })

  it('a file that ends within its header', async () => {
    truncateSync(path.join(from, WEIGHTS), 100)
    await assertRefused(/is truncated: it ends within its header/)
  })

  it('a file that ends within its tensors', async () => {
    const file = path.join(from, WEIGHTS)
    truncateSync(file, statSync(file).size - 1)
    await assertRefused(/model\.safetensors is truncated: it has \d+ bytes and its tensors need/)
  })

  it('a header of garbage', async () => {
    const file = readFileSync(path.join(from, WEIGHTS))
    file.fill('x', 20, 40)
    writeFileSync(path.join(from, WEIGHTS), file)
    await assertRefused(/its header is not JSON|entry of .* is broken/)
  })

  it('a tensor whose size is not its shape', async () => {
    changeWeights((tensors) => {
      const name = 'query_tokens'
      tensors[name] = { ...tensors[name]!, shape: [1, 4, 23] }
    })
    await assertRefused(/query_tokens is F16 \[1, 4, 23\] but has 192 bytes/)
  })

  it('missing tensors, each by its name', async () => {
    changeWeights((tensors) => {
      delete tensors['query_tokens']
      delete tensors['language_model.model.decoder.layers.1.fc1.weight']
    })
    await assertRefused(
      /lacks the tensor query_tokens/,
      /lacks the tensor language_model\.model\.decoder\.layers\.1\.fc1\.weight/,
    )
  })

  it('a tensor of another shape', async () => {
    changeWeights((tensors) => {
      tensors['language_projection.weight'] = floatTensor(new Float32Array(24 * 31), [31, 24])
    })
    await assertRefused(
      /language_projection\.weight is \[31, 24\] where config\.json makes it \[32, 24\]/,
    )
  })

  it('a transposed tensor', async () => {
    changeWeights((tensors) => {
      tensors['language_projection.weight'] = floatTensor(new Float32Array(24 * 32), [24, 32])
    })
    await assertRefused(/language_projection\.weight is \[24, 32\]/)
  })

  it('a tensor of another type', async () => {
    changeWeights((tensors) => {
      const bytes = new Uint8Array(32)
      tensors['language_projection.bias'] = { dtype: 'I8', shape: [32], bytes }
    })
    await assertRefused(/language_projection\.bias is of type I8; F32, F16 and BF16 are read/)
  })

  it('values that float16 cannot hold, once they are met', async () => {
    changeWeights((tensors) => {
      const values = new Float32Array(24 * 32).fill(1e6)
      tensors['language_projection.weight'] = floatTensor(values, [32, 24])
    })
    const converting = convertCheckpoint(from, out, { ...OPTIONS, precision: 'fp16' })
    await assert.rejects(converting, /language_projection\.weight has values beyond float16/)
    assert.deepEqual(readdirSync(folder), ['from'])
  })

  it('an index that names shards which are not there, or elsewhere', async () => {
    useCheckpoint('separate-head')
    rmSync(path.join(from, 'model-00002-of-00004.safetensors'))
    await assertRefused(/lacks the shard model-00002-of-00004\.safetensors/)
    const index = { weight_map: { a: '../secret.safetensors' } }
    writeFileSync(path.join(from, 'model.safetensors.index.json'), JSON.stringify(index))
    await assertRefused(/names \.\.\/secret\.safetensors, which is no shard/)
  })
})
