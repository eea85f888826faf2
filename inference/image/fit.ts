/** How a picture of any shape becomes the square that a vision tower takes. */

import type { Filter } from './filters.ts'
import { resize } from './resize.ts'
import type { RgbImage } from './resize.ts'

/**
 * - `squash`: resized to the square without keeping the aspect ratio
 * - `pad`: the longer side fills the square, and what is left at the right or at the bottom is zero
 *   after normalizing
 * - `crop`: the shorter side fills the square, and what is left of the longer one is cut off at both ends
 * - `surround`: first made a square by bars of one color at both ends, then resized
 */
export const FITS = ['squash', 'pad', 'crop', 'surround'] as const
export type Fit = (typeof FITS)[number]

/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number]

/** What a picture is resized to. */
export type Square = {
  /** In pixels. */
  readonly side: number
  readonly fit: Fit
  /** Default `bicubic`. */
  readonly filter?: Filter | undefined
  /** Of the bars of `surround`. Default black. */
  readonly background?: Color | undefined
}

const BLACK: Color = [0, 0, 0]

/** Pixels of a surrounded picture that are in memory at once: 25 MB. */
const MAX_SURROUNDED = 2 ** 23

/**
 * Resizes with one of Pillow's filters.
 *
 * Source of `pad`: transformers 5.18, image_transforms.py, `get_image_size_for_max_height_width`, which
 * `size: {max_height, max_width}` of an image processor stands for. There a side of less than a pixel
 * is an error; here it is one pixel. Of `crop`: `get_size_with_aspect_ratio` and `center_crop` there; of
 * `surround`: models/llava/image_processing_pil_llava.py, `pad_to_square`.
 *
 * @returns uint8 [height, width, 3]: for `pad`, only its longer side has `side` pixels.
 */
export function fitted(image: RgbImage, square: Square): RgbImage {
  const { side, fit, filter } = square
  switch (fit) {
    case 'squash':
      return resize(image, side, side, { filter })
    case 'pad': {
      const scale = Math.min(side / image.height, side / image.width)
      const width = Math.max(1, Math.trunc(image.width * scale))
      const height = Math.max(1, Math.trunc(image.height * scale))
      return resize(image, width, height, { filter })
    }
    case 'crop':
      return cropped(image, square)
    case 'surround':
      return surrounded(image, square)
    default:
      return fit satisfies never
  }
}

function cropped(image: RgbImage, { side, filter }: Square): RgbImage {
  const { width: from, height: fromHeight } = image
  const wide = from >= fromHeight
  const width = wide ? Math.trunc((side * from) / fromHeight) : side
  const height = wide ? side : Math.trunc((side * fromHeight) / from)
  const window = {
    left: Math.floor((width - side) / 2),
    top: Math.floor((height - side) / 2),
    width: side,
    height: side,
  }
  return resize(image, width, height, { filter, window })
}

/** As Pillow resizes the whole square, columns first, without the whole square in memory. */
function surrounded(image: RgbImage, square: Square): RgbImage {
  const { side, filter, background = BLACK } = square
  const { width, height } = image
  const longest = Math.max(width, height)
  const left = Math.floor((longest - width) / 2)
  const top = Math.floor((longest - height) / 2)
  if (width >= height) {
    const narrow = resize(image, side, height, { filter })
    const framed = on(background, narrow, { left, top, width: side, height: longest })
    return resize(framed, side, side, { filter })
  }
  const narrow = { width: side, height, data: new Uint8Array(side * height * 3) }
  const most = Math.max(1, Math.floor(MAX_SURROUNDED / longest))
  for (let y = 0; y < height; y += most) {
    const rows = Math.min(most, height - y)
    const data = image.data.subarray(y * width * 3, (y + rows) * width * 3)
    const strip = { width, height: rows, data }
    const wide = on(background, strip, { left, top: 0, width: longest, height: rows })
    narrow.data.set(resize(wide, side, rows, { filter }).data, y * side * 3)
  }
  return resize(narrow, side, side, { filter })
}

/** Puts an image on a canvas of one color. @param place of the image, and the canvas' size. */
function on(
  background: Color,
  image: RgbImage,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    data[i] = background[i % 3]!
  }
  const length = image.width * 3
  const x = image.width === width ? 0 : left
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * length, (y + 1) * length), ((top + y) * width + x) * 3)
  }
  return { width, height, data }
}
