/** A request at work: its job, what it needs next, and what has been made for it so far. */

import type { Given, Job, Need, Sequence } from './work.ts'
import type { EngineResult } from './requests.ts'

export class LiveJob<Owner> {
  readonly owner: Owner
  /** What it waits for; null before its first `next` and after its end. */
  need: Need | null = null
  /** From its prompt on. */
  sequence: Sequence | null = null
  readonly #job: Job

  constructor(owner: Owner, job: Job) {
    this.owner = owner
    this.#job = job
  }

  /** Gives what was needed. @returns the result, or null where there is another need. */
  next(given: Given): EngineResult | null {
    this.need = null
    const next = this.#job.next(given)
    if (next.done) {
      return next.value
    }
    this.need = next.value
    return null
  }
}
