/** How much later than it should a timer of this thread rings. */

import { createHistogram } from 'node:perf_hooks'

const TICK_MS = 10

/** Milliseconds. */
export type Lag = { readonly p50: number; readonly p99: number; readonly max: number }

/** Watches from now on, without keeping the process alive. */
export class TimerLag {
  readonly #lag = createHistogram()
  #due = performance.now() + TICK_MS

  constructor() {
    setInterval(() => {
      const now = performance.now()
      this.#lag.record(Math.max(1, Math.round((now - this.#due) * 1000)))
      this.#due = now + TICK_MS
    }, TICK_MS).unref()
  }

  /** What it was since the last time, and begins anew. */
  take(): Lag {
    const [p50 = 0, p99 = 0] = [50, 99].map((percentile) => this.#lag.percentile(percentile) / 1000)
    const lag = { p50, p99, max: this.#lag.max / 1000 }
    this.restart()
    return lag
  }

  /** Forgets what was, such as the time that the caller just took. */
  restart(): void {
    this.#lag.reset()
    this.#due = performance.now() + TICK_MS
  }
}
