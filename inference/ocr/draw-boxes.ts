/** Paints the boxes of a reading on its picture: lines red, codes blue. */

import sharp from 'sharp'
import type { DecodingPool } from '../image/decoding/pool.ts'
import type { Quad } from './geometry.ts'
import { MAX_PAGE_PIXELS, type PictureText } from './read-picture.ts'

/**
 * A picture with an outline around each line and each code; a dot marks where a line's first character
 * begins.
 *
 * @param bytes the picture's file.
 * @returns a PNG file.
 */
export async function drawBoxes(
  pictures: Pick<DecodingPool, 'page'>,
  bytes: Uint8Array,
  { lines, codes, width, height }: PictureText,
): Promise<Uint8Array> {
  const { image } = await pictures.page(bytes, MAX_PAGE_PIXELS)
  const lineShapes = lines.map(({ corners }) => {
    const [{ x, y }] = corners
    return `<polygon points="${pointsOf(corners)}"/><circle cx="${x}" cy="${y}" r="3" fill="#f00"/>`
  })
  const codeShapes = codes.map(
    ({ corners }) => `<polygon points="${pointsOf(corners)}" stroke="#00f"/>`,
  )
  const shapes = [...lineShapes, ...codeShapes]
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${image.width}" height="${image.height}"
    viewBox="0 0 ${width} ${height}" fill="none" stroke="#f00" stroke-width="2">${shapes.join('')}</svg>`
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .png()
    .toBuffer()
}

function pointsOf(corners: Quad): string {
  return corners.map(({ x, y }) => `${x},${y}`).join(' ')
}
