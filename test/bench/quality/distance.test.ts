import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cosine, relativeDistance } from '../../../bench/quality/distance.ts'

describe('cosine', () => {
  it('is of the angle, not of the lengths', () => {
    assert.equal(cosine(Float32Array.of(3, 4), Float32Array.of(6, 8)), 1)
    assert.equal(cosine(Float32Array.of(1, 0), Float32Array.of(0, 2)), 0)
    assert.equal(cosine(Float32Array.of(3, 0), Float32Array.of(3, 4)), 0.6)
  })
})

describe('relativeDistance', () => {
  it('is the length of the difference over that of what was expected', () => {
    assert.equal(
      relativeDistance(Float32Array.of(3, 4), Float32Array.of(0, 0.5)),
      Math.sqrt(9 + 12.25) / 0.5,
    )
    assert.throws(() => relativeDistance(new Float32Array(1), new Float32Array(2)), RangeError)
  })
})
