/**
 * Converts a picture file to the input tensor of the vision tower, as transformers does with Pillow:
 * decode, resize into a square or several, scale to [0, 1], normalize, channels first, pad.
 */

import { type AnyResolution, cutToResolution } from './any-resolution.ts'
import { decodePixels, withPicture } from './decode.ts'
import type { OpenPicture } from './decode.ts'
import type { ImageLimits } from './limits.ts'
import type { Filter } from './filters.ts'
import type { Rgb } from './formats/gif.ts'
import { fitted } from './fit.ts'
import type { Color, Fit, Square } from './fit.ts'
import type { RgbImage } from './resize.ts'
import { type Detail, type Grid, tiled, tilesOf, type Tiling } from './tiles.ts'
import { framesToTry, isPlain, over, rgbaPixels, uprightFrame } from './visible.ts'

/** One number each for red, green and blue. */
type PerChannel = readonly [number, number, number]

/** The card's `preprocessing`: (byte * rescaleFactor - mean) / std, mean and std of values in [0, 1]. */
export type Preprocessing = {
  readonly fit: Fit | 'tiles' | 'any-resolution'
  /** Of `tiles`: see Tiling. */
  readonly tiles?: Pick<Tiling, 'longestEdge' | 'split' | 'mostTiles'> | undefined
  /** Of `any-resolution`: see AnyResolution. */
  readonly resolutions?: AnyResolution['resolutions'] | undefined
  readonly mostTiles?: number | undefined
  readonly resample: Filter
  readonly background?: Color | undefined
  readonly rescaleFactor: number
  readonly mean: PerChannel
  readonly std: PerChannel
}

/** The input that a vision tower takes. */
export type PixelSpec = {
  /** Side of the square, in pixels. */
  readonly imageSize: number
  readonly preprocessing: Preprocessing
  /** Of `tiles` and `any-resolution`. Default `high`. */
  readonly detail?: Detail
}

/** The input of a vision tower for one picture. */
export type PixelValues = {
  /** float32 [tiles, 3, imageSize, imageSize], unitless. */
  readonly data: Float32Array
  /** Null where every picture is one square. */
  readonly grid: Grid | null
}

/**
 * A picture file's `pixel_values`, bit for bit those of transformers' `BlipImageProcessorPil`,
 * `CLIPImageProcessorPil`, `SiglipImageProcessorPil`, `Idefics3ImageProcessorPil` or
 * `LlavaOnevisionImageProcessorPil`, by the fit.
 *
 * @param bytes the whole file.
 * @returns of a square about -1.8 to 2.2.
 * @throws {InputError} `image/…` if the file cannot be used.
 */
export async function toPixelValues(
  bytes: Uint8Array,
  spec: PixelSpec,
  limits?: Partial<ImageLimits>,
): Promise<PixelValues> {
  const { image, grid } = await decodeFitted(bytes, targetOf(spec), limits)
  return { data: normalize(image, spec, grid), grid }
}

/** What a picture is resized to: a square, or several. */
export type Target = Square | Tiling | AnyResolution

export function targetOf({ imageSize: side, preprocessing, detail = 'high' }: PixelSpec): Target {
  const { fit, tiles, resample: filter, background } = preprocessing
  if (fit === 'tiles') {
    return { fit, side, filter, ...(tiles ?? { longestEdge: side, split: false }), detail }
  }
  if (fit === 'any-resolution') {
    const { resolutions = [{ width: side, height: side }], mostTiles = 1 } = preprocessing
    return { fit, side, filter, background, resolutions, mostTiles, detail }
  }
  return { side, fit, filter, ...(background && { background }) }
}

/** The pixels of a picture file. */
export type FittedImage = {
  /** uint8 [height, width, 3]: see `fitted`, `tiled` and `cutToResolution`. */
  readonly image: RgbImage
  /** Null for a square. */
  readonly grid: Grid | null
}

function fitTo(image: RgbImage, target: Target): FittedImage {
  switch (target.fit) {
    case 'tiles':
      return tiled(image, target)
    case 'any-resolution':
      return cutToResolution(image, target)
    default:
      return { image: fitted(image, target), grid: null }
  }
}

/** Behind transparent pixels where the colors alone show nothing; the first that shows something. */
const BACKGROUNDS: readonly Rgb[] = [
  [255, 255, 255],
  [0, 0, 0],
]

/**
 * A picture file's pixels, resized into a square or several.
 *
 * They are Pillow's, with one exception. Pillow drops alpha and takes the first frame, which may leave
 * one color all over where people see a drawing: black on transparent, or an animation with a blank
 * first frame. Then alpha counts, and the first frame that shows something is taken.
 *
 * @throws {InputError} as `toPixelValues` does.
 */
export async function decodeFitted(
  bytes: Uint8Array,
  target: Target,
  limits?: Partial<ImageLimits>,
): Promise<FittedImage> {
  return withPicture(bytes, limits ?? {}, async (picture) => {
    const fit = fitTo(await decodePixels(picture), target)
    return isPlain(fit.image.data, 3) ? ((await visibleColors(picture, target)) ?? fit) : fit
  })
}

/** What people see of a picture whose first colors show nothing. @returns null if that is nothing. */
async function visibleColors(picture: OpenPicture, target: Target): Promise<FittedImage | null> {
  const { metadata, frames, gif } = picture
  // The first frame last: all that it shows beside its colors may be a dot on an empty canvas.
  for (const index of [...framesToTry(frames).slice(1), 0]) {
    if (index === 0 && !metadata.hasAlpha && !gif) {
      continue // the colors are all there is to it
    }
    const frame = await uprightFrame(picture, index)
    const rgba = await rgbaPixels(frame).catch(() => null) // the rest of the file may be damaged
    for (const background of rgba ? BACKGROUNDS : []) {
      const fit = fitTo(over(rgba!, background), target)
      if (!isPlain(fit.image.data, 3)) {
        return fit
      }
    }
  }
  return null
}

/**
 * Scales and normalizes each channel, and changes the layout to channels first.
 *
 * @param image uint8 [height, width, 3], not larger than the square; with a grid, all squares.
 * @returns shape [tiles, 3, imageSize, imageSize], float32, unitless; zero at the right and at the bottom
 *   of a smaller image.
 */
export function normalize(
  { width, height, data }: RgbImage,
  spec: PixelSpec,
  grid: Grid | null = null,
): Float32Array {
  const { imageSize: side } = spec
  const { rescaleFactor, mean, std } = spec.preprocessing
  const area = side * side
  const out = new Float32Array((grid === null ? 1 : tilesOf(grid)) * 3 * area)
  const values = new Float32Array(256) // the result for each byte
  for (const channel of [0, 1, 2] as const) {
    const center = Math.fround(mean[channel])
    const spread = Math.fround(std[channel])
    for (let byte = 0; byte < 256; byte++) {
      // transformers multiplies in float64, rounds to float32, then subtracts and divides in float32.
      const scaled = Math.fround(byte * rescaleFactor)
      values[byte] = Math.fround(scaled - center) / spread
    }
    for (let y = 0; y < height; y++) {
      const tile = Math.floor(y / side)
      const row = (tile * 3 + channel) * area + (y % side) * side
      for (let x = 0; x < width; x++) {
        out[row + x] = values[data[(y * width + x) * 3 + channel]!]! // [H, W, C] to [tiles, C, H, W]
      }
    }
  }
  return out
}
