/**
 * What a decoding process is asked for, and what it answers; plain data, since both cross to another
 * process. Every result is small: no process sends a picture's full pixels.
 */

import { z } from 'zod'
import { plainErrorSchema } from '../../../config/plain-error.ts'
import type { ImageLimits } from '../decode.ts'
import { decodeSquare } from '../pixel-values.ts'
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
  /** uint8 [side, side, 3]: see decodeSquare. */
  | { readonly kind: 'square'; readonly side: number }
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

/** Does a job on this thread. @throws {InputError} `image/…` if the file cannot be used. */
export async function runJob({ bytes, job, limits }: DecodingRequest): Promise<Uint8Array> {
  switch (job.kind) {
    case 'square':
      return (await decodeSquare(bytes, job.side, limits)).data
    case 'brightness':
      return decodeBrightness(bytes, job.side, limits)
    default:
      return encodeThumbnail(bytes, job.spec, limits)
  }
}
