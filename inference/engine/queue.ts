/**
 * Runs jobs one after another, in the order they came, giving way to messages between two steps.
 *
 * A job yields after every run of a session, so replacing `#work` by a loop over several live jobs
 * is all that interleaving them takes.
 */

/** A job in the queue. `end` is called exactly once, unless the job is cancelled while it waits. */
export type QueuedJob<Yielded, Result> = {
  readonly id: number
  /** Starts the job. @param check throws Cancelled once the job is cancelled. */
  start(check: () => void): AsyncGenerator<Yielded, Result, void>
  progress(value: Yielded): void
  done(result: Result): void
  failed(error: unknown): void
}

/** Thrown inside a job that was cancelled. */
export class Cancelled extends Error {
  override name = 'Cancelled' as const
}

export class JobQueue<Yielded, Result> {
  readonly #waiting: QueuedJob<Yielded, Result>[] = []
  readonly #cancelled = new Set<number>()
  #current: number | null = null
  #working: Promise<void> = Promise.resolve()

  add(job: QueuedJob<Yielded, Result>): void {
    this.#waiting.push(job)
    if (this.#current === null && this.#waiting.length === 1) {
      this.#working = this.#working.then(() => this.#work())
    }
  }

  /** Ends a job before its next run, or before its first. Unknown ids are ignored. */
  cancel(id: number): void {
    const index = this.#waiting.findIndex((job) => job.id === id)
    if (index >= 0) {
      this.#waiting.splice(index, 1)[0]!.failed(new Cancelled('cancelled'))
    } else if (this.#current === id) {
      this.#cancelled.add(id)
    }
  }

  /** Cancels everything and waits for the run in flight. */
  async drain(): Promise<void> {
    for (const job of this.#waiting.splice(0)) {
      job.failed(new Cancelled('cancelled'))
    }
    if (this.#current !== null) {
      this.#cancelled.add(this.#current)
    }
    await this.#working
  }

  async #work(): Promise<void> {
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      this.#current = job.id
      try {
        job.done(await this.#finish(job))
      } catch (error) {
        job.failed(error)
      }
      this.#cancelled.delete(job.id)
      this.#current = null
    }
  }

  async #finish(job: QueuedJob<Yielded, Result>): Promise<Result> {
    const check = () => {
      if (this.#cancelled.has(job.id)) {
        throw new Cancelled('cancelled')
      }
    }
    const steps = job.start(check)
    for (;;) {
      const next = await steps.next()
      if (next.done) {
        return next.value
      }
      job.progress(next.value)
      await turnOfTheLoop() // messages that came meanwhile are read here
      check()
    }
  }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
