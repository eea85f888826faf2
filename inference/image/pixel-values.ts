/**
 * Turns a picture file into the tensor that the vision tower takes, as transformers does with Pillow:
 * decode, squash to a square, scale to [0, 1], normalize, channels first.
 */

import { decodeImage } from './decode.ts'
import type { ImageLimits } from './decode.ts'
import { resizeBicubic } from './resize.ts'
import type { RgbImage } from './resize.ts'

/** A number for each of red, green and blue. */
type PerChannel = readonly [number, number, number]

/** How bytes become numbers: the card's `preprocessing`. Mean and std are of values in [0, 1]. */
export type Preprocessing = {
  readonly rescaleFactor: number
  readonly mean: PerChannel
  readonly std: PerChannel
}

/** What a model wants to see. */
export type PixelSpec = {
  /** Side of the square, in pixels. */
  readonly imageSize: number
  readonly preprocessing: Preprocessing
}

/**
 * A picture file's `pixel_values`, bit for bit those of transformers' `BlipImageProcessorPil`.
 *
 * @returns shape [1, 3, imageSize, imageSize], float32, unitless, about -1.8 to 2.2.
 * @throws {InputError} with a sentence for the user if the file cannot be used.
 */
export async function toPixelValues(
  bytes: Uint8Array,
  spec: PixelSpec,
  limits?: Partial<ImageLimits>,
): Promise<Float32Array> {
  const image = await decodeImage(bytes, limits)
  return normalize(resizeBicubic(image, spec.imageSize, spec.imageSize), spec.preprocessing)
}

/**
 * Scales and normalizes each channel and puts channels first.
 *
 * @returns shape [1, 3, height, width], float32.
 */
export function normalize(
  { width, height, data }: RgbImage,
  { rescaleFactor, mean, std }: Preprocessing,
): Float32Array {
  const area = width * height
  const out = new Float32Array(3 * area)
  const values = new Float32Array(256)
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
