/**
 * What a decoding process is asked for, and what it answers; plain data, since both cross to another
 * process. Every result is bounded: a page has as many pixels as its job allows.
 */

import { z } from 'zod'
import { plainErrorSchema } from '../../../config/plain-error.ts'
import { decodeFrames, type FramesSpec } from '../animation/frames.ts'
import type { ImageLimits } from '../limits.ts'
import { decodePage, type Page } from '../page.ts'
import { decodeFitted, type FittedImage, type Target } from '../pixel-values.ts'
import { type Detail, type Grid, type Size, tilesOf } from '../tiles.ts'
import { MAX_CODES, type PictureCode, readCodes } from '../../ocr/codes.ts'
import { encodeForTransfer } from '../transfer.ts'
import { packFrames } from './pack-frames.ts'
import { decodeBrightness, encodeThumbnail, type ThumbnailSpec } from '../thumbnail.ts'

/** For whom a picture is decoded. */
export type DecodingCall = {
  /** Ends the decoding. */
  readonly signal?: AbortSignal | undefined
  /** Who brought the picture: where several wait, they take turns. */
  readonly owner?: string
  /** How much of the picture's detail a vision tower sees. Default `high`. */
  readonly detail?: Detail
}

/** What is to be made of a picture file. */
export type DecodingJob =
  /** See decodeFitted and packRgb. */
  | { readonly kind: 'rgb'; readonly target: Target }
  /** A page and its codes: see decodePage, readCodes and packPage. */
  | { readonly kind: 'page'; readonly maxPixels: number }
  /** uint8 [side, side]: see decodeBrightness. */
  | { readonly kind: 'brightness'; readonly side: number }
  /** A WebP file: see encodeThumbnail. */
  | { readonly kind: 'thumbnail'; readonly spec: ThumbnailSpec }
  /** A PNG or JPEG file: see encodeForTransfer. */
  | { readonly kind: 'transfer'; readonly maxPixels: number }
  /** See decodeFrames and packFrames. */
  | { readonly kind: 'frames'; readonly spec: FramesSpec }

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

/**
 * Bytes before the pixels of `packRgb`: width, height, rows, columns, and the picture's own width and height
 * (0 where they do not matter), uint32, little endian.
 */
const RGB_HEADER = 24

/** An image as bytes. */
function packRgb({ image: { width, height, data }, grid }: FittedImage): Uint8Array {
  const bytes = new Uint8Array(RGB_HEADER + data.length)
  const header = new DataView(bytes.buffer)
  const { rows = 0, columns = 0, size } = grid ?? {}
  const numbers = [width, height, rows, columns, size?.width ?? 0, size?.height ?? 0]
  for (const [i, number] of numbers.entries()) {
    header.setUint32(4 * i, number, true)
  }
  bytes.set(data, RGB_HEADER)
  return bytes
}

/** The image of `packRgb`. @throws if the bytes are not one that fits the target. */
export function unpackRgb(bytes: Uint8Array, { side, ...target }: Target): FittedImage {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [width = 0, height = 0, rows = 0, columns = 0, ownWidth = 0, ownHeight = 0] =
    bytes.length < RGB_HEADER ? [] : [0, 4, 8, 12, 16, 20].map((at) => header.getUint32(at, true))
  const data = bytes.subarray(RGB_HEADER)
  const grid = gridOf(target.fit, { rows, columns }, { width: ownWidth, height: ownHeight })
  const fits =
    grid === null
      ? width <= side && height <= side
      : width === side && height === tilesOf(grid) * side
  if (!fits || data.length === 0 || data.length !== 3 * width * height) {
    throw new Error(`the decoder sent ${bytes.length} bytes, which are no picture`)
  }
  return { image: { width, height, data }, grid }
}

function gridOf(fit: Target['fit'], grid: Grid, size: Size): Grid | null {
  switch (fit) {
    case 'tiles':
      return grid
    case 'any-resolution':
      return { ...grid, size }
    default:
      return null
  }
}

/** A page, and what stands in its codes. */
export type ReadablePage = Page & {
  /** Corners in pixels of `image`. */
  readonly codes: readonly PictureCode[]
}

/**
 * Bytes before the rest of `packPage`: the page's size, the picture's, and the length of the codes;
 * uint32, little endian.
 */
const PAGE_HEADER = 20

/** Text of all codes of a page as JSON; a code has up to 7,089 characters. */
const MAX_CODES_BYTES = 2 ** 20

const pointSchema = z.object({ x: z.number(), y: z.number() })

const codesSchema = z
  .array(
    z.object({
      format: z.string(),
      text: z.string(),
      corners: z.tuple([pointSchema, pointSchema, pointSchema, pointSchema]),
    }),
  )
  .max(MAX_CODES)

/** A page as bytes: header, codes, pixels. */
function packPage({ image, width, height, codes }: ReadablePage): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(codes))
  const bytes = new Uint8Array(PAGE_HEADER + json.length + image.data.length)
  const header = new DataView(bytes.buffer)
  const numbers = [image.width, image.height, width, height, json.length]
  for (const [i, number] of numbers.entries()) {
    header.setUint32(4 * i, number, true)
  }
  bytes.set(json, PAGE_HEADER)
  bytes.set(image.data, PAGE_HEADER + json.length)
  return bytes
}

/** The page of `packPage`. @throws if the bytes are not one of at most so many pixels. */
export function unpackPage(bytes: Uint8Array, maxPixels: number): ReadablePage {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [width = 0, height = 0, ownWidth = 0, ownHeight = 0, codesLength = 0] =
    bytes.length < PAGE_HEADER ? [] : [0, 4, 8, 12, 16].map((at) => header.getUint32(at, true))
  const pixels = Math.min(PAGE_HEADER + codesLength, bytes.length)
  const data = bytes.subarray(pixels)
  if (
    width * height > maxPixels ||
    codesLength > MAX_CODES_BYTES ||
    data.length === 0 ||
    data.length !== 3 * width * height
  ) {
    throw new Error(`the decoder sent ${bytes.length} bytes, which are no page`)
  }
  const json = new TextDecoder().decode(bytes.subarray(PAGE_HEADER, pixels))
  const codes = codesSchema.parse(JSON.parse(json))
  return { image: { width, height, data }, width: ownWidth, height: ownHeight, codes }
}

/** Does a job on this thread. @throws {InputError} `image/…` if the file cannot be used. */
export async function runJob({ bytes, job, limits }: DecodingRequest): Promise<Uint8Array> {
  switch (job.kind) {
    case 'rgb':
      return packRgb(await decodeFitted(bytes, job.target, limits))
    case 'page':
      return packPage(await readablePage(bytes, job.maxPixels, limits))
    case 'brightness':
      return decodeBrightness(bytes, job.side, limits)
    case 'transfer':
      return encodeForTransfer(bytes, job.maxPixels, limits)
    case 'frames':
      return packFrames(await decodeFrames(bytes, job.spec, limits))
    default:
      return encodeThumbnail(bytes, job.spec, limits)
  }
}

async function readablePage(
  bytes: Uint8Array,
  maxPixels: number,
  limits: Partial<ImageLimits>,
): Promise<ReadablePage> {
  const page = await decodePage(bytes, maxPixels, limits)
  return { ...page, codes: await readCodes(page.image) }
}
