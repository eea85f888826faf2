/**
 * A model that takes requests while it is still loading: they wait for it.
 *
 * A large model takes many seconds to load, and Discord drops a command that is not acknowledged in
 * three. So the bot joins at once, and users who ask in the meantime see that the model is loading.
 */

import { NO_STATS } from '../../inference/contract/no-stats.ts'
import type { Model } from '../../inference/contract/types.ts'

export type LoadingModel = Model & {
  /** Whether it has loaded, so that requests do not wait for it. */
  readonly isOpen: () => boolean
}

/** @param opening if it rejects, so does every request. */
export function loadingModel(
  { card, matcher }: Pick<Model, 'card' | 'matcher'>,
  opening: Promise<Model>,
): LoadingModel {
  let open: Model | undefined
  opening.then(
    (model) => (open = model),
    () => {}, // each request rejects
  )
  return {
    card,
    matcher,
    isOpen: () => open !== undefined,
    describe: async (...args) => (await opening).describe(...args),
    ask: async (...args) => (await opening).ask(...args),
    score: async (...args) => (await opening).score(...args),
    encode: async (...args) => (await opening).encode(...args),
    read: async (...args) => (await opening).read(...args),
    match: async (...args) => (await opening).match(...args),
    embedText: async (...args) => (await opening).embedText(...args),
    embedImage: async (...args) => (await opening).embedImage(...args),
    // Before it has loaded, it has computed nothing to forget.
    forget: async (...args) => open?.forget(...args),
    stats: () => open?.stats() ?? NO_STATS,
    close: async () => (await opening).close(),
  }
}
