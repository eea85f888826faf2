/** Reads a picture file: decoded in a process of its own, boxes in the picture's own pixels. */

import type { DecodingCall } from '../image/decoding/job.ts'
import type { DecodingPool } from '../image/decoding/pool.ts'
import type { Quad } from './geometry.ts'
import type { ReadLimits, ReadText, TextReader } from './reader.ts'

/** A larger picture is made smaller before it is read; a phone's screenshot has 3 million. */
export const MAX_PAGE_PIXELS = 8 * 2 ** 20

/** The text of a picture, and its size in pixels. */
export type PictureText = ReadText & { readonly width: number; readonly height: number }

export type ReadOptions = Partial<ReadLimits> & DecodingCall

/**
 * @param bytes the whole file.
 * @throws {InputError} `image/…` if the file cannot be used.
 * @throws the signal's reason once it is aborted, between two runs.
 */
export async function readPicture(
  reader: TextReader,
  pictures: Pick<DecodingPool, 'page'>,
  bytes: Uint8Array,
  { signal, owner, ...limits }: ReadOptions = {},
): Promise<PictureText> {
  const call = { signal, ...(owner !== undefined && { owner }) }
  const { image, width, height } = await pictures.page(bytes, MAX_PAGE_PIXELS, call)
  const reading = reader.read(image, limits)
  for (;;) {
    const { done, value } = await reading.next()
    if (done) {
      const scale = { x: width / image.width, y: height / image.height }
      const lines = value.lines.map((line) => ({ ...line, corners: scaled(line.corners, scale) }))
      return { width, height, lines, complete: value.complete }
    }
    signal?.throwIfAborted()
  }
}

function scaled(corners: Quad, scale: { readonly x: number; readonly y: number }): Quad {
  const [a, b, c, d] = corners.map(({ x, y }) => ({
    x: Math.round(x * scale.x),
    y: Math.round(y * scale.y),
  }))
  return [a!, b!, c!, d!]
}
