/**
 * Makes programs of requests: checks them, encodes their text, and then awaits one run after the
 * other.
 *
 * What is wrong with a request is thrown when its program is made, before anything runs. Nothing
 * here knows sessions.
 */

import { InputError } from '../../config/errors.ts'
import { judge } from '../domain/judgment.ts'
import { createSearch } from '../generation/create-search.ts'
import { logSoftmax } from '../generation/scores.ts'
import type { Search } from '../generation/search.ts'
import { type GenerationSettings, resolveSettings } from '../generation/settings.ts'
import { createStopRule, cutAtStopString, holdBackStopString } from '../generation/stopping.ts'
import { type ModelCard, textCard } from '../package/model-card.ts'
import { positionsOf } from '../families/common/runner.ts'
import type { Matcher, PromptLayout, TextDecoder } from '../families/common/runner.ts'
import type { Prompt } from '../text/prompt.ts'
import type { Vocabulary } from '../text/token-bytes.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { ScoredAnswer, Step } from '../contract/types.ts'
import type { EngineRequest, GenerateRequest, ScoreRequest } from '../contract/requests.ts'
import { EMBED_IMAGE, embedTextProgram, matchProgram } from './matching/match-programs.ts'
import type { Program } from './work.ts'

/** What programs are made with. */
export type ProgramParts = {
  readonly card: ModelCard
  /** Null where the model writes no texts. */
  readonly text: TextParts | null
  /** Null where the model does not compare pictures with texts. */
  readonly matcher: Pick<Matcher, 'prepare'> | null
}

/** What programs that write texts are made with. */
type TextParts = {
  readonly decoder: TextDecoder
  readonly tokenizer: Tokenizer
  readonly vocabulary: Vocabulary
}

/** Null: nobody follows the text, so no step is put into words. */
type OnStep = ((step: Step) => void) | null

/** @throws {InputError} if the request cannot be carried out. */
export function createProgram(
  parts: ProgramParts,
  request: EngineRequest,
  onStep: OnStep,
): Program {
  switch (request.kind) {
    case 'generate':
      return generateProgram(parts.card, textParts(parts), request, onStep)
    case 'score':
      return scoreProgram(textParts(parts), request)
    case 'match':
      return matchProgram(matcherOf(parts), request)
    case 'embed-text':
      return embedTextProgram(matcherOf(parts), request)
    case 'embed':
      return parts.matcher === null ? TOKENS : EMBED_IMAGE
    default:
      return PROGRAMS[request.kind]
  }
}

function textParts({ text }: ProgramParts): TextParts {
  if (text === null) {
    throw new TypeError('expected a model that writes text')
  }
  return text
}

function matcherOf({ matcher }: ProgramParts): NonNullable<ProgramParts['matcher']> {
  if (matcher === null) {
    throw new TypeError('expected a model that compares pictures with texts')
  }
  return matcher
}

const ENCODE: Program = {
  rows: 0,
  run: async (engine) => (await engine.encode(null)).timings,
}

const TOKENS: Program = {
  rows: 0,
  run: async (engine) => {
    const { image, timings } = await engine.encode('')
    return { ...image.tokens, timings }
  },
}

const READ: Program = {
  rows: 0,
  run: (engine) => engine.read(),
}

const PROGRAMS = { encode: ENCODE, read: READ }

function generateProgram(
  card: ModelCard,
  parts: TextParts,
  { prompt, options }: GenerateRequest,
  onStep: OnStep,
): Program {
  const { decoder } = parts
  const ownDefaults = prompt.kind === 'raw' ? {} : card.defaults[prompt.kind]
  const wanted = resolveSettings(options, ownDefaults, textCard(card).tokens.stop)
  const prepared = decoder.prepare(prompt, 1, wanted.maxNewTokens)
  return {
    rows: wanted.beams,
    run: async (engine) => {
      const encoded = await engine.encode(prepared.text)
      const start = performance.now()
      const layout = prepared.layOut([encoded.image])
      const room = decoder.maxPositions - positionsOf(layout.segments).length
      const settings = { ...wanted, maxNewTokens: Math.min(wanted.maxNewTokens, room) }
      const search = createSearchFor(parts, layout, settings)
      const prefilled = await engine.prefill(layout)
      const { sequence } = prefilled
      const prefillEnd = performance.now()
      let { logits } = prefilled
      for (let next = search.advance(logits); next !== null; next = search.advance(logits)) {
        onStep?.(lastStep(parts, search, settings))
        logits = await engine.decode({ sequence, ...next })
      }
      const last = lastStep(parts, search, settings)
      onStep?.(last)
      return {
        text: last.text,
        tokenIds: [...search.generated],
        finish: search.finish ?? 'length',
        reused: sequence.reused,
        judgment: judge(
          card,
          { distance: encoded.distance, confidence: confidenceOf(search, settings) },
          prompt,
        ),
        timings: {
          ...encoded.timings,
          prefillMs: prefillEnd - start,
          decodeMs: performance.now() - prefillEnd,
          tokens: search.generated.length,
        },
      }
    },
  }
}

/** Null for a sampled text: how probable it is says little about the picture. */
function confidenceOf(
  { generated, logProbability }: Search,
  { sample }: GenerationSettings,
): number | null {
  return sample ? null : Math.exp(logProbability / generated.length)
}

function createSearchFor(
  { decoder, tokenizer, vocabulary }: TextParts,
  { ids }: PromptLayout,
  settings: GenerationSettings,
): Search {
  return createSearch({
    promptIds: ids,
    settings,
    vocabSize: decoder.vocabSize,
    knownIds: tokenizer.vocabSize,
    stops: createStopRule(settings, vocabulary.bytesOf),
  })
}

/** The text so far, without what a stop string or a character cut in two may still change. */
function lastStep({ tokenizer }: TextParts, search: Search, settings: GenerationSettings): Step {
  const ids = search.generated
  const whole = cutAtStopString(tokenizer.decode([...ids]), settings.stopStrings)
  const text = search.finish
    ? whole
    : holdBackStopString(whole.replace(/\uFFFD+$/u, ''), settings.stopStrings)
  return { tokenId: ids.at(-1)!, text: text.trim() }
}

function scoreProgram(parts: TextParts, request: ScoreRequest): Program {
  if (request.answers.length === 0) {
    throw new InputError('score/no-answers')
  }
  const { decoder } = parts
  const prompt: Prompt = { kind: 'raw', text: request.prompt }
  const prepared = decoder.prepare(prompt, 1, 0)
  const answers = request.answers.map((answer) =>
    answerIds(parts, { prompt: request.prompt, answer, room: prepared.room }),
  )
  return {
    rows: 1,
    run: async (engine) => {
      const { image } = await engine.encode(prepared.text)
      const { sequence, logits } = await engine.prefill(prepared.layOut([image]))
      const first = logSoftmax(logits)
      const likelihoods: number[] = []
      for (const ids of answers) {
        // The last id needs no run: its likelihood is in the logits of the id before it.
        const fed = ids.slice(0, -1)
        const rest = fed.length > 0 ? await engine.score(sequence, fed) : logits
        let sum = first[ids[0]!]!
        for (let i = 0; i < fed.length; i++) {
          const row = rest.subarray(i * decoder.vocabSize, (i + 1) * decoder.vocabSize)
          sum += logSoftmax(row)[ids[i + 1]!]!
        }
        likelihoods.push(sum)
      }
      return withProbabilities(request.answers, likelihoods)
    },
  }
}

/**
 * Ids of an answer after its prompt; a space is put between the two where neither has one.
 *
 * @param about `room`: positions after the prompt.
 */
function answerIds(
  { tokenizer }: TextParts,
  about: { readonly prompt: string; readonly answer: string; readonly room: number },
): number[] {
  const { prompt, answer, room } = about
  if (answer === '') {
    throw new InputError('score/empty-answer')
  }
  const apart = prompt === '' || /\s$/u.test(prompt) || /^\s/u.test(answer)
  const ids = tokenizer.encode(apart ? answer : ` ${answer}`, { special: false })
  if (ids.length > room) {
    throw new InputError('score/long-answer')
  }
  return ids
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
