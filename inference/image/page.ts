/**
 * A picture file at the size at which its text is read: as people see it, at full size up to a limit
 * of pixels. Damaged files are read as far as they go.
 */

import { withPicture } from './decode.ts'
import type { ImageLimits } from './limits.ts'
import type { Rgb } from './formats/gif.ts'
import type { RgbImage } from './resize.ts'
import { contrastOf, framesToTry, isPlain, over, rgbaPixels, uprightFrame } from './visible.ts'

/** Behind transparent pixels: the one on which more can be seen. */
const BACKGROUNDS: readonly Rgb[] = [
  [255, 255, 255],
  [49, 51, 56],
]

/** A picture's pixels, and its own size. */
export type Page = {
  /** uint8 [height, width, 3]. */
  readonly image: RgbImage
  /** Of the upright picture, in pixels. */
  readonly width: number
  readonly height: number
}

/**
 * Decodes a picture for reading; of an animation, the first frame that shows something.
 *
 * @param bytes the whole file.
 * @param maxPixels of the result; a larger picture is made smaller.
 * @throws {InputError} as `decodeImage` does, but for damaged files only if nothing of them can be
 *   decoded.
 */
export async function decodePage(
  bytes: Uint8Array,
  maxPixels: number,
  limits: Partial<ImageLimits> = {},
): Promise<Page> {
  return withPicture(bytes, { ...limits, lenient: true }, async (picture) => {
    const { metadata, frames, gif } = picture
    const { width, height } = gif ?? metadata.autoOrient
    const scale = Math.min(1, Math.sqrt(maxPixels / (width * height)))
    const toWidth = Math.max(1, Math.floor(width * scale))
    const toHeight = Math.max(1, Math.floor(height * scale))
    const pageOf = async (index: number) => {
      const upright = await uprightFrame(picture, index)
      const frame = scale < 1 ? upright.resize(toWidth, toHeight, { fit: 'fill' }) : upright
      const rgba = await rgbaPixels(frame)
      const [light, dark] = BACKGROUNDS.map((background) => over(rgba, background))
      return contrastOf(light!.data, 3) >= contrastOf(dark!.data, 3) ? light! : dark!
    }
    let image = await pageOf(0)
    for (const index of framesToTry(frames).slice(1)) {
      if (!isPlain(image.data, 3)) {
        break
      }
      image = await pageOf(index).catch(() => image) // the rest of the file may be damaged
    }
    return { image, width, height }
  })
}
