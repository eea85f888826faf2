/**
 * What a decoding process is asked for, and what it answers; plain data, since both cross to another
 * process. Every result is bounded: a page has as many pixels as its job allows.
 */

import { z } from 'zod'
import { plainErrorSchema } from '../../../config/plain-error.ts'
import type { ImageLimits } from '../decode.ts'
import { decodePage, type Page } from '../page.ts'
import { decodeFitted, type Square } from '../pixel-values.ts'
import type { RgbImage } from '../resize.ts'
import { decodeBrightness, encodeThumbnail, type ThumbnailSpec } from '../thumbnail.ts'

/** For whom a picture is decoded. */
export type DecodingCall = {
  /** Ends the decoding. */
  readonly signal?: AbortSignal | undefined
  /** Who brought the picture: where several wait, they take turns. */
  readonly owner?: string
}

/** What is to be made of a picture file. */
export type DecodingJob =
  /** See decodeFitted and packRgb. */
  | { readonly kind: 'rgb'; readonly square: Square }
  /** See decodePage and packPage. */
  | { readonly kind: 'page'; readonly maxPixels: number }
  /** uint8 [side, side]: see decodeBrightness. */
  | { readonly kind: 'brightness'; readonly side: number }
  /** A WebP file: see encodeThumbnail. */
  | { readonly kind: 'thumbnail'; readonly spec: ThumbnailSpec }

/** What the process gets. */
export type DecodingRequest = {
  readonly bytes: Uint8Array
  readonly job: DecodingJob
  readonly limits: Partial<ImageLimits>
  /** Resident memory of the process at which it gives the job up, in bytes. */
  readonly maxMemory: number
  /** Processor time after which it says that the job is slow, and gives it up; milliseconds. */
  readonly slowMs: number
  readonly maxMs: number
}

/** What the process sends: once for each request, and before that where the job is slow. */
export const decodingResponseSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('done'),
    result: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
    /** Resident memory of the process afterwards, in bytes. */
    memory: z.number(),
  }),
  z.object({ type: z.literal('slow') }),
  z.object({ type: z.literal('failed'), error: plainErrorSchema, memory: z.number() }),
])
export type DecodingResponse = z.infer<typeof decodingResponseSchema>

/** Bytes before the pixels of `packRgb`: width and height, uint32, little endian. */
const RGB_HEADER = 8

/** An image as bytes. */
function packRgb({ width, height, data }: RgbImage): Uint8Array {
  const bytes = new Uint8Array(RGB_HEADER + data.length)
  const header = new DataView(bytes.buffer)
  header.setUint32(0, width, true)
  header.setUint32(4, height, true)
  bytes.set(data, RGB_HEADER)
  return bytes
}

/** The image of `packRgb`. @throws if the bytes are not one that fits into the square. */
export function unpackRgb(bytes: Uint8Array, side: number): RgbImage {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [width, height] =
    bytes.length < RGB_HEADER ? [0, 0] : [header.getUint32(0, true), header.getUint32(4, true)]
  const data = bytes.subarray(RGB_HEADER)
  if (width > side || height > side || data.length === 0 || data.length !== 3 * width * height) {
    throw new Error(`the decoder sent ${bytes.length} bytes, which are no picture`)
  }
  return { width, height, data }
}

/** Bytes before the pixels of `packPage`: the page's size and the picture's, uint32, little endian. */
const PAGE_HEADER = 16

/** A page as bytes. */
function packPage({ image, width, height }: Page): Uint8Array {
  const bytes = new Uint8Array(PAGE_HEADER + image.data.length)
  const header = new DataView(bytes.buffer)
  for (const [i, side] of [image.width, image.height, width, height].entries()) {
    header.setUint32(4 * i, side, true)
  }
  bytes.set(image.data, PAGE_HEADER)
  return bytes
}

/** The page of `packPage`. @throws if the bytes are not one of at most so many pixels. */
export function unpackPage(bytes: Uint8Array, maxPixels: number): Page {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [width = 0, height = 0, ownWidth = 0, ownHeight = 0] =
    bytes.length < PAGE_HEADER ? [] : [0, 4, 8, 12].map((at) => header.getUint32(at, true))
  const data = bytes.subarray(PAGE_HEADER)
  if (width * height > maxPixels || data.length === 0 || data.length !== 3 * width * height) {
    throw new Error(`the decoder sent ${bytes.length} bytes, which are no page`)
  }
  return { image: { width, height, data }, width: ownWidth, height: ownHeight }
}

/** Does a job on this thread. @throws {InputError} `image/…` if the file cannot be used. */
export async function runJob({ bytes, job, limits }: DecodingRequest): Promise<Uint8Array> {
  switch (job.kind) {
    case 'rgb':
      return packRgb(await decodeFitted(bytes, job.square, limits))
    case 'page':
      return packPage(await decodePage(bytes, job.maxPixels, limits))
    case 'brightness':
      return decodeBrightness(bytes, job.side, limits)
    default:
      return encodeThumbnail(bytes, job.spec, limits)
  }
}
