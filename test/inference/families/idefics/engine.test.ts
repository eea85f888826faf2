/** What an engine computes of an IDEFICS, and how often. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { openModel } from '../../../../inference/model.ts'
import type { Precision } from '../../../../inference/blocks/precision.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import type { ImageTokens } from '../../../../inference/families/common/runner.ts'
import { picturesOf } from '../../../../inference/package/model-card.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { FIXTURES, loadIdefics, relativeError, tensorOf } from '../../../helpers/parity.ts'
import { openTestRunner } from '../../../helpers/runners.ts'

const PICTURE = pictureOf('parity.png')
const OTHER = pictureOf('rgba.png')

function pictureOf(name: string): Uint8Array {
  return readFileSync(path.join(FIXTURES, 'images', name))
}

async function withModel(use: (model: Model) => Promise<void>): Promise<void> {
  const model = await openModel(await packageFor('idefics-resampler'), { threads: 1 })
  try {
    await use(model)
  } finally {
    await model.close()
  }
}

function runsOf(model: Model): { readonly vision: number; readonly bridge: number } {
  const { vision, bridge } = model.stats().stages
  return { vision: vision.runs, bridge: bridge.runs }
}

describe('an IDEFICS', () => {
  it('computes the keys and values of a picture once for all questions about it', () =>
    withModel(async (model) => {
      const first = await model.ask(PICTURE, 'What is it?')
      assert.deepEqual(runsOf(model), { vision: 1, bridge: 1 })
      const history = [{ question: 'What is it?', answer: first.text }]
      const second = await model.ask(PICTURE, 'And where?', { history })
      await model.ask(PICTURE, 'How many stars are there?')
      await model.describe(PICTURE, { beams: 3 })
      assert.deepEqual(runsOf(model), { vision: 1, bridge: 1 })
      assert.ok(second.reused > 5, `only ${second.reused} positions were reused`)
      await model.ask(OTHER, 'What is it?')
      assert.deepEqual(runsOf(model), { vision: 2, bridge: 2 })
    }))

  it('answers about different pictures at once as it does one after the other', () =>
    withModel(async (model) => {
      const ask = (picture: Uint8Array, question: string) =>
        model.ask(picture, question, { beams: 1, minNewTokens: 6, maxNewTokens: 12 })
      const questions = ['What is it?', 'Where is the star?', 'red']
      const asked = questions.flatMap((one) => [[PICTURE, one] as const, [OTHER, one] as const])
      const apart: number[][] = []
      for (const [picture, question] of asked) {
        apart.push([...(await ask(picture, question)).tokenIds])
      }
      assert.ok(new Set(apart.map(String)).size > 3)
      const together = await Promise.all(asked.map(([picture, question]) => ask(picture, question)))
      assert.deepEqual(
        together.map(({ tokenIds }) => [...tokenIds]),
        apart,
      )
    }))

  it('sees the last of two pictures in a question, and each picture once', () =>
    withModel(async (model) => {
      assert.equal(picturesOf(model.card), 8)
      const ask = async (pictures: readonly Uint8Array[]) =>
        (await model.ask(pictures, 'What is it?', { beams: 1, minNewTokens: 8 })).tokenIds
      const both = await ask([PICTURE, OTHER])
      assert.notDeepEqual(await ask([OTHER, PICTURE]), both)
      const format = 'User:<image><image>What is it?<end_of_utterance>\nAssistant:'
      const { tokenIds } = await model.describe([PICTURE, OTHER], {
        prompt: format,
        beams: 1,
        minNewTokens: 8,
      })
      assert.deepEqual(tokenIds, both)
      assert.deepEqual(model.stats().stages.vision.rows, 2)
    }))

  it('computes a picture anew that it was told to forget', () =>
    withModel(async (model) => {
      const first = await model.ask(PICTURE, 'What is it?')
      await model.forget([createHash('sha256').update(PICTURE).digest('hex')])
      assert.equal(model.stats().caches.images.bytes, 0)
      assert.equal(model.stats().caches.conversations.bytes, 0)
      const again = await model.ask(PICTURE, 'What is it?')
      assert.equal(again.reused, 0)
      assert.deepEqual(again.tokenIds, first.tokenIds)
      assert.deepEqual(runsOf(model), { vision: 2, bridge: 2 })
    }))
})

describe('an IDEFICS in fewer bits', () => {
  for (const [precision, limits] of [
    ['fp16', { tokens: 1e-4, logits: 1e-4 }],
    ['int8', { tokens: 0.05, logits: 0.1 }],
    ['int4', { tokens: 0.05, logits: 0.6 }],
  ] as const satisfies readonly (readonly [Precision, object])[]) {
    it(`has keys of pictures and logits near the reference's: ${precision}`, async () => {
      const parity = loadIdefics('idefics-blocks')
      const runner = await openTestRunner(await packageFor('idefics-blocks', precision))
      const { images, decoder } = runner
      try {
        const features = await images.encode([await images.preprocess(PICTURE)])
        const { data, shape }: ImageTokens = (await images.bridge!.run(features))[0]!
        const exact = tensorOf(parity, 'image_tokens').data
        assertNear('image_tokens', data, exact, limits.tokens)
        const { text } = parity.prompts.question
        const { segments } = decoder
          .prepare({ kind: 'raw', text }, 1, 8)
          .layOut([{ key: 'picture', tokens: { data: exact, shape } }])
        const cache = decoder.createCache()
        const first = tensorOf(parity, 'logits.question.steps').data.subarray(0, parity.vocabSize)
        assertNear('logits', await decoder.prefill(cache, segments), first, limits.logits)
        cache.dispose()
      } finally {
        await runner.close()
      }
    })
  }
})

function assertNear(
  what: string,
  actual: Float32Array,
  expected: Float32Array,
  limit: number,
): void {
  const error = relativeError(actual, expected)
  assert.ok(error < limit, `${what}: relative error ${error}`)
}
