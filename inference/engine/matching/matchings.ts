/** Runs what compares texts with pictures, one picture or text at a time. */

import { type LiveRequest, onlyImage } from '../live-request.ts'
import type { LiveRequests } from '../live-requests.ts'
import type { Runs } from '../runs.ts'
import type { Work } from '../work.ts'

type MatchingRuns = 'embedText' | 'embedImage' | 'match'

const KINDS: ReadonlySet<string> = new Set<Work['kind']>(['embed-text', 'embed-image', 'match'])

export class Matchings {
  readonly #live: LiveRequests
  readonly #runs: Pick<Runs, MatchingRuns>

  constructor(live: LiveRequests, runs: Pick<Runs, MatchingRuns>) {
    this.#live = live
    this.#runs = runs
  }

  /** Runs one for the request that was admitted first of those that wait for one. */
  readonly run = async (): Promise<boolean> => {
    const live = this.#live.all.find(({ work }) => work !== null && KINDS.has(work.kind))
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
    } else if (work?.kind === 'embed-image') {
      const vectors = await this.#runs.embedImage(onlyImage(request))
      await this.#live.resume(live, () => work.done(vectors))
    } else if (work?.kind === 'match') {
      const probability = await this.#runs.match(onlyImage(request), work.ids)
      await this.#live.resume(live, () => work.done(probability))
    }
  }
}
