import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Model } from '../../../../inference/contract/types.ts'
import type { ImageFeatures } from '../../../../inference/families/common/runner.ts'
import { openModel } from '../../../../inference/model.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { ITM_NAMES } from '../../../helpers/parity-names.ts'
import { FIXTURES, loadItm, relativeError, tensorOf } from '../../../helpers/parity.ts'
import { type AnyRunner, openAnyRunner } from '../../../helpers/runners.ts'
import { matchOutputs } from '../../../helpers/seams.ts'

const TOLERANCE = 1e-5
/** Of two logits, both of which may be small: what was rounded before them is not. */
const LOGITS_TOLERANCE = 1e-4

function assertClose(actual: number, expected: number, what: string) {
  assert.ok(Math.abs(actual - expected) <= TOLERANCE, `${what}: ${actual} instead of ${expected}`)
}

function bytesOf(image: string): Uint8Array {
  return readFileSync(path.join(FIXTURES, image))
}

for (const name of ITM_NAMES) {
  const parity = loadItm(name)
  const pictures = [...new Set(parity.matches.map(({ image }) => image))]
  const texts = parity.matches.filter(({ image }) => image === pictures[0])

  describe(`the graphs of ${name}, fp32`, () => {
    let runner: AnyRunner

    before(async () => {
      runner = await openAnyRunner(await packageFor(name))
    })
    after(() => runner.close())

    it('encode pictures as the reference', async () => {
      const pixels = await Promise.all(
        pictures.map((one) => runner.images.preprocess(bytesOf(one))),
      )
      const features = await runner.images.encode(pixels)
      const vectors = await Promise.all(features.map((one) => runner.matcher!.imageVectors(one)))
      for (const i of pictures.keys()) {
        const seen = relativeError(features[i]!.data, tensorOf(parity, `image_embeds.${i}`).data)
        assert.ok(seen <= TOLERANCE, `features: ${seen}`)
        const bridged = relativeError(vectors[i]!.data, tensorOf(parity, `image_vectors.${i}`).data)
        assert.ok(bridged <= TOLERANCE, `vectors: ${bridged}`)
        const { query_output } = await matchOutputs(runner, features[i]!, null, ['query_output'])
        const queried = relativeError(query_output!, tensorOf(parity, `query_output.${i}`).data)
        assert.ok(queried <= TOLERANCE, `query_output: ${queried}`)
      }
    })

    it("give the reference's logits of each picture with each text", async () => {
      const seen = new Map<string, ImageFeatures>()
      for (const image of pictures) {
        const pixels = await runner.images.preprocess(bytesOf(image))
        seen.set(image, (await runner.images.encode([pixels]))[0]!)
      }
      for (const { image, text, ids, logits } of parity.matches) {
        const names = ['match_logits']
        const { match_logits } = await matchOutputs(runner, seen.get(image)!, ids, names)
        const error = relativeError(match_logits!, logits)
        assert.ok(error <= LOGITS_TOLERANCE, `${image}, ${text}: ${error}`)
      }
    })

    it('encode texts as the reference, tokenization included', async () => {
      for (const [i, { text, ids }] of texts.entries()) {
        assert.deepEqual(runner.matcher!.prepare(text), ids)
        const vector = await runner.matcher!.textVector(ids)
        const error = relativeError(vector, tensorOf(parity, `text.${i}`).data)
        assert.ok(error <= TOLERANCE, `${text}: ${error}`)
      }
    })
  })

  describe(`${name}, opened to match`, () => {
    let model: Model

    before(async () => {
      model = await openModel(await packageFor(name), { threads: 1, task: 'match' })
    })
    after(() => model.close())

    it("gives the reference's probabilities and cosines, several pictures at once", async () => {
      const results = await Promise.all(
        pictures.map((one) =>
          model.match(
            bytesOf(one),
            texts.map(({ text }) => text),
          ),
        ),
      )
      for (const [i, { image, text, itm, itc }] of parity.matches.entries()) {
        const found = results[pictures.indexOf(image)]![i % texts.length]!
        assert.equal(found.text, text)
        assertClose(found.itm, itm, `itm of ${text}`)
        assertClose(found.itc, itc, `itc of ${text}`)
      }
    })

    it('sees a picture once, for however many texts', async () => {
      const { rows } = model.stats().stages.vision
      await model.match(bytesOf(pictures[0]!), ['a star'])
      assert.equal(model.stats().stages.vision.rows, rows)
    })

    it('gives the vectors that the cosine is made of', async () => {
      const [first] = parity.matches
      const { data, shape } = await model.embedImage(bytesOf(first!.image))
      const vector = await model.embedText(first!.text)
      const [rows, width] = shape
      const products = Array.from({ length: rows }, (_, row) =>
        vector.reduce((sum, value, i) => sum + value * data[row * width + i]!, 0),
      )
      assertClose(Math.max(...products), first!.itc, 'itc')
    })
  })
}

describe('a model opened to match', () => {
  let model: Model

  before(async () => {
    model = await openModel(await packageFor('itm-common'), { threads: 1, task: 'match' })
  })
  after(() => model.close())

  it('refuses a text that is longer than its positions', async () => {
    const text = 'a '.repeat(63)
    await assert.rejects(model.embedText(text), {
      code: 'text/too-long',
      params: { length: 65, unit: 'tokens', maxTokens: 64 },
    })
    assert.equal((await model.embedText(text.slice(2))).length, 16)
  })

  it('ends a request that is cancelled, and goes on', async () => {
    const picture = readFileSync(path.join(FIXTURES, 'images/parity.png'))
    const signal = AbortSignal.abort(new Error('no longer wanted'))
    await assert.rejects(model.match(picture, ['a'], { signal }), /no longer wanted/)
    await assert.rejects(model.embedText('a', { signal }), /no longer wanted/)
    assert.equal((await model.match(picture, [])).length, 0)
  })

  it('is opened for nothing else, and nothing else to match', async () => {
    await assert.rejects(
      packageFor('itm-common').then((folder) => openModel(folder)),
      /itm-common writes no texts; it tells how well texts fit a picture: npm run match\./,
    )
    await assert.rejects(
      packageFor('base').then((folder) => openModel(folder, { task: 'match' })),
      /base cannot compare pictures with texts\./,
    )
  })
})

for (const precision of ['fp16', 'int8', 'int4'] as const) {
  describe(`itm-blocks in ${precision}`, () => {
    it('gives nearly the same', async () => {
      const folder = await packageFor('itm-blocks', precision)
      const model = await openModel(folder, { threads: 1, task: 'match' })
      try {
        const [first] = loadItm('itm-blocks').matches
        const picture = readFileSync(path.join(FIXTURES, first!.image))
        const [match] = await model.match(picture, [first!.text])
        assert.ok(Math.abs(match!.itm - first!.itm) < 0.05, `${match!.itm}`)
        assert.ok(Math.abs(match!.itc - first!.itc) < 0.05, `${match!.itc}`)
      } finally {
        await model.close()
      }
    })
  })
}
