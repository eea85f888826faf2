/** Collects the steps of an answer, so that one message has those of a quarter of a second. */

import type { Step } from '../../../inference/contract/types.ts'

const EVERY_MS = 250

export class StepBatches {
  readonly #send: (from: number, steps: readonly Step[]) => Promise<void>
  readonly #everyMs: number
  #waiting: Step[] = []
  #sent = 0
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> = Promise.resolve()

  /** @param send takes steps in order, and the number of the first one among all. */
  constructor(
    send: (from: number, steps: readonly Step[]) => Promise<void>,
    everyMs: number = EVERY_MS,
  ) {
    this.#send = send
    this.#everyMs = everyMs
  }

  /** The first step is sent at once, so that a person sees that the answer begins. */
  add(step: Step): void {
    this.#waiting.push(step)
    if (this.#timer === undefined) {
      this.#sendRegularly()
    }
  }

  /** Sends what waits. Messages that cannot be sent are dropped: the answer has all of the text. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#flush()
    await this.#sending
  }

  #sendRegularly(): void {
    this.#flush()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#waiting.length > 0) {
        this.#sendRegularly()
      }
    }, this.#everyMs)
  }

  #flush(): void {
    const steps = this.#waiting
    if (steps.length === 0) {
      return
    }
    const from = this.#sent
    this.#waiting = []
    this.#sent += steps.length
    this.#sending = this.#sending.then(() => this.#send(from, steps)).catch(() => {})
  }
}
