/** The engine: one open model with its sessions, its caches and its scheduler. */

import { ConfigError } from '../../config/errors.ts'
import { DAY_MS, HOUR_MS } from '../../config/durations.ts'
import type { ModelCard } from '../package/model-card.ts'
import { openPackage } from '../package/open-package.ts'
import { verifyPackage } from '../package/verify.ts'
import { readVocabulary } from '../text/token-bytes.ts'
import { loadTokenizer, tokenizerOpener } from '../text/tokenizer.ts'
import { openCaches } from '../kv/caches.ts'
import { decliningWords } from '../domain/declining-words.ts'
import { type FeatureDistance, featureDistance } from '../domain/statistics.ts'
import { Counters } from './counters.ts'
import type { TextDecoder } from '../families/common/runner.ts'
import { familyOf } from '../families/index.ts'
import { FeatureCache } from './feature-cache.ts'
import { Images } from './images.ts'
import { createProgram } from './programs.ts'
import { PrefixCache } from '../kv/prefix-cache.ts'
import type { Incoming } from './incoming.ts'
import { openMatcherBeside } from './matching/beside.ts'
import { openReader } from '../ocr/reader.ts'
import { Runs } from './runs.ts'
import { Scheduler } from './scheduler.ts'
import type { EngineOptions } from '../contract/options.ts'
import type { ModelStats } from '../contract/types.ts'
import { DecodingPool } from '../image/decoding/pool.ts'
import { chooseProvider } from '../runtime/provider.ts'
import { PromptCache } from '../text/prompt-cache.ts'
import { Sequences } from './sequences.ts'
import { endThread } from '../runtime/end-thread.ts'
import { openSessions } from '../runtime/sessions.ts'

export type Engine = {
  readonly card: ModelCard
  add(incoming: Incoming): void
  /** Ends a request before its next run. */
  cancel(id: number): void
  /**
   * Deletes what was computed from pictures, by the content hash of their files, and the token ids
   * of every text.
   */
  forget(keys: readonly string[]): Promise<void>
  /** What was computed from pictures alone, for and from other hosts of this model. */
  readonly images: Pick<Images, 'cached' | 'take'>
  stats(): ModelStats
  /** Cancels everything, waits for the run in flight and frees the sessions. */
  close(): Promise<void>
}

/** @throws {ConfigError} if the card's statistics are not those of its vision tower. */
function distanceOf({ name, domain, dimensions }: ModelCard): FeatureDistance | null {
  if (domain?.features === undefined) {
    return null
  }
  try {
    return featureDistance(domain.features, dimensions.visionHidden)
  } catch (cause) {
    throw new ConfigError([`model.json of ${name}: "domain.features" does not fit the model.`], {
      cause,
    })
  }
}

/** Opens a package and its sessions. @throws {ConfigError} saying what is wrong with the package. */
export async function openEngine(folder: string, options: EngineOptions): Promise<Engine> {
  const pictures = new DecodingPool({ limits: options.imageLimits })
  pictures.warm() // while the model is opened
  try {
    return await openWith(pictures, folder, options)
  } catch (error) {
    await pictures.close()
    throw error
  }
}

async function openWith(
  pictures: DecodingPool,
  folder: string,
  options: EngineOptions,
): Promise<Engine> {
  const parts = await openParts(folder, options, pictures)
  const { card, runner, sessions, placement, prompts, beside } = parts
  const prefixes = new PrefixCache(options.conversationBytes, DAY_MS - HOUR_MS)
  const counters = new Counters()
  const sequences = new Sequences(runner.decoder ?? NO_DECODER, prefixes)
  const cache = new FeatureCache(options.imageCacheBytes, { halves: card.precision !== 'fp32' })
  const images = new Images(cache, (wanted, pictures) => runner.images.detailFor(wanted, pictures))
  const scheduler = new Scheduler(
    (request, onStep) => createProgram(parts, request, onStep),
    new Runs(runner.images, sequences, counters, distanceOf(card), parts.matching),
    images,
    counters,
    options,
    { open: () => openReader(options.reader, options.threads), pictures },
  )
  // Keys and values are deleted between two runs only, at most a day after the last request that
  // used them.
  const deletion = setInterval(() => {
    scheduler.forget([]).catch(endThread)
  }, HOUR_MS)
  deletion.unref()
  return {
    card,
    add: (incoming) => scheduler.add(incoming),
    cancel: (id) => scheduler.cancel(id),
    forget: async (keys) => {
      prompts.clear() // it does not know which pictures were asked about
      beside?.forgetTexts()
      await scheduler.forget(keys)
    },
    images,
    stats: () => ({
      device: placement.device,
      ...scheduler.counts(),
      ...counters.outcomes(),
      stages: counters.stages(),
      reading: scheduler.reading().runs,
      caches: {
        images: images.stats(),
        conversations: prefixes.stats(),
        prompts: prompts.stats(),
        texts: scheduler.reading().lookups,
      },
    }),
    close: async () => {
      clearInterval(deletion)
      await scheduler.drain()
      await pictures.close()
      sequences.close()
      images.clear()
      await runner.close()
      await beside?.close()
      await sessions.release()
    },
  }
}

/** What a package has: its texts, its sessions, and the family's runner of them. */
async function openParts(folder: string, options: EngineOptions, pictures: DecodingPool) {
  const modelPackage = await openPackage(folder)
  await verifyPackage(modelPackage)
  const { card } = modelPackage
  const bos = 'tokens' in card ? card.tokens.bos : undefined
  const tokenizer = await loadTokenizer(folder, {
    ...(bos !== undefined && { bos }),
    vocabSize: card.dimensions.vocabSize,
  })
  const placement = await chooseProvider(options.provider)
  const sessions = await openSessions(folder, card, options.threads, placement)
  const prompts = new PromptCache(tokenizer)
  const runner = await familyOf(card).open(card, {
    sessions,
    openCaches: (shape) => openCaches(shape, placement.device),
    longestRun: placement.longestRun,
    encode: (text) => prompts.encode(text),
    openTokenizer: tokenizerOpener(folder),
    pixelValues: (bytes, spec, call) => pictures.pixelValues(bytes, spec, call),
  })
  const beside =
    options.matcher === null
      ? null
      : await openMatcherBeside(options.matcher, options.threads, placement)
  const { decoder } = runner
  const words = beside ? decliningWords(card, beside.card) : undefined
  const declining = beside && words !== undefined ? beside.matcher.prepare(words) : null
  const vocabulary = decoder && (await readVocabulary(folder))
  const text = decoder && vocabulary && { decoder, tokenizer, vocabulary, declining }
  const matcher = beside?.matcher ?? runner.matcher
  // Its own card says which pictures it knows, whatever the model that writes knows.
  const matching = matcher && { matcher, distance: distanceOf(beside?.card ?? card) }
  return { card, text, matcher, matching, beside, placement, sessions, prompts, runner }
}

/** Of a model that writes no texts: no request for one is accepted. */
const NO_DECODER: Pick<TextDecoder, 'createCache' | 'prefill' | 'step' | 'score'> = {
  createCache: noText,
  prefill: noText,
  step: noText,
  score: noText,
}

function noText(): never {
  throw new TypeError('expected a model that writes text')
}
