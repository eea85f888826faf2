import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { processScores } from '../../../inference/generation/processors.ts'
import { softmax } from '../../../inference/generation/scores.ts'
import { resolveSettings } from '../../../inference/generation/settings.ts'
import { checkParity, QUICK_NAMES, withModel } from '../../helpers/engine-parity.ts'
import { INSTRUCT_NAMES, LLAMA_NAMES, PARITY_NAMES, T5_NAMES } from '../../helpers/parity-names.ts'
import { loadParity, relativeError, tensorOf } from '../../helpers/parity.ts'

const TOLERANCE = 1e-4

describe('a converted checkpoint', () => {
  for (const name of QUICK_NAMES) {
    it(`gives the reference's ids, alone and at once, image tokens and likelihoods: ${name}`, () =>
      checkParity(name))
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
