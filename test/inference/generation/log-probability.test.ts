/** The log-probability of a generated text is the model's own, before penalties and temperature. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSearch } from '../../../inference/generation/create-search.ts'
import { resolveSettings } from '../../../inference/generation/settings.ts'

/** By hand: the probabilities of three tokens are 0.7, 0.2 and 0.1. */
const LOGITS = [Math.log(7), Math.log(2), Math.log(1)]
const STOP = 2

/** The log-probability of two tokens, the first of which the settings may penalize. */
function logProbability(beams: number, repetitionPenalty: number): number {
  const settings = resolveSettings({ beams, repetitionPenalty, maxNewTokens: 2 }, {}, [STOP])
  const search = createSearch({
    promptIds: [0],
    settings,
    vocabSize: 3,
    knownIds: 3,
    stops: (ids) => (ids.length === 3 ? 'length' : null),
  })
  let next = search.advance(Float32Array.from(LOGITS))
  while (next !== null) {
    next = search.advance(Float32Array.from(next.tokens.flatMap(() => LOGITS)))
  }
  const chosen = search.generated.map((token) => Math.log([0.7, 0.2, 0.1][token]!))
  const expected = chosen.reduce((sum, value) => sum + value, 0)
  assert.ok(Math.abs(search.logProbability - expected) < 1e-5)
  return search.logProbability
}

describe('logProbability', () => {
  it('is the sum over the generated tokens, with one row and with beams', () => {
    assert.ok(Math.abs(logProbability(1, 1) - 2 * Math.log(0.7)) < 1e-5)
    assert.ok(Math.abs(logProbability(2, 1) - 2 * Math.log(0.7)) < 1e-5)
  })

  it('is not changed by a penalty, which may choose another token', () => {
    assert.ok(logProbability(1, 9) <= 2 * Math.log(0.7))
    assert.ok(logProbability(2, 9) <= 2 * Math.log(0.7))
  })
})
