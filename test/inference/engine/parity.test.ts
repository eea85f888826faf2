import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { processScores } from '../../../inference/generation/processors.ts'
import { softmax } from '../../../inference/generation/scores.ts'
import { resolveSettings } from '../../../inference/generation/settings.ts'
import { openModel } from '../../../inference/model.ts'
import type { Precision } from '../../../inference/blocks/precision.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { packageFor } from '../../helpers/packages.ts'
import {
  FIXTURES,
  INSTRUCT_NAMES,
  LLAMA_NAMES,
  loadParity,
  PARITY_NAMES,
  type Parity,
  relativeError,
  T5_NAMES,
  tensorOf,
} from '../../helpers/parity.ts'

// The whole path, from the bytes of a picture to token ids, against what transformers gives
// (test/reference). The seams inside have tests of their own.

const TOLERANCE = 1e-4

async function withModel(
  parity: Parity,
  use: (model: Model, image: Uint8Array) => Promise<void>,
  precision: Precision = 'fp32',
) {
  const options = { threads: 1, queueLimit: 1000 }
  const model = await openModel(await packageFor(parity.name, precision), options)
  try {
    await use(model, readFileSync(path.join(FIXTURES, parity.image)))
  } finally {
    await model.close()
  }
}

/**
 * Asks everything at once. Each request brings a file of its own, of the same picture, as what follows
 * the picture is ignored. Greedy ones of unequal prompts and lengths step together; the beams among
 * them alone.
 */
async function answersAtOnce(model: Model, parity: Parity, picture: Uint8Array): Promise<void> {
  const before = model.stats().stages.vision
  const answers = parity.generations.map(({ prompt, options }, i) =>
    model.describe(Buffer.concat([picture, Buffer.of(i)]), {
      beams: 1,
      prompt: parity.prompts[prompt].text,
      ...options,
    }),
  )
  for (const [i, { tokenIds }] of (await Promise.all(answers)).entries()) {
    const { ids, options } = parity.generations[i]!
    assert.deepEqual(tokenIds, ids, `at once: ${JSON.stringify(options)}`)
  }
  const { rows, runs } = model.stats().stages.vision
  assert.ok(rows - before.rows > runs - before.runs, 'no pictures were seen together')
}

describe('a converted checkpoint', () => {
  for (const name of [...PARITY_NAMES, ...T5_NAMES, ...INSTRUCT_NAMES, ...LLAMA_NAMES]) {
    it(`gives the reference's ids, alone and at once, image tokens and likelihoods: ${name}`, async () => {
      const parity = loadParity(name)
      await withModel(parity, async (model, image) => {
        const tokens = await model.embedImage(image)
        const error = relativeError(tokens.data, tensorOf(parity, 'image_tokens').data)
        assert.ok(error < TOLERANCE, `image tokens: ${error}`)

        for (const { prompt, options, ids } of parity.generations) {
          const { text } = parity.prompts[prompt]
          const answer = await model.describe(image, { prompt: text, beams: 1, ...options })
          assert.deepEqual(answer.tokenIds, ids, JSON.stringify({ prompt, options }))
        }
        await answersAtOnce(model, parity, image)

        for (const { prompt, answer, logProbabilities } of parity.scores) {
          const { text } = parity.prompts[prompt]
          const [scored] = await model.score(image, { prompt: text, answers: [answer] })
          const expected = logProbabilities.reduce((sum, one) => sum + one, 0)
          const difference = Math.abs(scored!.logLikelihood - expected)
          assert.ok(difference < TOLERANCE * Math.abs(expected), `${answer}: ${difference}`)
        }
      })
    })
  }

  it('gives the ids from the bytes of the picture too', async () => {
    const parity = loadParity('base')
    await withModel(parity, async (model, image) => {
      const { options, ids } = parity.generations[0]!
      const answer = await model.describe(image, { prompt: '', beams: 1, ...options })
      assert.deepEqual(answer.tokenIds, ids)
    })
  })

  it('counts the placeholders of the picture as ids of the prompt', async () => {
    // Of the prompt's ids, `<image>` has the largest logit here, 1.91 of at most 3.33; dividing
    // the prompt's ids by 0.1 therefore makes it the likeliest of all.
    const parity = loadParity('post-norm')
    await withModel(parity, async (model, image) => {
      const options = { prompt: '', beams: 1, repetitionPenalty: 0.1, maxNewTokens: 1 }
      const answer = await model.describe(image, options)
      assert.deepEqual(answer.tokenIds, [parity.tokens.image])
    })
  })

  for (const precision of ['fp16', 'int8', 'int4'] as const) {
    it(`runs in ${precision}`, async () => {
      for (const name of ['blocks', 't5-blocks', 'instruct-blocks'] as const) {
        const parity = loadParity(name)
        await withModel(
          parity,
          async (model, image) => {
            const options = { prompt: '', beams: 3, minNewTokens: 6, maxNewTokens: 6 }
            assert.equal((await model.describe(image, options)).tokenIds.length, 6)
          },
          precision,
        )
      }
    })
  }
})

describe('sampling', () => {
  for (const name of [...PARITY_NAMES, ...T5_NAMES, ...INSTRUCT_NAMES, ...LLAMA_NAMES]) {
    it(`draws from the reference's distribution: ${name}`, () => {
      const parity = loadParity(name)
      for (const { prompt, options, drawn, steps } of parity.sampling) {
        const settings = resolveSettings(
          { ...options, sample: true, maxNewTokens: 8 },
          {},
          parity.tokens.stop,
        )
        // Only the first step's logits are recorded for every checkpoint: those of the prompt.
        const logits = tensorOf(parity, `logits.${prompt}.steps`).data.slice(0, parity.vocabSize)
        const { image, decoderStart } = parity.tokens
        const placeholders = Array.from({ length: parity.queryTokens }, () => image)
        const sequence =
          decoderStart === undefined
            ? [...placeholders, ...parity.prompts[prompt].ids]
            : [decoderStart]
        processScores(logits, sequence, 0, settings, parity.vocabSize)
        const actual = softmax(logits)
        const first = steps[0]!
        assert.equal(actual.filter((probability) => probability > 0).length, first.kept)
        const listed = first.ids.map((id) => actual[id]!)
        assert.ok(relativeError(listed, first.probabilities) < TOLERANCE)
        assert.ok(actual[drawn[0]!]! > 0)
      }
    })
  }
})
