/** Paints the boxes of a reading on its picture. */

import sharp from 'sharp'
import type { DecodingPool } from '../image/decoding/pool.ts'
import { MAX_PAGE_PIXELS, type PictureText } from './read-picture.ts'

/**
 * A picture with an outline around each line; a dot marks where its first character begins.
 *
 * @param bytes the picture's file.
 * @returns a PNG file.
 */
export async function drawBoxes(
  pictures: Pick<DecodingPool, 'page'>,
  bytes: Uint8Array,
  { lines, width, height }: PictureText,
): Promise<Uint8Array> {
  const { image } = await pictures.page(bytes, MAX_PAGE_PIXELS)
  const shapes = lines.map(({ corners }) => {
    const points = corners.map(({ x, y }) => `${x},${y}`).join(' ')
    const [{ x, y }] = corners
    return `<polygon points="${points}"/><circle cx="${x}" cy="${y}" r="3" fill="#f00"/>`
  })
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${image.width}" height="${image.height}"
    viewBox="0 0 ${width} ${height}" fill="none" stroke="#f00" stroke-width="2">${shapes.join('')}</svg>`
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .png()
    .toBuffer()
}
