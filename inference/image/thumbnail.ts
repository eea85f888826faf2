/** Small forms of a picture file: its brightness, for comparing pictures, and a file made again. */

import sharp from 'sharp'
import type { Metadata, Sharp } from 'sharp'
import { decodeImage, decodePixels, decodeWith, type ImageLimits } from './decode.ts'

/** What shows through where a picture is transparent. */
const UNSEEN = '#808080'

/**
 * The brightness of a picture squashed to a square, for comparing pictures. The full pixels stay in
 * the decoder, which leaves out what the square does not show where it can (JPEG): it is faster, and
 * the JavaScript heap is not swept because of megabytes that come and go.
 *
 * What is transparent is gray, neither black nor white: colors that nobody sees tell nothing apart.
 *
 * @param side of the square, pixels.
 * @returns shape [side, side], uint8, 0 to 255.
 * @throws {InputError} as `decodeImage` does.
 */
export function decodeBrightness(
  bytes: Uint8Array,
  side: number,
  limit: Partial<ImageLimits> = {},
): Promise<Uint8Array> {
  return decodeWith(bytes, limit, async (picture, metadata) => {
    const squashed = (await seen(picture, metadata))
      .resize(side, side, { fit: 'fill', kernel: 'linear' })
      .toColorspace('b-w')
    return squashed.raw({ depth: 'uchar' }).toBuffer()
  })
}

/**
 * A smaller WebP file of a picture, made of its pixels alone: nothing else of the file is in it.
 *
 * @param side of the longer side at most, pixels; a smaller picture keeps its size.
 * @param quality 1 to 100.
 * @throws {InputError} as `decodeImage` does.
 */
export async function encodeThumbnail(
  bytes: Uint8Array,
  { side, quality }: { side: number; quality: number },
): Promise<Buffer> {
  const { data, width, height } = await decodeImage(bytes)
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality })
    .toBuffer()
}

/** The picture as it is seen, the right way up. */
async function seen(picture: Sharp, metadata: Metadata): Promise<Sharp> {
  if (metadata.space === 'cmyk') {
    const { data, width, height } = await decodePixels(picture, metadata)
    return sharp(data, { raw: { width, height, channels: 3 } })
  }
  return picture.autoOrient().flatten({ background: UNSEEN })
}
