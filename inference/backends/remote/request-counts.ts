/** Counts the requests of a backend whose engine is on other machines. */

import { hasCode } from '../../../config/errors.ts'
import { NO_STATS } from '../../contract/no-stats.ts'
import type { ModelStats } from '../../contract/types.ts'

export class RequestCounts {
  readonly #ended = { done: 0, failed: 0, refused: 0, late: 0 }

  async count<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work()
      this.#ended.done += 1
      return result
    } catch (error) {
      this.#ended[endOf(error)] += 1
      throw error
    }
  }

  /** What the hosts' engines do is in their own metrics. @param live requests on their way. */
  stats(live: number): ModelStats {
    return { ...NO_STATS, live, ...this.#ended }
  }
}

function endOf(error: unknown): 'failed' | 'refused' | 'late' {
  if (hasCode(error, 'queue/full')) {
    return 'refused'
  }
  return hasCode(error, 'queue/deadline') ? 'late' : 'failed'
}
