/** Reads a picture file: decoded in a process of its own, boxes in the picture's own pixels. */

import type { DecodingCall, ReadablePage } from '../image/decoding/job.ts'
import type { DecodingPool } from '../image/decoding/pool.ts'
import type { PictureCode } from './codes.ts'
import { isInside, middleOf, type Quad } from './geometry.ts'
import type { ReadLimits, ReadText, TextLine, TextReader } from './reader.ts'

/** A larger picture is made smaller before it is read; a phone's screenshot has 3 million. */
export const MAX_PAGE_PIXELS = 8 * 2 ** 20

/** The text of a picture, what stands in its codes, and its size in pixels. */
export type PictureText = ReadText & {
  readonly codes: readonly PictureCode[]
  readonly width: number
  readonly height: number
}

export type ReadOptions = Partial<ReadLimits> & DecodingCall

/**
 * Reads a picture file without a pause.
 *
 * @param bytes the whole file.
 * @throws {InputError} `image/…` if the file cannot be used.
 * @throws the signal's reason once it is aborted, between two runs.
 */
export async function readPicture(
  reader: TextReader,
  pictures: Pick<DecodingPool, 'page'>,
  bytes: Uint8Array,
  options: ReadOptions = {},
): Promise<PictureText> {
  const reading = await readingOf(reader, pictures, bytes, options)
  for (;;) {
    const { done, value } = await reading.next()
    if (done) {
      return value
    }
    options.signal?.throwIfAborted()
  }
}

/** Decodes a picture file. @returns its reading, which pauses after each run of a network. */
export async function readingOf(
  reader: TextReader,
  pictures: Pick<DecodingPool, 'page'>,
  bytes: Uint8Array,
  { signal, owner, ...limits }: ReadOptions = {},
): Promise<AsyncGenerator<void, PictureText, void>> {
  const call = { signal, ...(owner !== undefined && { owner }) }
  return readPage(reader, await pictures.page(bytes, MAX_PAGE_PIXELS, call), limits)
}

async function* readPage(
  reader: TextReader,
  { image, width, height, codes }: ReadablePage,
  limits: Partial<ReadLimits>,
): AsyncGenerator<void, PictureText, void> {
  const { lines: allLines, complete } = yield* reader.read(image, limits)
  // The squares of a code look like letters.
  const isInCode = ({ corners }: TextLine) =>
    codes.some((code) => isInside(code.corners, middleOf(corners)))
  const lines = allLines.filter((line) => !isInCode(line))
  const scale = { x: width / image.width, y: height / image.height }
  const placed = <T extends { readonly corners: Quad }>(items: readonly T[]) =>
    items.map((item) => ({ ...item, corners: scaled(item.corners, scale) }))
  return { width, height, lines: placed(lines), complete, codes: placed(codes) }
}

function scaled(corners: Quad, scale: { readonly x: number; readonly y: number }): Quad {
  const [a, b, c, d] = corners.map(({ x, y }) => ({
    x: Math.round(x * scale.x),
    y: Math.round(y * scale.y),
  }))
  return [a!, b!, c!, d!]
}
