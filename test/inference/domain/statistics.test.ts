import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eigenvectors, fitStatistics } from '../../../bench/quality/domain-fit.ts'
import { createRandom } from '../../../bench/report/random.ts'
import {
  averageFeatures,
  encodeFloat16,
  featureDistance,
} from '../../../inference/domain/statistics.ts'

/** One token with these features. */
function features(...values: number[]) {
  return { data: Float32Array.from(values), shape: [1, values.length] as const }
}

describe('averageFeatures', () => {
  it('averages over the tokens', () => {
    const two = { data: Float32Array.of(1, 10, 3, 30), shape: [2, 2] as const }
    assert.deepEqual([...averageFeatures(two)], [2, 20])
  })
})

describe('featureDistance', () => {
  it('is the mean square of the whitened difference as a share of the limit', () => {
    const statistics = {
      mean: encodeFloat16([1, 2]),
      whitening: encodeFloat16([2, 0, 0, 0.5]),
      limit: 4,
    }
    const distance = featureDistance(statistics, 2)
    assert.equal(distance(features(1, 2)), 0)
    // By hand: ((2 · 3)² + (0.5 · 4)²) / 2 / 4
    assert.equal(distance(features(4, 6)), 5)
  })

  it('refuses statistics of another width', () => {
    const statistics = { mean: encodeFloat16([1, 2]), whitening: encodeFloat16([1, 1]), limit: 1 }
    assert.throws(() => featureDistance(statistics, 3), RangeError)
  })
})

describe('eigenvectors', () => {
  it('diagonalizes a symmetric matrix', () => {
    // By hand: eigenvalues 1 and 3, along (1, -1) and (1, 1).
    const { values, vectors } = eigenvectors([Float64Array.of(2, 1), Float64Array.of(1, 2)])
    const largest = values[0]! > values[1]! ? 0 : 1
    assert.ok(Math.abs(values[largest]! - 3) < 1e-9)
    assert.ok(Math.abs(values[1 - largest]! - 1) < 1e-9)
    const [x, y] = vectors[largest]!
    assert.ok(Math.abs(x! - y!) < 1e-9)
  })
})

describe('fitStatistics', () => {
  it('finds far what breaks a relation that all pictures keep', () => {
    const random = createRandom(1)
    const pictures = Array.from({ length: 400 }, () => {
      const value = random.between(-1, 1)
      return Float64Array.of(value, value + random.between(-0.01, 0.01))
    })
    const distance = featureDistance(fitStatistics(pictures, 0.99), 2)
    assert.ok(distance(features(0.7, 0.7)) < 1)
    assert.ok(distance(features(0.7, -0.7)) > 10)
  })
})
