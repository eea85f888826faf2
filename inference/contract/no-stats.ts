import { byStage } from './stages.ts'
import type { ModelStats } from './types.ts'

const NO_RUNS = { runs: 0, rows: 0, ms: 0 }
const NO_LOOKUPS = { hits: 0, misses: 0 }

/** The counts of a model that has done nothing yet. */
export const NO_STATS: ModelStats = {
  device: null,
  queued: 0,
  live: 0,
  done: 0,
  failed: 0,
  refused: 0,
  late: 0,
  stages: byStage(() => NO_RUNS),
  reading: { runs: 0, ms: 0 },
  caches: {
    images: { ...NO_LOOKUPS, bytes: 0 },
    conversations: { ...NO_LOOKUPS, positions: 0, bytes: 0 },
    prompts: NO_LOOKUPS,
    texts: NO_LOOKUPS,
  },
}
