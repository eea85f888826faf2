/**
 * Retries what failed on the way to Discord. Each request is retried for some seconds
 * (bot/discord/rest-transport.ts), and an answer for as long as Discord accepts one.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { HTTPError } from 'discord.js'

/** Pauses before the next attempts, milliseconds; the last one repeats. */
const PAUSES_MS = [1_000, 5_000, 25_000] as const

/** Codes of Node and undici for a connection that fails or ends. */
const CONNECTION_CODES =
  /^(?:ECONN|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|EPIPE|UND_ERR_(?!ABORTED|INVALID_ARG))/

export type Retries = {
  /** No attempt is made after this time; milliseconds since the epoch. */
  readonly until: number
  /** Ends the pauses; the error is thrown then. */
  readonly signal?: AbortSignal | undefined
  /** Tests and short deadlines set others. */
  readonly pausesMs?: readonly number[]
}

/**
 * Does the work, and repeats it after errors of the way only.
 *
 * @param work can be done twice with the same result.
 * @throws the last error of the work.
 */
export async function withRetries<R>(
  work: () => Promise<R>,
  { until, signal, pausesMs = PAUSES_MS }: Retries,
): Promise<R> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const pauseMs = pausesMs[Math.min(attempt, pausesMs.length - 1)] ?? 0
      if (!isTransportError(error) || Date.now() + pauseMs > until || signal?.aborted) {
        throw error
      }
      await wait(pauseMs, undefined, signal && { signal }).catch(() => {
        throw error
      })
    }
  }
}

/**
 * Whether the way to Discord failed, not the request: a 5xx, a timeout of discord.js, or a connection
 * that failed. Only for errors of a request to Discord.
 */
export function isTransportError(error: unknown): boolean {
  if (error instanceof HTTPError) {
    return error.status >= 500
  }
  if (!(error instanceof Error)) {
    return false
  }
  const code: unknown = Reflect.get(error, 'code')
  return (
    error.name === 'AbortError' || // the timeouts of discord.js
    error.name === 'TimeoutError' || // and of each attempt
    (typeof code === 'string' && CONNECTION_CODES.test(code)) ||
    (error.message === 'fetch failed' && isTransportError(error.cause))
  )
}
