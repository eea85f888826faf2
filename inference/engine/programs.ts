/**
 * Makes jobs of requests: checks them, encodes their text, and then goes from need to need.
 *
 * What is wrong with a request is thrown when the job is made, before anything runs. Nothing here
 * knows sessions.
 */

import { InputError } from '../../config/errors.ts'
import { createSearch } from '../generation/create-search.ts'
import { logSoftmax } from '../generation/scores.ts'
import type { Search } from '../generation/search.ts'
import { type GenerationSettings, resolveSettings } from '../generation/settings.ts'
import { createStopRule, cutAtStopString, holdBackStopString } from '../generation/stopping.ts'
import type { ModelCard } from '../package/model-card.ts'
import { encodePrompt, encodeQuestion, roomAfter } from '../text/prompts.ts'
import type { Vocabulary } from '../text/token-bytes.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { ImageTokens, ScoredAnswer, Step } from '../types.ts'
import { type Job, needLogits, needPicture, needPrompt } from './work.ts'
import type { PromptCache } from '../text/prompt-cache.ts'
import type { EngineRequest, GenerateRequest, ScoreRequest } from './requests.ts'

export type Made = {
  readonly job: Job
  /** Rows of the decoder that the job takes at most. */
  readonly rows: number
}

export type JobParts = {
  readonly card: ModelCard
  readonly tokenizer: Tokenizer
  readonly vocabulary: Vocabulary
  readonly prompts: PromptCache
}

type OnStep = (step: Step) => void

export class JobMaker {
  readonly #parts: JobParts

  constructor(parts: JobParts) {
    this.#parts = parts
  }

  /** @throws {InputError} if the request cannot be carried out. */
  make(request: EngineRequest, onStep: OnStep): Made {
    if (!('key' in request.image)) {
      this.#checkTokens(request.image)
    }
    if (request.kind === 'encode') {
      return { job: encode(), rows: 0 }
    }
    if (request.kind === 'embed') {
      return { job: embed(), rows: 0 }
    }
    return request.kind === 'score'
      ? { job: this.#score(request), rows: 1 }
      : this.#generate(request, onStep)
  }

  #generate(request: GenerateRequest, onStep: OnStep): Made {
    const { settings, promptIds } = this.#prepare(request)
    const job = this.#generating(settings, promptIds, onStep)
    return { job, rows: settings.beams }
  }

  *#generating(settings: GenerationSettings, promptIds: readonly number[], onStep: OnStep): Job {
    const search = this.#search(promptIds, settings)
    const { image, timings } = yield* needPicture()
    const start = performance.now()
    const begun = yield* needPrompt(image, promptIds)
    const { sequence } = begun
    const prefilled = performance.now()
    let { logits } = begun
    for (let next = search.advance(logits); next !== null; next = search.advance(logits)) {
      onStep(this.#step(search, settings))
      logits = yield* needLogits({ kind: 'step', sequence, ...next })
    }
    const last = this.#step(search, settings)
    onStep(last)
    return {
      text: last.text,
      tokenIds: [...search.generated],
      finish: search.finish ?? 'length',
      reused: sequence.reused,
      timings: {
        ...timings,
        prefillMs: prefilled - start,
        decodeMs: performance.now() - prefilled,
        tokens: search.generated.length,
      },
    }
  }

  /** Settings and prompt of a request. */
  #prepare(request: GenerateRequest): { settings: GenerationSettings; promptIds: number[] } {
    const { prompt } = request
    const { card } = this.#parts
    const ownDefaults = prompt.kind === 'raw' ? {} : card.defaults[prompt.kind]
    const settings = resolveSettings(request.options, ownDefaults, card.tokens.stop)
    const { maxNewTokens } = settings
    const promptIds =
      prompt.kind === 'ask'
        ? encodeQuestion(card, prompt.question, prompt.history, this.#encode, maxNewTokens)
        : encodePrompt(card, prompt.text ?? card.prompts.caption, this.#encode)
    const room = roomAfter(card, promptIds.length)
    return { settings: { ...settings, maxNewTokens: Math.min(maxNewTokens, room) }, promptIds }
  }

  #search(promptIds: readonly number[], settings: GenerationSettings): Search {
    const { card, tokenizer, vocabulary } = this.#parts
    const { tokens, dimensions } = card
    // The reference's sequence begins with placeholders, which its penalties see.
    const placeholders: number[] =
      tokens.image === null
        ? []
        : Array.from({ length: dimensions.queryTokens }, () => tokens.image ?? 0)
    return createSearch({
      promptIds: [...placeholders, ...promptIds],
      settings,
      vocabSize: dimensions.vocabSize,
      knownIds: tokenizer.vocabSize,
      stops: createStopRule(settings, vocabulary.bytesOf),
    })
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

  #score(request: ScoreRequest): Job {
    if (request.answers.length === 0) {
      throw new InputError('score/no-answers')
    }
    const promptIds = encodePrompt(this.#parts.card, request.prompt, this.#encode)
    const answers = request.answers.map((answer) =>
      this.#answerIds(request.prompt, answer, promptIds),
    )
    return this.#scoring(request, promptIds, answers)
  }

  *#scoring(
    request: ScoreRequest,
    promptIds: readonly number[],
    answers: readonly (readonly number[])[],
  ): Job {
    const { image } = yield* needPicture()
    const begun = yield* needPrompt(image, promptIds)
    const first = logSoftmax(begun.logits)
    const { vocabSize } = this.#parts.card.dimensions
    const likelihoods: number[] = []
    for (const ids of answers) {
      let sum = first[ids[0]!]!
      const fed = ids.slice(0, -1)
      if (fed.length > 0) {
        const logits = yield* needLogits({ kind: 'look', sequence: begun.sequence, ids: fed })
        for (let i = 0; i < fed.length; i++) {
          const row = logits.subarray(i * vocabSize, (i + 1) * vocabSize)
          sum += logSoftmax(row)[ids[i + 1]!]!
        }
      }
      likelihoods.push(sum)
    }
    return withProbabilities(request.answers, likelihoods)
  }

  /** Ids of an answer after its prompt; a space is put between the two where neither has one. */
  #answerIds(prompt: string, answer: string, promptIds: readonly number[]): number[] {
    if (answer === '') {
      throw new InputError('score/empty-answer')
    }
    const apart = prompt === '' || /\s$/u.test(prompt) || /^\s/u.test(answer)
    const ids = this.#parts.tokenizer.encode(apart ? answer : ` ${answer}`, { bos: false })
    if (ids.length > roomAfter(this.#parts.card, promptIds.length)) {
      throw new InputError('score/long-answer')
    }
    return ids
  }

  #checkTokens(tokens: ImageTokens): void {
    const { queryTokens, embedSize } = this.#parts.card.dimensions
    const [rows, width] = tokens.shape
    if (rows !== queryTokens || width !== embedSize || tokens.data.length !== rows * width) {
      const expected = [queryTokens, embedSize] as const
      throw new InputError('image/wrong-tokens', { shape: [rows, width], expected })
    }
  }

  readonly #encode = (text: string) => this.#parts.prompts.encode(text)
}

function* encode(): Job {
  return (yield* needPicture()).timings
}

function* embed(): Job {
  const { image, timings } = yield* needPicture()
  return { ...image, timings }
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
