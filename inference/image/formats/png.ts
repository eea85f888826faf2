/**
 * Rewrites a PNG file to what its pixels need, before a decoder reads it.
 *
 * Files that Pillow and browsers open are refused by libpng: with a wrong checksum of the pixel data,
 * with a chunk that nobody knows, or without the end. And what is not needed can be hostile: comments
 * of megabytes in a few bytes, color profiles. Format: https://www.w3.org/TR/png-3/.
 */

import { crc32 } from 'node:zlib'

const SIGNATURE = 8
/** Length and type before the data of a chunk; checksum behind it. */
const BEFORE = 8
const AFTER = 4
/** Bytes of the data of IHDR. */
const HEADER = 13

/** What may stand before the pixel data. The orientation behind it is ignored, as browsers do. */
const KEPT = new Set(['IHDR', 'PLTE', 'tRNS', 'eXIf'])

type Chunk = {
  readonly type: string
  readonly data: Buffer
  /** As it stands in the file. */
  readonly whole: Buffer
}

/** The chunks of a file, the last one as far as it goes. */
export function* chunksOf(file: Buffer): Generator<Chunk> {
  for (let at = SIGNATURE; at + BEFORE <= file.length;) {
    const length = file.readUInt32BE(at)
    const start = at + BEFORE
    const end = Math.min(start + length, file.length)
    yield {
      type: file.toString('latin1', at + 4, start),
      data: file.subarray(start, end),
      whole: file.subarray(at, Math.min(end + AFTER, file.length)),
    }
    at = start + length + AFTER
  }
}

/** Builds a chunk with a right checksum. */
export function pngChunk(type: string, ...parts: readonly Buffer[]): Buffer[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const before = Buffer.alloc(BEFORE)
  before.writeUInt32BE(length)
  before.write(type, 4, 'latin1')
  const after = Buffer.alloc(AFTER)
  const checksum = parts.reduce((sum, part) => crc32(part, sum), crc32(type))
  after.writeUInt32BE(checksum)
  return [before, ...parts, after]
}

/** The file with the chunks that its pixels need, and with right checksums of the pixel data. */
export function repackPng(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const before: Buffer[] = []
  const pixels: Buffer[] = []
  for (const { type, data, whole } of chunksOf(file)) {
    if (type === 'IDAT') {
      pixels.push(data)
    } else if (pixels.length > 0) {
      break // pixel data is consecutive
    } else if (KEPT.has(type)) {
      before.push(whole)
    }
  }
  return assemblePng(file, before, pixels)
}

/** Whether it is Apple's variant, whose pixel data other programs cannot read. */
export function isApplePng(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return file.toString('latin1', SIGNATURE + 4, SIGNATURE + BEFORE) === 'CgBI'
}

/** Number of frames of an animated PNG besides its default picture. */
export function apngFrames(bytes: Uint8Array): number {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let frames = 0
  let last = ''
  for (const { type } of chunksOf(file)) {
    frames += Number(type === 'fdAT' && last !== 'fdAT')
    last = type
  }
  return frames
}

/**
 * A frame of an animated PNG as a file of its own: what it draws, not composed with those before.
 *
 * @param index from 0, of the frames besides the default picture.
 */
export function apngFrame(bytes: Uint8Array, index: number): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const header = Buffer.alloc(HEADER)
  const before: Buffer[] = []
  const pixels: Buffer[] = []
  let frame = -1
  let last = ''
  for (const { type, data, whole } of chunksOf(file)) {
    frame += Number(type === 'fdAT' && last !== 'fdAT')
    last = type
    if (type === 'IHDR') {
      data.copy(header)
    } else if (type === 'fcTL' && frame === index) {
      break
    } else if (type === 'fcTL') {
      data.copy(header, 0, 4, 12) // width and height of the next frame
    } else if (type === 'fdAT' && frame === index) {
      pixels.push(data.subarray(4)) // behind its sequence number
    } else if (KEPT.has(type)) {
      before.push(whole)
    }
  }
  return assemblePng(file, [...pngChunk('IHDR', header), ...before], pixels)
}

/** A whole file. @param file the signature is taken from it. */
export function assemblePng(
  file: Buffer,
  before: readonly Buffer[],
  pixels: readonly Buffer[],
): Buffer {
  const signature = file.subarray(0, SIGNATURE)
  return Buffer.concat([signature, ...before, ...pngChunk('IDAT', ...pixels), ...pngChunk('IEND')])
}
