/** The machine's clock, which can also jump ahead; timers that are due in between fire. */

import type { Clock } from 'loopback-discord/clock'

type Alarm = { readonly at: number; readonly callback: () => void; timer: NodeJS.Timeout }

/** A clock that jumps. */
export class JumpClock implements Clock {
  readonly #alarms = new Set<Alarm>()
  #aheadMs = 0

  now(): number {
    return Date.now() + this.#aheadMs
  }

  after(ms: number, callback: () => void): () => void {
    const at = this.now() + ms
    const alarm: Alarm = { at, callback, timer: setTimeout(() => this.#ring(alarm), ms).unref() }
    this.#alarms.add(alarm)
    return () => this.#drop(alarm)
  }

  /** Advances by `ms` at once; timers that are due in between fire in order. */
  jump(ms: number): void {
    const end = this.now() + ms
    for (;;) {
      const due = [...this.#alarms].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
      if (due.length === 0) {
        break
      }
      for (const alarm of due) {
        // A timer that fired may have cleared another.
        if (!this.#alarms.has(alarm)) {
          continue
        }
        this.#aheadMs += Math.max(0, alarm.at - this.now())
        this.#ring(alarm)
      }
    }
    this.#aheadMs += Math.max(0, end - this.now())
    for (const alarm of this.#alarms) {
      clearTimeout(alarm.timer)
      alarm.timer = setTimeout(() => this.#ring(alarm), alarm.at - this.now()).unref()
    }
  }

  #ring(alarm: Alarm): void {
    this.#drop(alarm)
    alarm.callback()
  }

  #drop(alarm: Alarm): void {
    clearTimeout(alarm.timer)
    this.#alarms.delete(alarm)
  }
}
