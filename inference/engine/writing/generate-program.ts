/** Makes programs of requests that write a text. */

import { InputError } from '../../../config/errors.ts'
import type { GenerateRequest } from '../../contract/requests.ts'
import type { ChosenLogprob, EncodeTimings, Step } from '../../contract/types.ts'
import { asksForCaption, isFar, judge } from '../../domain/judgment.ts'
import { positionsOf } from '../../families/common/runner.ts'
import type { PromptLayout } from '../../families/common/runner.ts'
import { createSearch } from '../../generation/create-search.ts'
import { logprobsOf } from '../../generation/logprobs.ts'
import type { Search } from '../../generation/search.ts'
import { type GenerationSettings, resolveSettings } from '../../generation/settings.ts'
import { createStopRule, cutAtStopString, holdBackStopString } from '../../generation/stopping.ts'
import { type ModelCard, picturesOf, textCard } from '../../package/model-card.ts'
import type { AllEncoded, Program } from '../work.ts'
import type { TextParts } from './text-parts.ts'

/** Null: nobody follows the text, so no step is put into words. */
export type OnStep = ((step: Step) => void) | null

/** @throws {InputError} if the request cannot be carried out. */
export function generateProgram(
  card: ModelCard,
  parts: TextParts,
  { images, prompt, options }: GenerateRequest,
  onStep: OnStep,
): Program {
  const { decoder } = parts
  const declining = images.length === 1 && asksForCaption(prompt) ? parts.declining : null
  requireFewEnough(card, images)
  const ownDefaults = prompt.kind === 'raw' ? {} : card.defaults[prompt.kind]
  const wanted = resolveSettings(options, ownDefaults, textCard(card).tokens.stop)
  const prepared = decoder.prepare(prompt, images.length, wanted.maxNewTokens)
  return {
    rows: wanted.beams,
    run: async (engine) => {
      const encoded = await engine.encode(prepared.text)
      const distance = furthest(encoded)
      // A text about a picture that is outside means nothing, so nobody is told of it as it grows.
      const tell = isFar({ distance }) ? null : onStep
      const start = performance.now()
      const layout = prepared.layOut(encoded.map(({ image }) => image))
      const room = decoder.maxPositions - positionsOf(layout.segments).length
      const settings = { ...wanted, maxNewTokens: Math.min(wanted.maxNewTokens, room) }
      const search = createSearchFor(parts, layout, settings)
      const prefilled = await engine.prefill(layout)
      const { sequence } = prefilled
      const prefillEnd = performance.now()
      const { advance, step, logprobs } = followed(parts, search, settings)
      let { logits } = prefilled
      for (let next = advance(logits); next !== null; next = advance(logits)) {
        tell?.(step())
        logits = await engine.decode({ sequence, ...next })
      }
      const last = step()
      tell?.(last)
      const decodeMs = performance.now() - prefillEnd
      const declinedFit = declining && (await engine.match(declining))
      return {
        text: last.text,
        tokenIds: [...search.generated],
        finish: search.finish ?? 'length',
        reused: sequence.reused,
        promptTokens: promptTokens(layout),
        ...(settings.logprobs !== null && { logprobs }),
        judgment: judge(
          card,
          { distance, confidence: confidenceOf(search, settings) },
          { prompt, text: last.text, declinedFit },
        ),
        timings: {
          ...timingsOf(encoded),
          prefillMs: prefillEnd - start,
          decodeMs,
          tokens: search.generated.length,
        },
      }
    },
  }
}

/** @throws {InputError} `image/too-many` if the model takes fewer pictures at once. */
function requireFewEnough(card: ModelCard, images: GenerateRequest['images']): void {
  const isLow = images.every(({ detail }) => detail === 'low')
  const most = picturesOf(card, isLow ? 'low' : 'auto')
  if (images.length > most) {
    throw new InputError('image/too-many', { pictures: images.length, most })
  }
}

/** Of pictures from the domain; a card has statistics for all or for none. */
function furthest(encoded: AllEncoded): number | null {
  const distances = encoded.flatMap(({ distance }) => distance ?? [])
  return distances.length > 0 ? Math.max(...distances) : null
}

/** Pictures that were encoded in one run have its time, equal to the last digit: it counts once. */
function timingsOf(encoded: AllEncoded): EncodeTimings {
  const sum = (stage: keyof EncodeTimings) =>
    [...new Set(encoded.map(({ timings }) => timings[stage]))].reduce((a, b) => a + b, 0)
  return {
    preprocessMs: sum('preprocessMs'),
    visionMs: sum('visionMs'),
    bridgeMs: sum('bridgeMs'),
  }
}

/** A search that tells its steps and, where that is wanted, how likely their tokens were. */
function followed(parts: TextParts, search: Search, settings: GenerationSettings) {
  const logprobs: ChosenLogprob[] = []
  return {
    logprobs,
    /** @param logits float32 [rows, vocabSize]; changed. */
    advance: (logits: Float32Array) => {
      const { logprobs: count } = settings
      const tell = count === null ? null : logprobsOf(logits, count, parts.vocabulary)
      const next = search.advance(logits)
      if (tell !== null) {
        logprobs.push(tell(search.generated.at(-1)!))
      }
      return next
    },
    step: (): Step => {
      const logprob = logprobs.at(-1)
      return { ...lastStep(parts, search, settings), ...(logprob && { logprob }) }
    },
  }
}

/** Positions of pictures and text, also of a prompt that an encoder reads. */
function promptTokens({ segments }: PromptLayout): number {
  const inputs = segments.flatMap((one) => (one.kind === 'encoded' ? one.input : [one]))
  return positionsOf(inputs).length
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
