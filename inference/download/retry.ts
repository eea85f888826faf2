/**
 * Retries after transient failures: a dropped connection, a busy server, a rate limit.
 *
 * http.ts and fetch-file.ts decide what is worth a retry, by throwing a `TransientError`; this file
 * only counts and waits.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from '../../config/errors.ts'

/** The first pause between two attempts; each further one is twice as long, up to the next limit. */
const FIRST_PAUSE_MS = 1000
const MAX_PAUSE_MS = 30_000
/** If the server asks for a longer pause, the operation fails. */
const MAX_RETRY_AFTER_MS = 5 * 60_000
/** Longer pauses are told as "more than a day". */
const MAX_MINUTES = 24 * 60

/** A failure for which a retry may succeed; the message is for the operator. */
export class TransientError extends Error {
  override name = 'TransientError' as const
  /** The pause that the server asked for, in milliseconds, or null. */
  readonly retryAfterMs: number | null

  constructor(message: string, options: ErrorOptions & { readonly retryAfterMs?: number | null }) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

export type RetryOptions = {
  /** Failures in a row, without progress in between, after which the operation fails. */
  readonly maxFailures: number
  readonly signal: AbortSignal
  /** Called before each pause. */
  readonly onPause?: (message: string, pauseMs: number) => void
  /** Waits; tests replace it. */
  readonly wait?: (pauseMs: number, signal: AbortSignal) => Promise<unknown>
}

/**
 * Runs `attempt` until it succeeds.
 *
 * @param attempt calls `progressed` when it made progress, which resets the count of failures.
 * @throws {ConfigError} after `maxFailures` failures in a row, or if the server asks for a pause of
 *   over five minutes; any error that is not a `TransientError` at once.
 */
export async function withRetries<T>(
  attempt: (progressed: () => void) => Promise<T>,
  { maxFailures, signal, onPause, wait = pause }: RetryOptions,
): Promise<T> {
  for (let failures = 0; ;) {
    try {
      return await attempt(() => {
        failures = 0
      })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof TransientError)) {
        throw error
      }
      failures++
      if (failures >= maxFailures) {
        const tries = maxFailures === 1 ? '' : ` (${maxFailures} tries)`
        throw new ConfigError([`${error.message}${tries}.`], { cause: error })
      }
      const pauseMs = pauseAfter(failures, error.retryAfterMs)
      if (pauseMs > MAX_RETRY_AFTER_MS) {
        const problem = `${error.message}, and the server asks to wait ${duration(pauseMs)}. Try again after that.`
        throw new ConfigError([problem], { cause: error })
      }
      onPause?.(error.message, pauseMs)
      await wait(pauseMs, signal)
    }
  }
}

/** In words; a server may ask for any number of seconds. */
function duration(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  return minutes <= MAX_MINUTES ? `${minutes} minutes` : 'more than a day'
}

/** Exponential backoff with up to 25 % of jitter, but never shorter than the server asked for. */
function pauseAfter(failures: number, retryAfterMs: number | null): number {
  const backoff = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), MAX_PAUSE_MS)
  return Math.max(backoff * (1 - Math.random() / 4), retryAfterMs ?? 0)
}

async function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  await sleep(pauseMs, undefined, { signal })
}
