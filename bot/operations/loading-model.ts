/**
 * A model that can be asked before it is open: requests wait for it.
 *
 * A large model takes seconds to open, and Discord drops a command that nobody acknowledges in three.
 * So the bot joins at once, and whoever asks meanwhile is told what they wait for.
 */

import type { ModelCard } from '../../inference/package/model-card.ts'
import { NO_STATS } from '../../inference/model.ts'
import type { Model } from '../../inference/types.ts'

export type LateModel = Model & {
  /** Whether it is open, so that requests do not wait for that. */
  readonly isOpen: () => boolean
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
    score: async (...given) => (await opening).score(...given),
    encode: async (...given) => (await opening).encode(...given),
    embedImage: async (...given) => (await opening).embedImage(...given),
    // Before it is open it has computed nothing.
    forget: async (...given) => open?.forget(...given),
    stats: () => open?.stats() ?? NO_STATS,
    close: async () => (await opening).close(),
  }
}
