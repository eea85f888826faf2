/** How a picture of any shape becomes the square that a vision tower takes. */

import { resizeBicubic } from './resize.ts'
import type { RgbImage } from './resize.ts'

/**
 * `squash`: resized to the square without keeping the aspect ratio. `pad`: the longer side fills the
 * square, and what is left at the right or at the bottom is zero after normalizing.
 */
export const FITS = ['squash', 'pad'] as const
export type Fit = (typeof FITS)[number]

/**
 * Resizes with Pillow's bicubic filter.
 *
 * Source of `pad`: transformers 5.18, image_transforms.py, `get_image_size_for_max_height_width`, which
 * `size: {max_height, max_width}` of an image processor stands for. There a side of less than a pixel
 * is an error; here it is one pixel.
 *
 * @param side of the square, in pixels.
 * @returns uint8 [height, width, 3]: for `pad`, only its longer side has `side` pixels.
 */
export function fitted(image: RgbImage, side: number, fit: Fit): RgbImage {
  if (fit === 'squash') {
    return resizeBicubic(image, side, side)
  }
  const scale = Math.min(side / image.height, side / image.width)
  const width = Math.max(1, Math.trunc(image.width * scale))
  const height = Math.max(1, Math.trunc(image.height * scale))
  return resizeBicubic(image, width, height)
}
