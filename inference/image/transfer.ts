/** A picture as a file for a model on another machine: its pixels and nothing else. */

import sharp from 'sharp'
import { decodePixels, withPicture } from './decode.ts'
import type { ImageLimits } from './limits.ts'

/** Up to here a PNG keeps every pixel as it is; in a larger one nobody sees what JPEG changes. */
const PNG_PIXELS = 640 * 640
const JPEG_QUALITY = 92

/**
 * Re-encodes a picture from the pixels that a model here would see (decode.ts): without metadata, turned
 * upright, the first picture of an animation.
 *
 * @param bytes the whole file.
 * @param maxPixels a larger picture is made smaller.
 * @returns a PNG, or a JPEG of a larger picture.
 * @throws {InputError} as `decodeImage` does.
 */
export function encodeForTransfer(
  bytes: Uint8Array,
  maxPixels: number,
  limits: Partial<ImageLimits> = {},
): Promise<Uint8Array> {
  return withPicture(bytes, limits, async (picture) => {
    const { data, width, height } = await decodePixels(picture)
    const image = sharp(data, { raw: { width, height, channels: 3 } })
    if (width * height <= PNG_PIXELS) {
      return image.png().toBuffer()
    }
    const scale = Math.min(1, Math.sqrt(maxPixels / (width * height)))
    const fitted = {
      width: Math.max(1, Math.floor(width * scale)),
      height: Math.max(1, Math.floor(height * scale)),
    }
    return image
      .resize({ ...fitted, fit: 'fill' })
      .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
      .toBuffer()
  })
}
