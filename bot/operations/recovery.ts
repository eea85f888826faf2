/** Repeats work that failed, for instance while the store was away, until it succeeds. */

import type { Logger } from 'pino'
import { detached } from './detached.ts'

/** Pause before the work is tried again. */
const RETRY_AFTER_MS = 15_000

export type RecoveryParts = {
  readonly work: () => Promise<void>
  readonly log: Logger
  /** What the log says when repeating fails. */
  readonly failure: string
  /** Tests wait for less. */
  readonly retryAfterMs?: number
}

export class Recovery {
  readonly #parts: RecoveryParts
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** Does the work now. If it fails, that is thrown, and the work is repeated later. */
  async now(): Promise<void> {
    try {
      await this.#parts.work()
    } catch (error) {
      this.later()
      throw error
    }
  }

  /** Does the work after a pause; calls during the pause add nothing. */
  later(): void {
    if (this.#stopped) {
      return
    }
    const { log, failure, retryAfterMs = RETRY_AFTER_MS } = this.#parts
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
