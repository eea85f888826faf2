/**
 * What waits for the model's rules: so much and no more. Under a flood the oldest is dropped, for the
 * newest can still be stopped, and counted, for staff should know that not everything was looked at.
 */

export type RuleQueueOptions<T> = {
  /** How much may wait. */
  readonly limit: number
  readonly work: (item: T) => Promise<void>
  readonly failed: (error: unknown, item: T) => void
  readonly dropped: (item: T) => void
}

/** Works on one item after another. */
export class RuleQueue<T> {
  readonly #deps: RuleQueueOptions<T>
  readonly #waiting: T[] = []
  #working: Promise<void> | null = null
  #stopped = false

  constructor(deps: RuleQueueOptions<T>) {
    this.#deps = deps
  }

  /** How much waits. */
  get waiting(): number {
    return this.#waiting.length
  }

  add(item: T): void {
    if (this.#stopped) {
      return
    }
    this.#waiting.push(item)
    if (this.#working === null) {
      this.#working = this.#run()
    }
    // The item at work is out of the line already.
    while (this.#waiting.length > this.#deps.limit) {
      const [oldest] = this.#waiting.splice(0, 1)
      if (oldest !== undefined) {
        this.#deps.dropped(oldest)
      }
    }
  }

  /** Waits until nothing is left. */
  async settle(): Promise<void> {
    while (this.#working !== null) {
      await this.#working
    }
  }

  /** Lets go of what waits, and waits for the one at work. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#waiting.length = 0
    await this.settle()
  }

  async #run(): Promise<void> {
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      try {
        await this.#deps.work(item)
      } catch (error) {
        this.#deps.failed(error, item)
      }
    }
    this.#working = null
  }
}
