/**
 * Resizes RGB images exactly as Pillow does with `Image.BICUBIC`, to the last bit.
 *
 * BLIP-2 was trained on pixels that Pillow resized; the "cubic" filters of other libraries differ by
 * up to 90 of 255 (half-pixel conventions, shrink-on-load, fixed-point details). Source: Pillow 12.3,
 * src/libImaging/Resample.c, `precompute_coeffs`, `normalize_coeffs_8bpc` and the two
 * `ImagingResample…_8bpc` passes. Knows nothing about files or tensors.
 */

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

/** Radius of the bicubic kernel, in input pixels when enlarging. */
const SUPPORT = 2

/** The input samples of each output sample of one axis, and their weights. */
type Taps = {
  /** Index of the first input sample, int32 [outSize]. */
  readonly first: Int32Array
  /** Number of input samples, int32 [outSize]. */
  readonly count: Int32Array
  /** Weights in fixed point, int32 [outSize, stride]; only the first `count` of a row are used. */
  readonly weights: Int32Array
  readonly stride: number
}

/**
 * Resizes to exactly width x height; the aspect ratio is not kept.
 *
 * @param width in pixels.
 * @param height in pixels.
 * @returns uint8 [height, width, 3]; the same object if it has that size already.
 */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  // Horizontally first, and rounded to bytes in between, as Pillow does: the order changes the result.
  const narrow = image.width === width ? image : resizeColumns(image, width)
  return narrow.height === height ? narrow : resizeRows(narrow, height)
}

/** [height, inWidth, 3] to [height, width, 3]. */
function resizeColumns({ width: inWidth, height, data }: RgbImage, width: number): RgbImage {
  const { first, count, weights, stride } = computeTaps(inWidth, width)
  const out = new Uint8Array(width * height * 3)
  let to = 0
  for (let y = 0; y < height; y++) {
    const row = y * inWidth
    for (let x = 0; x < width; x++) {
      let from = (row + first[x]!) * 3
      const start = x * stride
      const end = start + count[x]!
      let red = HALF
      let green = HALF
      let blue = HALF
      for (let k = start; k < end; k++) {
        const weight = weights[k]!
        red = (red + Math.imul(data[from]!, weight)) | 0
        green = (green + Math.imul(data[from + 1]!, weight)) | 0
        blue = (blue + Math.imul(data[from + 2]!, weight)) | 0
        from += 3
      }
      out[to] = clampToByte(red)
      out[to + 1] = clampToByte(green)
      out[to + 2] = clampToByte(blue)
      to += 3
    }
  }
  return { width, height, data: out }
}

/** [inHeight, width, 3] to [height, width, 3]. */
function resizeRows({ width, height: inHeight, data }: RgbImage, height: number): RgbImage {
  const { first, count, weights, stride } = computeTaps(inHeight, height)
  const rowLength = width * 3
  const out = new Uint8Array(rowLength * height)
  const sums = new Int32Array(rowLength)
  for (let y = 0; y < height; y++) {
    sums.fill(HALF)
    for (let k = 0; k < count[y]!; k++) {
      // A whole row at a time: reading columns would miss the CPU cache on every sample.
      const weight = weights[y * stride + k]!
      const from = (first[y]! + k) * rowLength
      for (let i = 0; i < rowLength; i++) {
        sums[i] = sums[i]! + Math.imul(data[from + i]!, weight)
      }
    }
    const to = y * rowLength
    for (let i = 0; i < rowLength; i++) {
      out[to + i] = clampToByte(sums[i]!)
    }
  }
  return { width, height, data: out }
}

/** Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` for one axis. */
function computeTaps(inSize: number, outSize: number): Taps {
  const scale = inSize / outSize
  const filterScale = Math.max(scale, 1) // when shrinking, the kernel grows with the ratio
  const support = SUPPORT * filterScale
  const inverse = 1 / filterScale // Pillow multiplies by the inverse; dividing gives other last bits
  const stride = Math.ceil(support) * 2 + 1
  const first = new Int32Array(outSize)
  const count = new Int32Array(outSize)
  const weights = new Int32Array(outSize * stride)
  const exact = new Float64Array(stride)
  for (let i = 0; i < outSize; i++) {
    const center = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(center - support + 0.5))
    const end = Math.min(inSize, Math.trunc(center + support + 0.5))
    let sum = 0
    for (let k = 0; k < end - start; k++) {
      const weight = bicubic((k + start - center + 0.5) * inverse)
      exact[k] = weight
      sum += weight
    }
    for (let k = 0; k < end - start; k++) {
      const weight = (sum === 0 ? exact[k]! : exact[k]! / sum) * 2 ** PRECISION_BITS
      weights[i * stride + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5)
    }
    first[i] = start
    count[i] = end - start
  }
  return { first, count, weights, stride }
}

/** The Catmull-Rom kernel (a = -0.5), written as Pillow writes it. */
function bicubic(x: number): number {
  const a = -0.5
  const distance = Math.abs(x)
  if (distance < 1) {
    return ((a + 2) * distance - (a + 3)) * distance * distance + 1
  }
  return distance < 2 ? (((distance - 5) * distance + 8) * distance - 4) * a : 0
}

/** A fixed-point sum as a byte, 0 to 255. */
function clampToByte(sum: number): number {
  const value = sum >> PRECISION_BITS
  return value < 0 ? 0 : value > 255 ? 255 : value
}
