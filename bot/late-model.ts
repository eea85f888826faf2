/**
 * A model that can be asked before it is open: requests wait for it.
 *
 * A large model takes seconds to open, and Discord drops a command that nobody acknowledges in three.
 * So the bot joins at once, and whoever asks meanwhile is told what they wait for.
 */

import type { ModelCard } from '../inference/model-card.ts'
import type { Model, ModelStats } from '../inference/types.ts'

export type LateModel = Model & {
  /** Whether it is open, so that requests do not wait for that. */
  readonly isOpen: () => boolean
}

const NO_RUNS = { runs: 0, rows: 0, ms: 0 }
const NO_LOOKS = { hits: 0, misses: 0 }
const NOTHING_YET: ModelStats = {
  queued: 0,
  live: 0,
  done: 0,
  failed: 0,
  refused: 0,
  late: 0,
  stages: {
    preprocess: NO_RUNS,
    vision: NO_RUNS,
    qformer: NO_RUNS,
    prefill: NO_RUNS,
    decode: NO_RUNS,
  },
  caches: {
    images: NO_LOOKS,
    conversations: { ...NO_LOOKS, positions: 0, bytes: 0 },
    prompts: NO_LOOKS,
  },
}

/** @param opening where it rejects, so does every request. */
export function lateModel(card: ModelCard, opening: Promise<Model>): LateModel {
  let open: Model | undefined
  opening.then(
    (model) => (open = model),
    () => {}, // each request tells
  )
  return {
    card,
    isOpen: () => open !== undefined,
    describe: async (...given) => (await opening).describe(...given),
    ask: async (...given) => (await opening).ask(...given),
    async *generate(...given) {
      return yield* (await opening).generate(...given)
    },
    score: async (...given) => (await opening).score(...given),
    embedImage: async (...given) => (await opening).embedImage(...given),
    stats: () => open?.stats() ?? NOTHING_YET,
    close: async () => (await opening).close(),
  }
}
