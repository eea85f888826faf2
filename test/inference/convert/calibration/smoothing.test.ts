import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { smoothingFactors } from '../../../../inference/convert/calibration/smoothing.ts'

describe('smoothingFactors', () => {
  it('shares the range of a channel between input and weights', () => {
    const inputs = Float32Array.of(16, 16, 16, 4)
    const weights = Float32Array.of(4, 4, 4, 4)
    const at = (alpha: number) => [...smoothingFactors(inputs, weights, alpha)]
    // 16^a / 4^(1 - a): sqrt(16 / 4) for a half; all of the input's range for 1; none for 0.
    assert.deepEqual(at(0.5), [2, 2, 2, 1])
    assert.deepEqual(at(1), [16, 16, 16, 4])
    assert.deepEqual(at(0), [0.25, 0.25, 0.25, 0.25])
  })

  it('leaves channels alone that are always 0', () => {
    const factors = smoothingFactors(Float32Array.of(0, 3, 0), Float32Array.of(2, 0, 0), 0.5)
    assert.deepEqual([...factors], [1, 1, 1])
  })
})
