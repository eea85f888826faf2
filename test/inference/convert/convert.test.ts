import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { convertCheckpoint, estimatePackageBytes } from '../../../inference/convert/convert.ts'
import { readCard } from '../../../inference/package/model-card.ts'
import { PRECISIONS } from '../../../inference/blocks/precision.ts'
import { type TextCard, textCard } from '../../../inference/package/model-card.ts'
import { valuesOf } from '../../helpers/safetensors.ts'
import {
  changeWeights,
  folder,
  from,
  giveEachTestACheckpoint,
  OPTIONS,
  out,
  useCheckpoint,
} from '../../helpers/own-checkpoint.ts'

giveEachTestACheckpoint()

async function cardOf(): Promise<TextCard> {
  return textCard(await convertCheckpoint(from, out, OPTIONS))
}

describe('convertCheckpoint', () => {
  for (const precision of PRECISIONS) {
    it(`writes a package of ${precision} whose card is right about every file`, async () => {
      const card = await convertCheckpoint(from, out, { ...OPTIONS, precision })
      const written: unknown = JSON.parse(readFileSync(path.join(out, 'model.json'), 'utf8'))
      assert.deepEqual(readCard(written), card)
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
    const { family, graphs, dimensions, tokens, preprocessing } = await cardOf()
    assert.equal(family, 'blip2')
    assert.deepEqual(graphs, ['vision', 'qformer', 'decoder'])
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
      kvHeads: 4,
      headDim: 8,
      vocabSize: 304,
      maxPositions: 96,
    })
    assert.deepEqual(tokens, { bos: 2, pad: 1, stop: [202], image: 303 })
    assert.equal(preprocessing.rescaleFactor, 0.00392156862745098)
    assert.equal(preprocessing.std[2], 0.27577711)
  })

  it('takes one file of weights before an index, as transformers does', async () => {
    const index = { weight_map: { query_tokens: 'model-00001-of-00002.safetensors' } }
    writeFileSync(path.join(from, 'model.safetensors.index.json'), JSON.stringify(index))
    const { files } = await cardOf()
    rmSync(path.join(from, 'model.safetensors.index.json'))
    rmSync(out, { recursive: true })
    assert.deepEqual(files, (await cardOf()).files)
  })

  it('takes the image processor of processor_config.json first, as transformers does', async () => {
    const other = { image_mean: [0.5, 0.5, 0.5], size: { height: 99, width: 99 } }
    writeFileSync(path.join(from, 'preprocessor_config.json'), JSON.stringify(other))
    const { mean } = (await cardOf()).preprocessing
    assert.deepEqual(mean, [0.48145466, 0.4578275, 0.40821073])
  })

  it('takes preprocessor_config.json where processor_config.json has no image processor', async () => {
    const other = { image_mean: [0.5, 0.5, 0.5] }
    writeFileSync(path.join(from, 'preprocessor_config.json'), JSON.stringify(other))
    writeFileSync(path.join(from, 'processor_config.json'), '{"num_query_tokens":4}')
    assert.deepEqual((await cardOf()).preprocessing.mean, [0.5, 0.5, 0.5])
  })

  it('reads sizes and means in every form that transformers does', async () => {
    const forms = { size: [28, 28], image_mean: 0.5, image_std: 0.25, do_pad: true }
    writeFileSync(path.join(from, 'preprocessor_config.json'), JSON.stringify(forms))
    rmSync(path.join(from, 'processor_config.json'))
    const { preprocessing } = await cardOf()
    assert.deepEqual(preprocessing.mean, [0.5, 0.5, 0.5])
    assert.deepEqual(preprocessing.std, [0.25, 0.25, 0.25])
  })

  it('refuses a size or a deviation that cannot be used', async () => {
    const wrong = { size: { shortest_edge: 28 }, image_std: [1, 0, 1], rescale_factor: 0 }
    writeFileSync(path.join(from, 'preprocessor_config.json'), JSON.stringify(wrong))
    rmSync(path.join(from, 'processor_config.json'))
    await assert.rejects(
      cardOf(),
      /size is \{"shortest_edge":28\}.*\n.*rescale_factor is 0.*\n.*image_std is \[1,0,1\]/,
    )
  })

  it('reads float64 weights', async () => {
    changeWeights((tensors) => {
      const tensor = tensors['query_tokens']!
      const values = Float64Array.from(valuesOf(tensor))
      tensors['query_tokens'] = { ...tensor, dtype: 'F64', bytes: new Uint8Array(values.buffer) }
    })
    const { files } = await cardOf()
    useCheckpoint('base')
    rmSync(out, { recursive: true })
    assert.deepEqual(files, (await cardOf()).files)
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
    assert.ok('question' in card.prompts)
    assert.equal(card.prompts.question, 'Question: {question} Answer:')
    assert.deepEqual(card.defaults.ask, { beams: 1 })
    assert.equal(card.defaults.describe.maxNewTokens, 30)
  })

  it('names OPT’s license where the checkpoint names none', async () => {
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
