import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  forbidRepeatedNgrams,
  keepTopK,
  keepTopP,
  penalizeRepetition,
  applyTemperature,
} from '../../../inference/generation/processors.ts'
import { logSoftmax, topIndices } from '../../../inference/generation/scores.ts'

// Made by `python test/reference/generation.py > test/fixtures/generation.json`.
type Fixture = {
  readonly logits: readonly number[]
  readonly processors: readonly {
    readonly name: string
    readonly ids: readonly number[]
    readonly scores: readonly (number | null)[]
  }[]
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/generation.json', import.meta.url), 'utf8'),
)

// The settings are those of generation.py, `processors`.
const PROCESSORS: Record<string, (scores: Float32Array, ids: readonly number[]) => void> = {
  repetitionPenalty: (scores, ids) => penalizeRepetition(scores, ids, 1.5),
  noRepeatNgramSize: (scores, ids) => forbidRepeatedNgrams(scores, ids, 2),
  temperature: (scores) => applyTemperature(scores, 0.7),
  topK: (scores) => keepTopK(scores, 5),
  topP: (scores) => keepTopP(scores, 0.6, 1),
}

describe('processors', () => {
  for (const { name, ids, scores } of fixture.processors) {
    it(`change scores as the reference does: ${name}, ${ids.length} ids`, () => {
      const actual = Float32Array.from(fixture.logits)
      PROCESSORS[name]!(actual, ids)
      assert.deepEqual(
        Array.from(actual, (score) => (score === -Infinity ? null : score)),
        scores,
      )
    })
  }

  it('forbid an n-gram that ends where the sequence ends', () => {
    const scores = Float32Array.of(1, 2, 3)
    forbidRepeatedNgrams(scores, [0, 2, 2], 2) // 2 2 was there: no third 2
    assert.deepEqual(scores, Float32Array.of(1, 2, -Infinity))
    forbidRepeatedNgrams(scores, [0], 2)
    assert.deepEqual(scores, Float32Array.of(1, 2, -Infinity))
    forbidRepeatedNgrams(scores, [0], 1)
    assert.deepEqual(scores, Float32Array.of(-Infinity, 2, -Infinity))
  })

  it('keep at least as many ids as asked, whatever the mass', () => {
    const scores = Float32Array.of(0, 5, 1, 4)
    keepTopP(scores, 0.01, 2)
    assert.deepEqual(scores, Float32Array.of(-Infinity, 5, -Infinity, 4))
  })
})

describe('scores', () => {
  it('become log-probabilities', () => {
    const out = logSoftmax(Float32Array.of(1, 2, -Infinity))
    // By hand: 1 - ln(e + e^2) = -1.3132616875
    assert.ok(Math.abs(out[0]! + 1.3132616875) < 1e-6)
    assert.ok(Math.abs(out[1]! + 0.3132616875) < 1e-6)
    assert.equal(out[2], -Infinity)
  })

  it('are ranked, the first of equal ones first', () => {
    assert.deepEqual(topIndices(Float32Array.of(1, 3, 2, 3, -Infinity), 4), [1, 3, 2, 0])
    assert.deepEqual(topIndices(Float32Array.of(-Infinity, -Infinity), 5), [0, 1])
  })
})
