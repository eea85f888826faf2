/** Small versions of a picture file: its brightness, to compare pictures, and a re-encoded file. */

import sharp from 'sharp'
import type { Metadata, Sharp } from 'sharp'
import { decodeImage, decodePixels, decodeWith, type ImageLimits } from './decode.ts'

/** Replaces transparent pixels: mid-gray, since a hidden color must not affect a comparison. */
const BACKGROUND = '#808080'

/**
 * The brightness of a picture resized to a square, to compare pictures. The full pixels stay in the
 * decoder, which decodes a JPEG at reduced size: that is faster, and the JavaScript heap does not
 * get megabytes per picture.
 *
 * @param bytes the whole file.
 * @param side of the square, in pixels.
 * @returns shape [side, side], uint8, 0 to 255.
 * @throws {InputError} as `decodeImage` does.
 */
export function decodeBrightness(
  bytes: Uint8Array,
  side: number,
  limit: Partial<ImageLimits> = {},
): Promise<Uint8Array> {
  return decodeWith(bytes, limit, async (picture, metadata) => {
    const squashed = (await flattened(picture, metadata))
      .resize(side, side, { fit: 'fill', kernel: 'linear' })
      .toColorspace('b-w')
    return squashed.raw({ depth: 'uchar' }).toBuffer()
  })
}

export type ThumbnailSpec = {
  /** The longest side allowed, in pixels; a smaller picture keeps its size. */
  readonly side: number
  /** 1 to 100. */
  readonly quality: number
}

/**
 * Re-encodes a picture as a smaller WebP file from its pixels alone, without metadata.
 *
 * @param bytes the whole file.
 * @throws {InputError} as `decodeImage` does.
 */
export async function encodeThumbnail(
  bytes: Uint8Array,
  { side, quality }: ThumbnailSpec,
  limit: Partial<ImageLimits> = {},
): Promise<Uint8Array> {
  const { data, width, height } = await decodeImage(bytes, limit)
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality })
    .toBuffer()
}

/** The picture with its EXIF orientation applied, and transparent pixels replaced. */
async function flattened(picture: Sharp, metadata: Metadata): Promise<Sharp> {
  if (metadata.space === 'cmyk') {
    const { data, width, height } = await decodePixels(picture, metadata)
    return sharp(data, { raw: { width, height, channels: 3 } })
  }
  return picture.autoOrient().flatten({ background: BACKGROUND })
}
