/**
 * Resizes RGB images exactly as Pillow does, to the last bit.
 *
 * The models were trained on pixels that Pillow resized; the "cubic" filters of other libraries differ by
 * up to 90 of 255 (half-pixel conventions, shrink-on-load, fixed-point details). Source: Pillow 12.3,
 * src/libImaging/Resample.c, `precompute_coeffs`, `normalize_coeffs_8bpc` and the two
 * `ImagingResample…_8bpc` passes. Knows nothing about files or tensors.
 */

import { type Filter, type Kernel, KERNELS } from './filters.ts'

/** A decoded image: 8-bit RGB, top row first, shape [height, width, 3], no row padding. */
export type RgbImage = {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Fractional bits of the integer weights; 255 times their sum fits in 32 bits. */
const PRECISION_BITS = 22
/** One half in that format: added before the shift, it rounds to nearest. */
const HALF = 1 << (PRECISION_BITS - 1)

/** Taller than this many times its width, an image is resized rows first. */
const TALL = 100

/** Weights in memory at once, as int32; those of a very long side would take hundreds of megabytes. */
const MAX_WEIGHTS = 2 ** 20

/** Which part of the result is wanted, in its pixels. */
export type Window = {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export type ResizeOptions = {
  /** Default `bicubic`. */
  readonly filter?: Filter | undefined
  /** Computes only a part; what lies beside it costs neither time nor memory. Default: all. */
  readonly window?: Window
}

/** Consecutive samples of one axis. */
type Range = { readonly start: number; readonly length: number }

/** The input samples of consecutive output samples of one axis, and their weights. */
type Taps = {
  /** Index of the first output sample. */
  readonly start: number
  /** Number of output samples. */
  readonly length: number
  /** Index of the first input sample, int32 [length]. */
  readonly first: Int32Array
  /** Number of input samples, int32 [length]. */
  readonly count: Int32Array
  /** Weights in fixed point, int32 [length, stride]; only the first `count` of a row are used. */
  readonly weights: Int32Array
  readonly stride: number
}

/**
 * Resizes to exactly width x height; the aspect ratio is not kept.
 *
 * The image between the two passes has at most 30 * width * sqrt(pixels) bytes: 49 MB for the largest
 * picture allowed and a width of 224, since a taller one is resized rows first.
 *
 * @param width in pixels.
 * @param height in pixels.
 * @returns uint8 [height, width, 3], or of the window; the same object if it has that size already.
 */
export function resize(
  image: RgbImage,
  width: number,
  height: number,
  { filter = 'bicubic', window = { left: 0, top: 0, width, height } }: ResizeOptions = {},
): RgbImage {
  const kernel = KERNELS[filter]
  const columns = { start: window.left, length: window.width }
  const rows = { start: window.top, length: window.height }
  // Rounded to bytes in between, so that the order changes the result. Pillow's order: columns first,
  // but not in a very tall image that becomes less tall. Source: Pillow 12.3, PIL/Image.py,
  // `Image.resize`; other versions of Pillow have other conditions.
  if (image.height > image.width * TALL && height < image.height) {
    return resizeColumns(resizeRows(image, height, rows, kernel), width, columns, kernel)
  }
  return resizeRows(resizeColumns(image, width, columns, kernel), height, rows, kernel)
}

/** [height, inWidth, 3] to some of the columns of [height, width, 3]. */
function resizeColumns(image: RgbImage, width: number, columns: Range, kernel: Kernel): RgbImage {
  const { height } = image
  if (image.width === width && columns.length === width) {
    return image
  }
  const out = {
    width: columns.length,
    height,
    data: new Uint8Array(columns.length * height * 3),
  }
  if (image.width === width) {
    for (let y = 0; y < height; y++) {
      const from = (y * width + columns.start) * 3
      out.data.set(image.data.subarray(from, from + columns.length * 3), y * columns.length * 3)
    }
    return out
  }
  for (const taps of tapsOf(image.width, width, columns, kernel)) {
    for (let y = 0; y < height; y++) {
      resizeRow(image, taps, y, out)
    }
  }
  return out
}

/** Computes the samples of `taps` in row y of `out`. */
function resizeRow({ width: inWidth, data }: RgbImage, taps: Taps, y: number, out: RgbImage): void {
  const { start, length, first, count, weights, stride } = taps
  let to = (y * out.width + start) * 3
  for (let x = 0; x < length; x++) {
    let from = (y * inWidth + first[x]!) * 3
    const end = x * stride + count[x]!
    let red = HALF
    let green = HALF
    let blue = HALF
    for (let k = x * stride; k < end; k++) {
      const weight = weights[k]!
      red = (red + Math.imul(data[from]!, weight)) | 0
      green = (green + Math.imul(data[from + 1]!, weight)) | 0
      blue = (blue + Math.imul(data[from + 2]!, weight)) | 0
      from += 3
    }
    out.data[to] = clampToByte(red)
    out.data[to + 1] = clampToByte(green)
    out.data[to + 2] = clampToByte(blue)
    to += 3
  }
}

/** [inHeight, width, 3] to some of the rows of [height, width, 3]. */
function resizeRows(image: RgbImage, height: number, rows: Range, kernel: Kernel): RgbImage {
  const { width, height: inHeight, data } = image
  const rowLength = width * 3
  if (inHeight === height) {
    const from = rows.start * rowLength
    return rows.length === height
      ? image
      : { width, height: rows.length, data: data.slice(from, from + rows.length * rowLength) }
  }
  const out = new Uint8Array(rowLength * rows.length)
  const sums = new Int32Array(rowLength)
  for (const taps of tapsOf(inHeight, height, rows, kernel)) {
    const { start, length, first, count, weights, stride } = taps
    for (let y = 0; y < length; y++) {
      sums.fill(HALF)
      for (let k = 0; k < count[y]!; k++) {
        // A whole row at a time: reading columns would miss the CPU cache on every sample.
        const weight = weights[y * stride + k]!
        const from = (first[y]! + k) * rowLength
        for (let i = 0; i < rowLength; i++) {
          sums[i] = sums[i]! + Math.imul(data[from + i]!, weight)
        }
      }
      const to = (start + y) * rowLength
      for (let i = 0; i < rowLength; i++) {
        out[to + i] = clampToByte(sums[i]!)
      }
    }
  }
  return { width, height: rows.length, data: out }
}

/**
 * Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` for a range of one axis, some outputs at a
 * time; their `start` counts from that of the range.
 */
function* tapsOf(inSize: number, outSize: number, range: Range, kernel: Kernel): Generator<Taps> {
  const scale = inSize / outSize
  const filterScale = Math.max(scale, 1) // when shrinking, the kernel grows with the ratio
  const support = kernel.support * filterScale
  const inverse = 1 / filterScale // Pillow multiplies by the inverse; dividing gives other last bits
  const stride = Math.ceil(support) * 2 + 1
  const most = Math.max(1, Math.min(range.length, Math.floor(MAX_WEIGHTS / stride)))
  const weights = new Int32Array(most * stride)
  const exact = new Float64Array(stride)
  for (let start = 0; start < range.length; start += most) {
    const length = Math.min(most, range.length - start)
    const first = new Int32Array(length)
    const count = new Int32Array(length)
    for (let i = 0; i < length; i++) {
      const center = (range.start + start + i + 0.5) * scale
      const from = Math.max(0, Math.trunc(center - support + 0.5))
      const to = Math.min(inSize, Math.trunc(center + support + 0.5))
      let sum = 0
      for (let k = 0; k < to - from; k++) {
        const weight = kernel.weight((k + from - center + 0.5) * inverse)
        exact[k] = weight
        sum += weight
      }
      for (let k = 0; k < to - from; k++) {
        const weight = (sum === 0 ? exact[k]! : exact[k]! / sum) * 2 ** PRECISION_BITS
        weights[i * stride + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      first[i] = from
      count[i] = to - from
    }
    yield { start, length, first, count, weights, stride }
  }
}

/** A fixed-point sum as a byte, 0 to 255. */
function clampToByte(sum: number): number {
  const value = sum >> PRECISION_BITS
  return value < 0 ? 0 : value > 255 ? 255 : value
}
