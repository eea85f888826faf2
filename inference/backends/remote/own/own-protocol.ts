/**
 * What crosses between this program and its own HTTP server (commands/serve/engine-route.ts): the
 * requests of the backends as they are, so that a model answers as on a thread of this process.
 *
 * The server answers with events, as packed JSON: positions and steps, and at the end a result, the
 * pictures that are missing, or an error.
 */

import { z } from 'zod'
import { plainErrorSchema } from '../../../../config/plain-error.ts'
import { URGENCIES } from '../../../contract/types.ts'
import { servedCardSchema } from '../../../package/served-card.ts'
import { requestSchema, stepSchema } from '../../protocol.ts'

/** Raised when the two sides no longer understand each other. */
export const PROTOCOL = 1

export const ENGINE_PATH = '/engine'
export const FORGET_PATH = '/forget'

/** What `GET /v1/models` says of a model besides what OpenAI's API has. */
export const offerSchema = z.object({
  protocol: z.literal(PROTOCOL),
  card: servedCardSchema,
  matcher: servedCardSchema.nullable(),
})

export const engineBodySchema = z.object({
  request: requestSchema,
  urgency: z.enum(URGENCIES),
  /** Who asks, by names that mean nothing elsewhere: they only take turns. */
  tenant: z.string(),
  user: z.string(),
  /** Milliseconds until nobody needs the answer, as clocks differ; null: no end. */
  remainingMs: z.number().nullable(),
  /** Whether steps are to be told. */
  steps: z.boolean(),
})
export type EngineBody = z.infer<typeof engineBodySchema>

const MAX_KEYS = 100_000
export const forgetBodySchema = z.object({ keys: z.array(z.string()).max(MAX_KEYS) })

export const engineEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('position'), ahead: z.int().nonnegative() }),
  z.object({ type: z.literal('step'), step: stepSchema }),
  /** `result` has the schema in resultSchemas of the request's kind. */
  z.object({ type: z.literal('result'), result: z.unknown().optional() }),
  /** The request is to be sent again with the files of these pictures. */
  z.object({ type: z.literal('missing'), keys: z.array(z.string()) }),
  z.object({ type: z.literal('error'), error: plainErrorSchema }),
])
export type EngineEvent = z.infer<typeof engineEventSchema>
