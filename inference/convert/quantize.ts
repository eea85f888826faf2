/**
 * Quantises rows of a matrix in blocks, in the layout of ONNX Runtime's MatMulNBits:
 * value = scale * (q - zeroPoint), q and zeroPoint unsigned, one scale and zero point a block.
 */

import { BLOCK_SIZE } from '../graph/weight-plan.ts'

/** Quantised rows; see Target in inference/graph/weight-plan.ts for the shapes. */
export type Quantized = {
  readonly values: Uint8Array
  readonly scales: Float32Array
  readonly zeroPoints: Uint8Array
}

/** Ranges tried for int4, as parts of the block's own: cutting off the extremes makes finer steps. */
const SHRINKS = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65]

/** Rounds of re-assigning values to the refitted scale. */
const REFINEMENTS = 2

const LEVELS_4 = 15
const LEVELS_8 = 255

/** @param weights [rows, columns], columns a multiple of BLOCK_SIZE. */
export function quantize(
  weights: Float32Array,
  rows: number,
  columns: number,
  bits: 4 | 8,
): Quantized {
  const blocks = columns / BLOCK_SIZE
  const zeroBytes = Math.ceil((blocks * bits) / 8)
  const values = new Uint8Array((rows * columns * bits) / 8)
  const scales = new Float32Array(rows * blocks)
  const zeroPoints = new Uint8Array(rows * zeroBytes)
  const fit: Fit = { scale: 0, zeroPoint: 0 }
  for (let block = 0; block < rows * blocks; block++) {
    const start = block * BLOCK_SIZE
    const row = Math.floor(block / blocks)
    const column = block - row * blocks
    if (bits === 4) {
      fit4(weights, start, fit)
      pack4(weights, start, fit, values)
      zeroPoints[row * zeroBytes + (column >> 1)]! |= fit.zeroPoint << ((column & 1) * 4)
    } else {
      fit8(weights, start, fit)
      pack8(weights, start, fit, values)
      zeroPoints[block] = fit.zeroPoint
    }
    scales[block] = fit.scale
  }
  return { values, scales, zeroPoints }
}

type Fit = { scale: number; zeroPoint: number }

/**
 * Finds a scale and zero point with a small squared error.
 *
 * For each range tried, values are assigned to levels; the best scale for that assignment has a
 * closed form (least squares), and so has its error. The best is refined by assigning again.
 */
function fit4(weights: Float32Array, start: number, fit: Fit): void {
  let low = 0
  let high = 0
  let energy = 0
  for (let i = start; i < start + BLOCK_SIZE; i++) {
    const w = weights[i]!
    low = Math.min(low, w)
    high = Math.max(high, w)
    energy += w * w
  }
  if (energy === 0) {
    fit.scale = 0
    fit.zeroPoint = 0
    return
  }
  const step = (high - low) / LEVELS_4
  const middle = Math.round(-low / step)
  let bestGain = -1
  for (let zero = Math.max(0, middle - 1); zero <= Math.min(LEVELS_4, middle + 1); zero++) {
    for (const shrink of SHRINKS) {
      bestGain = tryScale(weights, start, step * shrink, zero, bestGain, fit)
    }
  }
  for (let round = 0; round < REFINEMENTS; round++) {
    const gain = tryScale(weights, start, fit.scale, fit.zeroPoint, bestGain, fit)
    if (gain <= bestGain) {
      break
    }
    bestGain = gain
  }
}

/**
 * Assigns the block's values at this scale and fits the scale to them. The squared error is the
 * block's energy less the gain; `fit` is replaced where the gain beats `best`.
 *
 * @returns the better gain.
 */
function tryScale(
  weights: Float32Array,
  start: number,
  scale: number,
  zero: number,
  best: number,
  fit: Fit,
): number {
  const inverse = 1 / scale
  const shift = zero + 0.5
  let cross = 0
  let square = 0
  for (let i = start; i < start + BLOCK_SIZE; i++) {
    const w = weights[i]!
    const level = w * inverse + shift
    const q = level <= 0 ? 0 : level >= LEVELS_4 ? LEVELS_4 : level | 0
    const d = q - zero
    cross += w * d
    square += d * d
  }
  if (square === 0 || cross <= 0) {
    return best
  }
  const gain = (cross * cross) / square
  if (gain <= best) {
    return best
  }
  fit.scale = Math.fround(cross / square)
  fit.zeroPoint = zero
  return gain
}

/** 255 steps are fine enough for the plain range; it must include 0, which stays exact. */
function fit8(weights: Float32Array, start: number, fit: Fit): void {
  let low = 0
  let high = 0
  for (let i = start; i < start + BLOCK_SIZE; i++) {
    const w = weights[i]!
    low = Math.min(low, w)
    high = Math.max(high, w)
  }
  fit.scale = Math.fround((high - low) / LEVELS_8)
  fit.zeroPoint = fit.scale === 0 ? 0 : Math.min(LEVELS_8, Math.round(-low / fit.scale))
}

function pack4(weights: Float32Array, start: number, fit: Fit, values: Uint8Array): void {
  const inverse = fit.scale === 0 ? 0 : 1 / fit.scale
  const shift = fit.zeroPoint + 0.5
  for (let i = 0; i < BLOCK_SIZE; i += 2) {
    const low = weights[start + i]! * inverse + shift
    const high = weights[start + i + 1]! * inverse + shift
    const a = low <= 0 ? 0 : low >= LEVELS_4 ? LEVELS_4 : low | 0
    const b = high <= 0 ? 0 : high >= LEVELS_4 ? LEVELS_4 : high | 0
    values[(start + i) >> 1] = a | (b << 4)
  }
}

function pack8(weights: Float32Array, start: number, fit: Fit, values: Uint8Array): void {
  const inverse = fit.scale === 0 ? 0 : 1 / fit.scale
  const shift = fit.zeroPoint + 0.5
  for (let i = start; i < start + BLOCK_SIZE; i++) {
    const level = weights[i]! * inverse + shift
    values[i] = level <= 0 ? 0 : level >= LEVELS_8 ? LEVELS_8 : level | 0
  }
}
