/** Computes the statistics of a card's domain from the features of pictures inside of it. */

import { encodeFloat16, type Statistics } from '../../inference/domain/statistics.ts'

/**
 * Share of the average variance that is added to each direction's variance, so that directions in
 * which the sample hardly varied do not decide alone.
 */
const REGULARIZATION = 0.01
/** Share of the directions that are used: those of the least variance. */
const USED_DIRECTIONS = 0.5
/** One picture in four is left out of the mean and the variances, and decides the limit. */
const HELD_OUT_EVERY = 4

/**
 * @param features float64 [width] of each picture: the vision tower's features, averaged.
 * @param quantile of the held-out pictures that are to be inside.
 */
export function fitStatistics(features: readonly Float64Array[], quantile: number): Statistics {
  const fitted = features.filter((_, i) => i % HELD_OUT_EVERY !== 0)
  const heldOut = features.filter((_, i) => i % HELD_OUT_EVERY === 0)
  const mean = meanOf(fitted)
  const { values, vectors } = eigenvectors(covariance(fitted, mean))
  const average = values.reduce((sum, value) => sum + value, 0) / values.length
  const rows = values
    .map((variance, i) => ({ variance, vector: vectors[i]! }))
    .toSorted((a, b) => a.variance - b.variance)
    .slice(0, Math.ceil(values.length * USED_DIRECTIONS))
    .map(({ variance, vector }) => {
      const scale = 1 / Math.sqrt(variance + REGULARIZATION * average)
      return vector.map((value) => value * scale)
    })
  const distances = heldOut.map((one) => meanSquare(rows, one, mean)).toSorted((a, b) => a - b)
  return {
    mean: encodeFloat16(mean),
    whitening: encodeFloat16(rows.flatMap((row) => [...row])),
    limit: Number(quantileOf(distances, quantile).toPrecision(4)),
  }
}

/** @param sorted ascending. */
export function quantileOf(sorted: readonly number[], quantile: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? NaN
}

function meanOf(rows: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(rows[0]!.length)
  for (const row of rows) {
    row.forEach((value, i) => (mean[i] = mean[i]! + value / rows.length))
  }
  return mean
}

function covariance(rows: readonly Float64Array[], mean: Float64Array): Float64Array[] {
  const matrix = Array.from(mean, () => new Float64Array(mean.length))
  for (const row of rows) {
    for (let i = 0; i < mean.length; i++) {
      const difference = (row[i]! - mean[i]!) / (rows.length - 1)
      for (let j = 0; j < mean.length; j++) {
        matrix[i]![j] = matrix[i]![j]! + difference * (row[j]! - mean[j]!)
      }
    }
  }
  return matrix
}

function meanSquare(
  rows: readonly Float64Array[],
  features: Float64Array,
  mean: Float64Array,
): number {
  const squares = rows.map(
    (row) => row.reduce((sum, weight, i) => sum + weight * (features[i]! - mean[i]!), 0) ** 2,
  )
  return squares.reduce((sum, square) => sum + square, 0) / rows.length
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations.
 * Source: Golub and Van Loan, Matrix Computations, section 8.5.
 *
 * @returns in no order; `vectors[i]` belongs to `values[i]` and has length 1.
 */
export function eigenvectors(symmetric: readonly Float64Array[]): {
  readonly values: number[]
  readonly vectors: Float64Array[]
} {
  const size = symmetric.length
  const a = symmetric.map((row) => row.slice())
  const vectors = a.map((_, i) => Float64Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)))
  const offDiagonal = () =>
    a.reduce((sum, row, i) => sum + row.reduce((s, v, j) => s + (i === j ? 0 : v * v), 0), 0)
  const scale = a.reduce((sum, row) => sum + row.reduce((s, v) => s + v * v, 0), 0)
  while (offDiagonal() > 1e-20 * scale) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        rotate(a, vectors, p, q)
      }
    }
  }
  return { values: a.map((row, i) => row[i]!), vectors }
}

/** One rotation, after which a[p][q] is 0. */
function rotate(a: Float64Array[], vectors: Float64Array[], p: number, q: number): void {
  const element = a[p]![q]!
  if (element === 0) {
    return
  }
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * element)
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const cosine = 1 / Math.sqrt(tangent * tangent + 1)
  const sine = tangent * cosine
  for (const row of a) {
    const [left, right] = [row[p]!, row[q]!]
    row[p] = cosine * left - sine * right
    row[q] = sine * left + cosine * right
  }
  for (const rows of [a, vectors]) {
    const [upper, lower] = [rows[p]!, rows[q]!]
    for (let i = 0; i < upper.length; i++) {
      const [high, low] = [upper[i]!, lower[i]!]
      upper[i] = cosine * high - sine * low
      lower[i] = sine * high + cosine * low
    }
  }
}
