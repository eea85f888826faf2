/**
 * Tries again what failed for a passing reason: a dropped connection, a busy or limiting server.
 *
 * What is worth trying again is decided where the failure is seen (http.ts, fetch-file.ts), by
 * throwing a `PassingError`; this file only counts and waits.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from '../../config/errors.ts'

/** First pause between two tries; each further one is twice as long. */
const FIRST_PAUSE_MS = 1000
const MAX_PAUSE_MS = 30_000
/** A server that asks for a longer pause than this is not waited for. */
const MAX_RETRY_AFTER_MS = 5 * 60_000

/** A failure that may be gone at the next try; the message says what happened, for a person. */
export class PassingError extends Error {
  override name = 'PassingError' as const
  /** The pause the server asked for, if it did. */
  readonly retryAfterMs: number | null

  constructor(message: string, options: ErrorOptions & { readonly retryAfterMs?: number | null }) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

export type RetryOptions = {
  /** Failures in a row, without progress in between, that end it. */
  readonly maxFailures: number
  readonly signal: AbortSignal
  /** Told of each pause before it is made. */
  readonly onPause?: (message: string, pauseMs: number) => void
  /** Pauses; only tests give their own. */
  readonly wait?: (pauseMs: number, signal: AbortSignal) => Promise<unknown>
}

/**
 * Runs `attempt` until it succeeds.
 *
 * @param attempt calls `progressed` when it got somewhere: the count of failures starts anew.
 * @throws {ConfigError} when it failed `maxFailures` times in a row or the server asks for a pause of over five minutes; what is not a `PassingError` at once.
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
      if (!(error instanceof PassingError)) {
        throw error
      }
      failures++
      if (failures >= maxFailures) {
        const tries = maxFailures === 1 ? '' : ` (${maxFailures} tries)`
        throw new ConfigError([`${error.message}${tries}.`], { cause: error })
      }
      const pauseMs = pauseAfter(failures, error.retryAfterMs)
      if (pauseMs > MAX_RETRY_AFTER_MS) {
        const minutes = Math.ceil(pauseMs / 60_000)
        const problem = `${error.message}, and the server asks to wait ${minutes} minutes. Try again after that.`
        throw new ConfigError([problem], { cause: error })
      }
      onPause?.(error.message, pauseMs)
      await wait(pauseMs, signal)
    }
  }
}

/** Exponential with up to a quarter of jitter, but never shorter than the server asked for. */
function pauseAfter(failures: number, retryAfterMs: number | null): number {
  const backoff = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), MAX_PAUSE_MS)
  return Math.max(backoff * (1 - Math.random() / 4), retryAfterMs ?? 0)
}

async function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  await sleep(pauseMs, undefined, { signal })
}
