/**
 * The queue of messages for the model's rules, with a limit. Under a flood the oldest item is dropped,
 * because the newest can still be stopped, and counted, so that staff know that not all were scored.
 */

export type RuleQueueOptions<T> = {
  /** The most items that may wait. */
  readonly limit: number
  readonly work: (item: T) => Promise<void>
  readonly failed: (error: unknown, item: T) => void
  readonly dropped: (item: T) => void
}

/** Processes items one after another. */
export class RuleQueue<T> {
  readonly #options: RuleQueueOptions<T>
  readonly #waiting: T[] = []
  #working: Promise<void> | null = null
  #stopped = false

  constructor(options: RuleQueueOptions<T>) {
    this.#options = options
  }

  /** How many items wait. */
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
    // The item in progress does not count.
    while (this.#waiting.length > this.#options.limit) {
      const [oldest] = this.#waiting.splice(0, 1)
      if (oldest !== undefined) {
        this.#options.dropped(oldest)
      }
    }
  }

  /** Waits until the queue is empty. */
  async settle(): Promise<void> {
    while (this.#working !== null) {
      await this.#working
    }
  }

  /** Drops waiting items, and waits for the one in progress. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#waiting.length = 0
    await this.settle()
  }

  async #run(): Promise<void> {
    for (let item = this.#waiting.shift(); item !== undefined; item = this.#waiting.shift()) {
      try {
        await this.#options.work(item)
      } catch (error) {
        this.#options.failed(error, item)
      }
    }
    this.#working = null
  }
}
