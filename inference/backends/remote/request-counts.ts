/** Counts the requests of a backend whose engine is on other machines. */

import { hasCode } from '../../../config/errors.ts'
import { byStage } from '../../contract/stages.ts'
import type { ModelStats } from '../../contract/types.ts'

const NO_RUNS = { runs: 0, rows: 0, ms: 0 }
const NO_LOOKUPS = { hits: 0, misses: 0 }

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
    return {
      device: null,
      queued: 0,
      live,
      ...this.#ended,
      stages: byStage(() => NO_RUNS),
      reading: { runs: 0, ms: 0 },
      caches: {
        images: { ...NO_LOOKUPS, bytes: 0 },
        conversations: { ...NO_LOOKUPS, positions: 0, bytes: 0 },
        prompts: NO_LOOKUPS,
        texts: NO_LOOKUPS,
      },
    }
  }
}

function endOf(error: unknown): 'failed' | 'refused' | 'late' {
  if (hasCode(error, 'queue/full')) {
    return 'refused'
  }
  return hasCode(error, 'queue/deadline') ? 'late' : 'failed'
}
