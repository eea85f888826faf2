/**
 * Converts a picture file to the input tensor of the vision tower, as transformers does with Pillow:
 * decode, resize to a square without keeping the aspect ratio, scale to [0, 1], normalize, channels
 * first.
 */

import { decodeImage } from './decode.ts'
import type { ImageLimits } from './decode.ts'
import { resizeBicubic } from './resize.ts'
import type { RgbImage } from './resize.ts'

/** One number each for red, green and blue. */
type PerChannel = readonly [number, number, number]

/** The card's `preprocessing`: (byte * rescaleFactor - mean) / std, mean and std of values in [0, 1]. */
export type Preprocessing = {
  readonly rescaleFactor: number
  readonly mean: PerChannel
  readonly std: PerChannel
}

/** The input that a vision tower takes. */
export type PixelSpec = {
  /** Side of the square, in pixels. */
  readonly imageSize: number
  readonly preprocessing: Preprocessing
}

/**
 * A picture file's `pixel_values`, bit for bit those of transformers' `BlipImageProcessorPil`.
 *
 * @param bytes the whole file.
 * @returns shape [1, 3, imageSize, imageSize], float32, unitless, about -1.8 to 2.2.
 * @throws {InputError} `image/…` if the file cannot be used.
 */
export async function toPixelValues(
  bytes: Uint8Array,
  spec: PixelSpec,
  limits?: Partial<ImageLimits>,
): Promise<Float32Array> {
  return normalize(await decodeSquare(bytes, spec.imageSize, limits), spec.preprocessing)
}

/**
 * A picture file's pixels, resized to a square without keeping the aspect ratio.
 *
 * @param side in pixels.
 * @returns uint8 [side, side, 3].
 * @throws {InputError} as `toPixelValues` does.
 */
export async function decodeSquare(
  bytes: Uint8Array,
  side: number,
  limits?: Partial<ImageLimits>,
): Promise<RgbImage> {
  return resizeBicubic(await decodeImage(bytes, limits), side, side)
}

/**
 * Scales and normalizes each channel, and changes the layout to channels first.
 *
 * @param image uint8 [height, width, 3].
 * @returns shape [1, 3, height, width], float32, unitless.
 */
export function normalize(
  { width, height, data }: RgbImage,
  { rescaleFactor, mean, std }: Preprocessing,
): Float32Array {
  const area = width * height
  const out = new Float32Array(3 * area)
  const values = new Float32Array(256) // the result for each byte
  for (const channel of [0, 1, 2] as const) {
    const center = Math.fround(mean[channel])
    const spread = Math.fround(std[channel])
    for (let byte = 0; byte < 256; byte++) {
      // transformers multiplies in float64, rounds to float32, then subtracts and divides in float32.
      const scaled = Math.fround(byte * rescaleFactor)
      values[byte] = Math.fround(scaled - center) / spread
    }
    for (let i = 0; i < area; i++) {
      out[channel * area + i] = values[data[i * 3 + channel]!]! // [H, W, C] to [C, H, W]
    }
  }
  return out
}
