/** What the routes of the HTTP API share. */

import type { Context } from 'hono'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Task } from '../../inference/families/common/card-base.ts'
import type { Model } from '../../inference/contract/types.ts'
import type { ChatCall } from './chat/answers.ts'
import { ApiError, apiErrorOf, schemaError } from './api-error.ts'
import type { Clients } from './keys.ts'
import type { ServeMetrics } from './serve-metrics.ts'

export type Api = {
  readonly model: Model
  readonly clients: Clients
  readonly metrics: ServeMetrics
  readonly log: Logger
  /** Longest body of a request. */
  readonly maxBytes: number
  /** After which a request that has no answer yet ends with 504. */
  readonly timeoutMs: number
}

/** A request that was let in. */
export type Visit = {
  /** Name of the client's key. */
  readonly client: string
  /** Ends the visit; only the first call counts. */
  readonly end: (status: number) => void
}

/**
 * Lets a request in and answers it. The visit ends with the answer, unless `respond` keeps it for a
 * stream.
 */
export async function visit(
  c: Context,
  api: Api,
  route: string,
  respond: (visit: Visit & { readonly keep: () => void }) => Promise<Response>,
): Promise<Response> {
  const start = performance.now()
  const admission = await api.clients.admit(c.req.header('authorization'))
  let isKept = false
  let hasEnded = false
  const end = (status: number) => {
    if (!hasEnded) {
      hasEnded = true
      admission.end()
      const about = { route, status, client: admission.name }
      api.metrics.request(about, (performance.now() - start) / 1000)
    }
  }
  const keep = () => {
    isKept = true
  }
  try {
    const response = await respond({ client: admission.name, end, keep })
    if (!isKept) {
      end(response.status)
    }
    return response
  } catch (error) {
    const response = failed(c, error, api.log)
    end(response.status)
    return response
  }
}

/** The body of a request. @throws {ApiError} if it is no JSON or does not fit. */
export async function bodyOf<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
  parse: (text: string) => unknown = JSON.parse,
): Promise<z.infer<Schema>> {
  let json: unknown
  try {
    json = parse(await c.req.text())
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new ApiError('The body of the request is not JSON.', { code: 'invalid_json' })
    }
    throw error
  }
  const { data, error } = schema.safeParse(json)
  if (error) {
    throw schemaError(error)
  }
  return data
}

/** @throws {ApiError} 404 if the open models cannot do it. */
export function requireTask({ card, matcher }: Model, task: Task): void {
  const tasks: readonly Task[] = card.tasks
  if (task === 'match' ? matcher === null : !tasks.includes(task)) {
    const message =
      task === 'match'
        ? 'No model that compares pictures with texts is open.'
        : `${card.name} writes no texts.`
    throw new ApiError(message, { code: 'unsupported_task', status: 404 })
  }
}

/** @throws {ApiError} 404 if it is not the model that is open. */
export function requireModel({ card }: Model, name: string | null | undefined): void {
  if (name != null && name !== card.name) {
    throw new ApiError(`There is no model ${name} here; there is ${card.name}.`, {
      code: 'model_not_found',
      status: 404,
      param: 'model',
    })
  }
}

/** Who asks, until when, and how to end it: clients take turns, and users of a client. */
export function callOf(
  c: Context,
  { timeoutMs }: Api,
  { client, user }: { readonly client: string; readonly user?: string | null | undefined },
): ChatCall {
  return {
    signal: c.req.raw.signal,
    tenant: client,
    user: user ?? '',
    deadline: Date.now() + timeoutMs,
  }
}

/** The answer for an error. What nobody foresaw is logged. */
export function failed(c: Context, error: unknown, log: Logger): Response {
  const { status, retryAfter, body } = apiErrorOf(error)
  if (status === 500) {
    log.error({ error, path: c.req.path }, 'a request failed')
  }
  if (retryAfter !== undefined) {
    c.header('retry-after', String(retryAfter))
  }
  return c.json(body, status)
}
