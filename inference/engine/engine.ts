/** The engine: one open model with its sessions, its caches and its loop. */

import type { ModelCard } from '../package/model-card.ts'
import { openPackage } from '../package/open-package.ts'
import { readVocabulary } from '../text/token-bytes.ts'
import { loadTokenizer } from '../text/tokenizer.ts'
import { openCaches } from '../kv/caches.ts'
import { checkGraphs } from '../package/check-graphs.ts'
import { Counters } from './counters.ts'
import { Decoder } from './decoder.ts'
import { Encoder } from './encoder.ts'
import { FeatureCache } from '../feature-cache.ts'
import { Images } from './images.ts'
import { JobMaker } from './programs.ts'
import { KeptConversations } from '../kv/prefix-cache.ts'
import type { Incoming } from './incoming.ts'
import { EngineLoop } from './scheduler.ts'
import type { EngineOptions } from './options.ts'
import type { ModelStats } from '../types.ts'
import { chooseProvider } from '../runtime/provider.ts'
import { PromptCache } from '../text/prompt-cache.ts'
import { Sequences } from './sequences.ts'
import { openSessions, releaseSessions } from '../runtime/sessions.ts'
import { Stages } from './stages.ts'

export type Engine = {
  readonly card: ModelCard
  add(incoming: Incoming): void
  /** Ends a request before its next run. */
  cancel(id: number): void
  /** Deletes what was computed from pictures, by the content hash of their files. */
  forget(keys: readonly string[]): Promise<void>
  stats(): ModelStats
  /** Cancels everything, waits for the run in flight and frees the sessions. */
  close(): Promise<void>
}

/** Opens a package and its sessions. @throws {ConfigError} saying what is wrong with the package. */
export async function openEngine(folder: string, options: EngineOptions): Promise<Engine> {
  const { card } = await openPackage(folder)
  const tokenizer = await loadTokenizer(folder)
  const vocabulary = await readVocabulary(folder)
  const placement = await chooseProvider(options.provider)
  const sessions = await openSessions(folder, card, options.threads, placement)
  checkGraphs(sessions, card)
  const caches = await openCaches(card.dimensions, placement.device)
  const decoder = new Decoder(sessions.decoder, card.dimensions, {
    caches,
    longestRun: placement.longestRun,
  })

  const prompts = new PromptCache(tokenizer)
  const kept = new KeptConversations(options.conversationBytes)
  const counters = new Counters()
  const jobs = new JobMaker({ card, tokenizer, vocabulary, prompts })
  const encoder = new Encoder(sessions, card, options.imageLimits)
  const sequences = new Sequences(decoder, kept)
  const images = new Images(new FeatureCache(options.imageCacheBytes))
  const loop = new EngineLoop(
    (request, onStep) => jobs.make(request, onStep),
    new Stages(encoder, sequences, counters),
    images,
    counters,
    options,
  )
  return {
    card,
    add: (incoming) => loop.add(incoming),
    cancel: (id) => loop.cancel(id),
    forget: (keys) => loop.forget(keys),
    stats: () => ({
      device: placement.device,
      ...loop.counts(),
      ...counters.outcomes(),
      stages: counters.stages(),
      caches: { images: images.stats(), conversations: kept.stats(), prompts: prompts.stats() },
    }),
    close: async () => {
      await loop.drain()
      sequences.close()
      images.clear()
      await caches.close()
      await releaseSessions(sessions)
    },
  }
}
