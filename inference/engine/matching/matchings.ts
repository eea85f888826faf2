/** Runs the texts of requests that compare them with pictures, one text at a time. */

import type { LiveRequest } from '../live-request.ts'
import type { LiveRequests } from '../live-requests.ts'
import type { Runs } from '../runs.ts'

export class Matchings {
  readonly #live: LiveRequests
  readonly #runs: Pick<Runs, 'embedText' | 'match'>

  constructor(live: LiveRequests, runs: Pick<Runs, 'embedText' | 'match'>) {
    this.#live = live
    this.#runs = runs
  }

  /** Runs one text of the request that was admitted first of those that wait for one. */
  readonly run = async (): Promise<boolean> => {
    const live = this.#live.all.find(
      ({ work }) => work?.kind === 'match' || work?.kind === 'embed-text',
    )
    if (live === undefined) {
      return false
    }
    try {
      await this.#runOne(live)
    } catch (error) {
      await this.#live.fail(live, error)
    }
    return true
  }

  async #runOne(live: LiveRequest): Promise<void> {
    const { work, request } = live
    if (work?.kind === 'embed-text') {
      const vector = await this.#runs.embedText(work.ids)
      await this.#live.resume(live, () => work.done(vector))
    } else if (work?.kind === 'match') {
      const probability = await this.#runs.match(request.image, work.ids)
      await this.#live.resume(live, () => work.done(probability))
    }
  }
}
