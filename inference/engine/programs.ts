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
import { positionsOf } from '../families/runner.ts'
import type { PreparedPrompt, PromptLayout, TextDecoder } from '../families/runner.ts'
import type { Vocabulary } from '../text/token-bytes.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { ImageTokens, ScoredAnswer, Step } from '../types.ts'
import { type Job, needLogits, needPicture, needPrompt } from './work.ts'
import type { EngineRequest, GenerateRequest, ScoreRequest } from './requests.ts'

export type Made = {
  readonly job: Job
  /** Rows of the decoder that the job takes at most. */
  readonly rows: number
}

export type JobParts = {
  readonly card: ModelCard
  readonly decoder: TextDecoder
  readonly tokenizer: Tokenizer
  readonly vocabulary: Vocabulary
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

  #generate({ prompt, options }: GenerateRequest, onStep: OnStep): Made {
    const { card, decoder } = this.#parts
    const ownDefaults = prompt.kind === 'raw' ? {} : card.defaults[prompt.kind]
    const settings = resolveSettings(options, ownDefaults, card.tokens.stop)
    const prepared = decoder.prepare(prompt, 1, settings.maxNewTokens)
    return { job: this.#generating(prepared, settings, onStep), rows: settings.beams }
  }

  *#generating(prompt: PreparedPrompt, wanted: GenerationSettings, onStep: OnStep): Job {
    const { image, timings } = yield* needPicture()
    const start = performance.now()
    const layout = prompt.layOut([image])
    const room = this.#parts.decoder.maxPositions - positionsOf(layout.segments).length
    const settings = { ...wanted, maxNewTokens: Math.min(wanted.maxNewTokens, room) }
    const search = this.#search(layout, settings)
    const begun = yield* needPrompt(layout)
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

  #search({ ids }: PromptLayout, settings: GenerationSettings): Search {
    const { decoder, tokenizer, vocabulary } = this.#parts
    return createSearch({
      promptIds: ids,
      settings,
      vocabSize: decoder.vocabSize,
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
    const { decoder } = this.#parts
    const prompt = decoder.prepare({ kind: 'raw', text: request.prompt }, 1, 0)
    const answers = request.answers.map((answer) =>
      this.#answerIds(request.prompt, answer, prompt.room),
    )
    return this.#scoring(request, prompt, answers)
  }

  *#scoring(
    request: ScoreRequest,
    prompt: PreparedPrompt,
    answers: readonly (readonly number[])[],
  ): Job {
    const { image } = yield* needPicture()
    const begun = yield* needPrompt(prompt.layOut([image]))
    const first = logSoftmax(begun.logits)
    const { vocabSize } = this.#parts.decoder
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

  /**
   * Ids of an answer after its prompt; a space is put between the two where neither has one.
   *
   * @param room positions after the prompt.
   */
  #answerIds(prompt: string, answer: string, room: number): number[] {
    if (answer === '') {
      throw new InputError('score/empty-answer')
    }
    const apart = prompt === '' || /\s$/u.test(prompt) || /^\s/u.test(answer)
    const ids = this.#parts.tokenizer.encode(apart ? answer : ` ${answer}`, { bos: false })
    if (ids.length > room) {
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
}

function* encode(): Job {
  return (yield* needPicture()).timings
}

function* embed(): Job {
  const { image, timings } = yield* needPicture()
  return { ...image.tokens, timings }
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
