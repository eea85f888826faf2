/**
 * The engine: one open model that carries out requests, each as a generator that yields between
 * two runs, so that whoever drives it can stop it there, or run others in between.
 */

import { createSearch } from '../generation/create-search.ts'
import { logSoftmax } from '../generation/scores.ts'
import type { Search } from '../generation/search.ts'
import { type GenerationSettings, resolveSettings } from '../generation/settings.ts'
import {
  createStopRule,
  cutAtStopString,
  holdBackStopString,
  type StopRule,
} from '../generation/stopping.ts'
import { InputError } from '../errors.ts'
import type { ModelCard } from '../model-card.ts'
import { openPackage } from '../package.ts'
import { encodePrompt, encodeQuestion, roomAfter } from '../prompts.ts'
import { readVocabulary, type Vocabulary } from '../token-bytes.ts'
import { loadTokenizer, type Tokenizer } from '../tokenizer.ts'
import type { Answer, ImageTokens, ScoredAnswer, Step } from '../types.ts'
import { checkGraphs } from './check-graphs.ts'
import { Decoder } from './decoder.ts'
import { Encoder } from './encoder.ts'
import type { KvCache } from './kv-cache.ts'
import type { EngineOptions } from './options.ts'
import type {
  EmbedRequest,
  EngineRequest,
  EngineResult,
  GenerateRequest,
  ScoreRequest,
} from './requests.ts'
import { openSessions, releaseSessions, type Sessions } from './sessions.ts'

/** A request at work: yields a step after each token, or nothing after other runs. */
export type Job = AsyncGenerator<Step | undefined, EngineResult, void>

/** Opens a package and its sessions. @throws {ConfigError} saying what is wrong with the package. */
export async function openEngine(folder: string, options: EngineOptions): Promise<Engine> {
  const { card } = await openPackage(folder)
  const tokenizer = await loadTokenizer(folder)
  const vocabulary = await readVocabulary(folder)
  const sessions = await openSessions(folder, options.threads)
  checkGraphs(sessions, card)
  return new Engine({ card, tokenizer, vocabulary, sessions, options })
}

type Parts = {
  readonly card: ModelCard
  readonly tokenizer: Tokenizer
  readonly vocabulary: Vocabulary
  readonly sessions: Sessions
  readonly options: EngineOptions
}

export class Engine {
  readonly card: ModelCard
  readonly #parts: Parts
  readonly #encoder: Encoder
  readonly #decoder: Decoder

  constructor(parts: Parts) {
    this.card = parts.card
    this.#parts = parts
    this.#encoder = new Encoder(parts.sessions, parts.card, parts.options.imageLimits)
    this.#decoder = new Decoder(parts.sessions.decoder, parts.card.dimensions)
  }

  /** Starts a request. Nothing runs before the generator is asked for its first value. */
  start(request: EngineRequest, check: () => void): Job {
    if (request.kind === 'generate') {
      return this.#generate(request, check)
    }
    return request.kind === 'score' ? this.#score(request, check) : this.#embed(request, check)
  }

  /** Frees the sessions. No job may be at work. */
  async close(): Promise<void> {
    await releaseSessions(this.#parts.sessions)
  }

  async *#embed(request: EmbedRequest, check: () => void): Job {
    yield
    const { image, timings } = await this.#encoder.encode(request.image, check)
    return { ...image, timings }
  }

  async *#generate(request: GenerateRequest, check: () => void): Job {
    const { settings, promptIds } = this.#prepare(request)
    const stops = createStopRule(settings, this.#parts.vocabulary.bytesOf)
    const search = this.#search(promptIds, settings, stops)
    const { image, timings } = await this.#encoder.encode(request.image, check)
    yield
    const start = performance.now()
    const cache = this.#decoder.createCache()
    let logits = await this.#prefill(cache, image, promptIds)
    const prefilled = performance.now()
    for (;;) {
      const next = search.advance(logits)
      if (!next) {
        break
      }
      yield this.#step(search, settings)
      cache.reorder(next.parents)
      const ids = next.tokens.map((token) => [token])
      logits = await this.#decoder.run(cache, { ids, logits: 'last', keep: true })
    }
    yield this.#step(search, settings)
    return this.#answer(search, settings, {
      ...timings,
      prefillMs: prefilled - start,
      decodeMs: performance.now() - prefilled,
      tokens: search.generated.length,
    })
  }

  /** Settings and prompt of a request, checked before anything runs. */
  #prepare(request: GenerateRequest): { settings: GenerationSettings; promptIds: number[] } {
    const { prompt } = request
    const { defaults, tokens, prompts } = this.card
    const ownDefaults = prompt.kind === 'raw' ? {} : defaults[prompt.kind]
    const settings = resolveSettings(request.options, ownDefaults, tokens.stop)
    const promptIds =
      prompt.kind === 'ask'
        ? encodeQuestion(
            this.card,
            prompt.question,
            prompt.history,
            this.#encode,
            settings.maxNewTokens,
          )
        : encodePrompt(this.card, prompt.text ?? prompts.caption, this.#encode)
    const room = roomAfter(this.card, promptIds.length)
    return {
      settings: { ...settings, maxNewTokens: Math.min(settings.maxNewTokens, room) },
      promptIds,
    }
  }

  #search(promptIds: readonly number[], settings: GenerationSettings, stops: StopRule): Search {
    const { tokens, dimensions } = this.card
    // The reference's sequence begins with placeholders, which its penalties see.
    const placeholders: number[] =
      tokens.image === null
        ? []
        : Array.from({ length: dimensions.queryTokens }, () => tokens.image ?? 0)
    return createSearch({
      promptIds: [...placeholders, ...promptIds],
      settings,
      vocabSize: dimensions.vocabSize,
      knownIds: this.#parts.tokenizer.vocabSize,
      stops,
    })
  }

  #prefill(cache: KvCache, image: ImageTokens, ids: readonly number[]): Promise<Float32Array> {
    return this.#decoder.run(cache, { image, ids: [ids], logits: 'last', keep: true })
  }

  /** The text so far, without what a stop string or a character cut in two may still change. */
  #step(search: Search, settings: GenerationSettings): Step {
    const ids = search.generated
    const whole = cutAtStopString(this.#parts.tokenizer.decode([...ids]), settings.stopStrings)
    const text = search.finish
      ? whole
      : holdBackStopString(whole.replace(/\uFFFD+$/u, ''), settings.stopStrings)
    return { tokenId: ids.at(-1)!, text: text.trim() }
  }

  #answer(search: Search, settings: GenerationSettings, timings: Answer['timings']): Answer {
    return {
      text: this.#step(search, settings).text,
      tokenIds: [...search.generated],
      finish: search.finish ?? 'length',
      timings,
    }
  }

  async *#score(request: ScoreRequest, check: () => void): Job {
    if (request.answers.length === 0) {
      throw new InputError('There is no answer to score.')
    }
    const promptIds = encodePrompt(this.card, request.prompt, this.#encode)
    const answers = request.answers.map((answer) =>
      this.#answerIds(request.prompt, answer, promptIds),
    )
    const { image } = await this.#encoder.encode(request.image, check)
    yield
    const cache = this.#decoder.createCache()
    const first = logSoftmax(await this.#prefill(cache, image, promptIds))
    const likelihoods: number[] = []
    for (const ids of answers) {
      yield
      let sum = first[ids[0]!]!
      const rest = await this.#likelihoods(cache, ids)
      for (const one of rest) {
        sum += one
      }
      likelihoods.push(sum)
    }
    return withProbabilities(request.answers, likelihoods)
  }

  /** Log-probabilities of all but the first id, each after those before it and the cached prompt. */
  async #likelihoods(cache: KvCache, ids: readonly number[]): Promise<number[]> {
    const fed = ids.slice(0, -1)
    if (fed.length === 0) {
      return []
    }
    const logits = await this.#decoder.run(cache, { ids: [fed], logits: 'all', keep: false })
    const { vocabSize } = this.card.dimensions
    return fed.map((_, i) => {
      const row = logits.subarray(i * vocabSize, (i + 1) * vocabSize)
      return logSoftmax(row)[ids[i + 1]!]!
    })
  }

  /** Ids of an answer after its prompt; a space is put between the two where neither has one. */
  #answerIds(prompt: string, answer: string, promptIds: readonly number[]): number[] {
    if (answer === '') {
      throw new InputError('An answer to score is empty.')
    }
    const apart = prompt === '' || /\s$/u.test(prompt) || /^\s/u.test(answer)
    const ids = this.#parts.tokenizer.encode(apart ? answer : ` ${answer}`, { bos: false })
    if (ids.length > roomAfter(this.card, promptIds.length)) {
      throw new InputError('An answer to score is too long for the model.')
    }
    return ids
  }

  readonly #encode = (text: string) => this.#parts.tokenizer.encode(text, { bos: true })
}

function withProbabilities(
  answers: readonly string[],
  likelihoods: readonly number[],
): ScoredAnswer[] {
  const best = Math.max(...likelihoods)
  const weights = likelihoods.map((likelihood) => Math.exp(likelihood - best))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return answers.map((answer, i) => ({
    answer,
    logLikelihood: likelihoods[i]!,
    probability: weights[i]! / total,
  }))
}
