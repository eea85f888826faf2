/** Retries work that failed, for example while the store was unavailable, until it succeeds. */

import type { Logger } from 'pino'
import { detached } from './detached.ts'

/** Pause before the work is retried. */
const RETRY_AFTER_MS = 15_000

export type RecoveryDeps = {
  readonly work: () => Promise<void>
  readonly log: Logger
  /** Message of the log if a retry fails. */
  readonly failure: string
  /** Milliseconds; 15,000 by default. Tests set less. */
  readonly retryAfterMs?: number
}

export class Recovery {
  readonly #deps: RecoveryDeps
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(deps: RecoveryDeps) {
    this.#deps = deps
  }

  /** Does the work now. If it fails, throws the error and schedules a retry. */
  async now(): Promise<void> {
    try {
      await this.#deps.work()
    } catch (error) {
      this.later()
      throw error
    }
  }

  /** Does the work after a pause. Further calls during the pause have no effect. */
  later(): void {
    if (this.#stopped) {
      return
    }
    const { log, failure, retryAfterMs = RETRY_AFTER_MS } = this.#deps
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      detached(log, failure, () => this.now())
    }, retryAfterMs).unref()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }
}
