/** Measures how late timers of this thread fire. */

import { createHistogram } from 'node:perf_hooks'

const TICK_MS = 10

/** Milliseconds. */
export type Lag = { readonly p50: number; readonly p99: number; readonly max: number }

/** Starts to measure, without keeping the process alive. */
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

  /** The lag since the last call; resets the measurement. */
  take(): Lag {
    const [p50 = 0, p99 = 0] = [50, 99].map((percentile) => this.#lag.percentile(percentile) / 1000)
    const lag = { p50, p99, max: this.#lag.max / 1000 }
    this.restart()
    return lag
  }

  /** Resets the measurement, for example after work of the caller. */
  restart(): void {
    this.#lag.reset()
    this.#due = performance.now() + TICK_MS
  }
}
