/**
 * Small versions of a picture file as people see it: its brightness, to compare pictures, and a
 * re-encoded file. Damaged files are read as far as they go, since browsers show them.
 */

import sharp from 'sharp'
import { type OpenPicture, withPicture } from './decode.ts'
import type { ImageLimits } from './limits.ts'
import type { Rgb } from './formats/gif.ts'
import { contrastOf, framesToTry, isPlain, over, rgbaPixels, uprightFrame } from './visible.ts'

/** Replaces transparent pixels: mid-gray, since a hidden color must not affect a comparison. */
const BACKGROUND = '#808080'

/** Behind transparent pixels of a file for people: the page's dark background, and its light one. */
const PAGES: readonly Rgb[] = [
  [49, 51, 56],
  [255, 255, 255],
]

/** Brightness is reduced to this side to see whether there is anything to compare. */
const COARSE_SIDE = 32

/**
 * The brightness of a picture resized to a square, to compare pictures; of an animation, that of the
 * first frame that shows something. The full pixels stay in the decoder, which decodes a JPEG at
 * reduced size: that is faster, and the JavaScript heap does not get megabytes per picture.
 *
 * @param bytes the whole file.
 * @param side of the square, in pixels.
 * @returns shape [side, side], uint8, 0 to 255.
 * @throws {InputError} as `decodeImage` does, but for damaged files only if nothing of them can be
 *   decoded.
 */
export function decodeBrightness(
  bytes: Uint8Array,
  side: number,
  limit: Partial<ImageLimits> = {},
): Promise<Uint8Array> {
  return withPicture(bytes, { ...limit, lenient: true }, (picture) =>
    firstToShow(picture, (index) => brightnessOf(picture, index, side), isFeatureless(side)),
  )
}

export type ThumbnailSpec = {
  /** The longest side allowed, in pixels; a smaller picture keeps its size. */
  readonly side: number
  /** 1 to 100. */
  readonly quality: number
}

/**
 * Re-encodes a picture as a smaller WebP file from its pixels alone, without metadata: what
 * `decodeBrightness` looks at. Transparent pixels show a dark page's background, or a light one's
 * where more can be seen on that.
 *
 * @param bytes the whole file.
 * @throws {InputError} as `decodeBrightness` does.
 */
export function encodeThumbnail(
  bytes: Uint8Array,
  { side, quality }: ThumbnailSpec,
  limit: Partial<ImageLimits> = {},
): Promise<Uint8Array> {
  return withPicture(bytes, { ...limit, lenient: true }, async (picture) => {
    const small = async (index: number) => {
      const frame = await uprightFrame(picture, index)
      return rgbaPixels(frame.resize(side, side, { fit: 'inside', withoutEnlargement: true }))
    }
    const onBest = async (index: number) => {
      const rgba = await small(index)
      const [dark, light] = PAGES.map((page) => over(rgba, page))
      return contrastOf(light!.data, 3) > contrastOf(dark!.data, 3) ? light! : dark!
    }
    const { data, width, height } = await firstToShow(picture, onBest, ({ data }) =>
      isPlain(data, 3),
    )
    return sharp(data, { raw: { width, height, channels: 3 } })
      .webp({ quality })
      .toBuffer()
  })
}

/** What is made of the first frame that shows something; if none does, of the first frame. */
async function firstToShow<Made>(
  { frames }: OpenPicture,
  make: (index: number) => Promise<Made>,
  showsNothing: (made: Made) => boolean,
): Promise<Made> {
  const first = await make(0)
  let made = first
  for (const index of framesToTry(frames).slice(1)) {
    if (!showsNothing(made)) {
      return made
    }
    made = await make(index).catch(() => first) // the rest of the file may be damaged
  }
  return showsNothing(made) ? first : made
}

/** @returns uint8 [side, side]. */
async function brightnessOf(
  picture: OpenPicture,
  index: number,
  side: number,
): Promise<Uint8Array> {
  const squashed = (await uprightFrame(picture, index))
    .flatten({ background: BACKGROUND })
    .resize(side, side, { fit: 'fill', kernel: 'linear' })
    .toColorspace('b-w')
  return squashed.raw({ depth: 'uchar' }).toBuffer()
}

/** Whether a square's brightness is the same all over, as far as pictures are compared. */
function isFeatureless(side: number): (gray: Uint8Array) => boolean {
  const block = Math.max(1, Math.floor(side / COARSE_SIDE))
  const count = Math.floor(side / block)
  return (gray) => {
    const coarse = new Uint8Array(count * count)
    for (let i = 0; i < coarse.length; i++) {
      let sum = 0
      const corner = Math.floor(i / count) * block * side + (i % count) * block
      for (let k = 0; k < block * block; k++) {
        sum += gray[corner + Math.floor(k / block) * side + (k % block)]!
      }
      coarse[i] = sum / (block * block)
    }
    return isPlain(coarse, 1)
  }
}
