/**
 * What bots and hosts tell each other, as bytes to be sealed: values in V8's format, which has typed
 * arrays and infinite numbers, and pictures as they are. Each side checks what it opens.
 */

import { deserialize, serialize } from 'node:v8'
import { z } from 'zod'
import { plainErrorSchema } from '../../../config/plain-error.ts'
import {
  claimSchema,
  requestSchema,
  statsSchema,
  stepSchema,
} from '../../../inference/backends/protocol.ts'
import type { EngineImage, EngineRequest } from '../../../inference/contract/requests.ts'
import { modelCardSchema } from '../../../inference/package/model-card.ts'

const LENGTH_BYTES = 4

/** A request on its way to a host. Its picture is beside it, not in it. */
export const queuedRequestSchema = z.object({
  /** Who is told the answer. */
  bot: z.string(),
  request: requestSchema,
  claim: claimSchema,
  cacheable: z.boolean(),
  /** Whether to tell the steps. */
  steps: z.boolean(),
  /** The files of pictures that come after it, in order. @param key SHA-256, hexadecimal. */
  files: z.array(z.object({ key: z.string(), bytes: z.int().nonnegative() })).readonly(),
})
export type QueuedRequest = z.infer<typeof queuedRequestSchema>

/** What a host tells the bot of a request. */
export const answerSchema = z.discriminatedUnion('type', [
  /** Steps in order. @param from number of the first one among all of the answer, from 0. */
  z.object({
    type: z.literal('steps'),
    id: z.string(),
    from: z.int().nonnegative(),
    steps: z.array(stepSchema).readonly(),
  }),
  /** `result` has the schema of the request's kind. */
  z.object({ type: z.literal('result'), id: z.string(), result: z.unknown() }),
  /** Pictures are not there: the request is to be sent again with their files. */
  z.object({ type: z.literal('missing'), id: z.string(), keys: z.array(z.string()).readonly() }),
  z.object({ type: z.literal('error'), id: z.string(), error: plainErrorSchema }),
])
export type AnswerMessage = z.infer<typeof answerSchema>

/** What a bot tells all hosts. */
export const controlSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('cancel'), id: z.string() }),
  /** Deletes what was computed from pictures. @param keys SHA-256 of each file, hexadecimal. */
  z.object({ type: z.literal('forget'), keys: z.array(z.string()) }),
])
export type ControlMessage = z.infer<typeof controlSchema>

/** The model that the hosts run. */
export const cardsSchema = z.object({ card: modelCardSchema, matcher: modelCardSchema.nullable() })
export type Cards = z.infer<typeof cardsSchema>

/** What a host reports of itself. */
export const reportSchema = z.object({
  /** Of its cards; a host with another model is not let in. */
  cards: z.string(),
  stats: statsSchema.nullable(),
})
export type Report = z.infer<typeof reportSchema>

/** @param files bytes that come after the value. */
export function pack(value: unknown, files: readonly Uint8Array[] = []): Buffer {
  const body = serialize(value)
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(body.length)
  return Buffer.concat([length, body, ...files])
}

/** @returns the checked value, and the bytes after it: a view. @throws {ZodError} */
export function unpack<T>(
  bytes: Buffer,
  schema: z.ZodType<T>,
): { readonly value: T; readonly files: Uint8Array } {
  const end = LENGTH_BYTES + bytes.readUInt32LE(0)
  const value: unknown = deserialize(bytes.subarray(LENGTH_BYTES, end))
  return { value: schema.parse(value), files: bytes.subarray(end) }
}

/** The request with other files of its pictures. */
export function withFiles(
  request: EngineRequest,
  fileOf: (image: EngineImage) => Uint8Array | null,
): EngineRequest {
  const replaced = (image: EngineImage) => ({ ...image, bytes: fileOf(image) })
  if ('images' in request) {
    return { ...request, images: request.images.map(replaced) }
  }
  return 'image' in request ? { ...request, image: replaced(request.image) } : request
}
