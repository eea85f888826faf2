/** The requests at work, in the order they were admitted: starts them, resumes them, ends them. */

import { hasCode } from '../../config/errors.ts'
import type { Counters } from './counters.ts'
import { LiveRequest, type QueuedRequest } from './live-request.ts'
import type { Runs } from './runs.ts'

type Parts = {
  readonly runs: Pick<Runs, 'end'>
  readonly counters: Counters
  /** Called when a program waits for a run. */
  readonly waits: (live: LiveRequest) => Promise<void>
  /** Called when a request has ended, before its sequence does. */
  readonly ended: (request: QueuedRequest) => void
}

export class LiveRequests {
  readonly #parts: Parts
  readonly #live: LiveRequest[] = []

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get all(): readonly LiveRequest[] {
    return this.#live
  }

  get requests(): readonly QueuedRequest[] {
    return this.#live.map(({ request }) => request)
  }

  /** Starts a request. Settles once its program waits for a run, or has ended. */
  async start(request: QueuedRequest): Promise<void> {
    const live = new LiveRequest(request)
    this.#live.push(live)
    await live.start()
    await this.#goOn(live)
  }

  /** Gives a program what it waits for, unless its request has ended meanwhile. */
  async resume(live: LiveRequest, give: () => void): Promise<void> {
    if (this.#live.includes(live)) {
      await live.resume(give)
      await this.#goOn(live)
    }
  }

  /** Ends a request that cannot go on. @param whole whether its last run succeeded all the same. */
  async fail(live: LiveRequest, error: unknown, whole: boolean = false): Promise<void> {
    if (this.#live.includes(live)) {
      await this.#end(live, whole)
      this.reject(live.request, error)
    }
  }

  /** Tells a request that it failed, and counts that. */
  reject({ incoming }: QueuedRequest, error: unknown): void {
    this.#parts.counters.count(hasCode(error, 'queue/deadline') ? 'late' : 'failed')
    incoming.failed(error)
  }

  async #goOn(live: LiveRequest): Promise<void> {
    const { outcome, request } = live
    if (outcome === null) {
      await this.#parts.waits(live)
    } else if ('error' in outcome) {
      await this.fail(live, outcome.error)
    } else {
      await this.#end(live, true)
      this.#parts.counters.count('done')
      request.incoming.done(outcome.result)
    }
  }

  /** @param whole whether the last run of its sequence succeeded, so that it can be kept. */
  async #end(live: LiveRequest, whole: boolean): Promise<void> {
    const { request, sequence } = live
    const { images, incoming } = request
    this.#live.splice(this.#live.indexOf(live), 1)
    this.#parts.ended(request)
    if (sequence) {
      const cacheable = incoming.cacheable && images.every((image) => image.cacheable)
      await this.#parts.runs.end(sequence, whole && cacheable)
    }
  }
}
