/**
 * Quantizes rows of a matrix in blocks, in the layout of ONNX Runtime's MatMulNBits:
 * value = scale * (q - zeroPoint), q and zeroPoint unsigned, one scale and zero point per block.
 *
 * The relative RMS error on normally distributed weights: int4 0.0953 (plain rounding 0.1005, the
 * same without zero points 0.1173), int8 0.0059 (0.0065 without zero points).
 */

import { BLOCK_SIZE } from '../../onnx/weight-plan.ts'

/** Quantized rows. With `blocks` = columns / blockSize: */
export type Quantized = {
  /** uint8 [rows, columns * bits / 8]; of int4 two values per byte, the first in the low half. */
  readonly values: Uint8Array
  /** float32 [rows, blocks], at least 0. */
  readonly scales: Float32Array
  /** uint8 [rows, ceil(blocks * bits / 8)], packed like the values. */
  readonly zeroPoints: Uint8Array
}

/**
 * Ranges tried for int4, as fractions of the block's own range: clipping the extremes makes finer steps.
 * Eight ranges with neighboring zero points take four times as long for an error of 0.0949.
 */
const SHRINKS = [1, 0.9, 0.8]

/** How many times at most the values are assigned to levels again after the scale was refitted. */
const REFINEMENTS = 2

/** Added to a small float64 and subtracted again, this rounds it to an integer (ties to even). */
const ROUNDER = 1.5 * 2 ** 52

/** The current block: its first `length` values. A copy in float64 makes the inner loops twice as fast. */
const block = new Float64Array(BLOCK_SIZE)
let length = BLOCK_SIZE

/** The scale and zero point chosen for the current block. */
const fit = { scale: 0, zeroPoint: 0 }

/**
 * @param weights float32 [rows, columns].
 * @param blockSize divides `columns`; even, at most BLOCK_SIZE.
 */
export function quantize(
  weights: Float32Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  bits: 4 | 8,
  blockSize = BLOCK_SIZE,
): Quantized {
  length = blockSize
  const blocks = columns / blockSize
  const zeroBytes = Math.ceil((blocks * bits) / 8)
  const values = new Uint8Array((rows * columns * bits) / 8)
  const scales = new Float32Array(rows * blocks)
  const zeroPoints = new Uint8Array(rows * zeroBytes)
  for (let i = 0; i < rows * blocks; i++) {
    const start = i * blockSize
    const range = loadBlock(weights, start)
    if (bits === 4) {
      fit4(range)
      pack4(values, start / 2)
      const row = Math.floor(i / blocks)
      const column = i - row * blocks
      zeroPoints[row * zeroBytes + (column >> 1)]! |= fit.zeroPoint << ((column & 1) * 4)
    } else {
      fit8(range)
      pack8(values, start)
      zeroPoints[i] = fit.zeroPoint
    }
    scales[i] = fit.scale
  }
  return { values, scales, zeroPoints }
}

/** The least and greatest value of a block, extended to include 0, so that 0 stays exact. */
type Range = { readonly low: number; readonly high: number }

/** Copies a block to `block`. @param weights float32 [rows, columns], flat; `start` an index. */
function loadBlock(weights: Float32Array, start: number): Range {
  let low = 0
  let high = 0
  for (let i = 0; i < length; i++) {
    const w = weights[start + i]!
    block[i] = w
    low = w < low ? w : low
    high = w > high ? w : high
  }
  return { low, high }
}

/**
 * Finds a scale and zero point with a small squared error.
 *
 * For each range tried, values are assigned to levels; the best scale for that assignment has a
 * closed form (least squares), and so has its error. The best is refined by assigning again.
 */
function fit4({ low, high }: Range): void {
  const step = (high - low) / 15
  fit.scale = 0
  fit.zeroPoint = 0
  if (step === 0) {
    return
  }
  const zero = Math.round(-low / step)
  let gain = 0
  for (const shrink of SHRINKS) {
    gain = tryScale(step * shrink, zero, gain)
  }
  for (let round = 0; round < REFINEMENTS; round++) {
    const better = tryScale(fit.scale, zero, gain)
    if (better === gain) {
      break
    }
    gain = better
  }
}

/**
 * Assigns the block's values to levels and fits the scale to them. The squared error is the
 * block's own sum of squares less the gain; `fit` is replaced where the gain beats `best`.
 *
 * @returns the better gain.
 */
function tryScale(scale: number, zero: number, best: number): number {
  const inverse = 1 / scale
  const low = -zero
  const high = 15 - zero
  let cross = 0
  let square = 0
  for (let i = 0; i < length; i++) {
    const w = block[i]!
    let level = w * inverse + ROUNDER - ROUNDER
    level = level < low ? low : level > high ? high : level
    cross += w * level
    square += level * level
  }
  const gain = cross > 0 ? (cross * cross) / square : 0
  if (gain > best) {
    fit.scale = Math.fround(cross / square)
    fit.zeroPoint = zero
    return gain
  }
  return best
}

/** With 255 steps, fitting would gain little: the plain range is used. */
function fit8({ low, high }: Range): void {
  fit.scale = Math.fround((high - low) / 255)
  fit.zeroPoint = fit.scale === 0 ? 0 : Math.min(255, Math.round(-low / fit.scale))
}

/** Writes the block as int4, two values per byte. @param at byte index in `values`. */
function pack4(values: Uint8Array, at: number): void {
  for (let i = 0; i < length; i += 2) {
    values[at + i / 2] = levelOf(block[i]!, 15) | (levelOf(block[i + 1]!, 15) << 4)
  }
}

/** Writes the block as int8. @param at byte index in `values`. */
function pack8(values: Uint8Array, at: number): void {
  for (let i = 0; i < length; i++) {
    values[at + i] = levelOf(block[i]!, 255)
  }
}

/** @returns the level that is nearest to a weight, an integer from 0 to `highest`. */
function levelOf(weight: number, highest: number): number {
  if (fit.scale === 0) {
    return 0
  }
  const level = weight / fit.scale + fit.zeroPoint + ROUNDER - ROUNDER
  return level < 0 ? 0 : level > highest ? highest : level
}
