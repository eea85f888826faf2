/**
 * Changes a row of scores before a token is chosen, in the order of transformers'
 * `_get_logits_processor`: repetition penalty, no-repeat n-gram, minimum length, and for sampling
 * temperature, top-k, top-p.
 *
 * Every function changes one row in place: `scores`, float32 [vocabSize], logits or log-probabilities;
 * -Infinity forbids an id. `ids` is the whole sequence as the reference has it: image placeholder
 * ids, BOS, prompt, generated.
 * Source: transformers 5.18.0, generation/logits_process.py.
 */

import { softmax } from './scores.ts'
import type { GenerationSettings } from './settings.ts'

/** Whether `processScores` would change anything. */
export function changesScores(settings: GenerationSettings, generated: number): boolean {
  return (
    settings.repetitionPenalty !== 1 ||
    settings.noRepeatNgramSize > 0 ||
    generated < settings.minNewTokens ||
    settings.sample
  )
}

/**
 * Applies the processors that the settings select, in order.
 *
 * @param generated how many of the ids were generated.
 * @param knownIds ids from here on have no token. The reference does not mask them, so only
 *   sampling does, whose draws differ from the reference's anyway.
 */
export function processScores(
  scores: Float32Array,
  ids: readonly number[],
  generated: number,
  settings: GenerationSettings,
  knownIds: number,
): void {
  if (settings.repetitionPenalty !== 1) {
    penalizeRepetition(scores, ids, settings.repetitionPenalty)
  }
  if (settings.noRepeatNgramSize > 0) {
    forbidRepeatedNgrams(scores, ids, settings.noRepeatNgramSize)
  }
  if (generated < settings.minNewTokens) {
    forbid(scores, settings.stopIds)
  }
  if (settings.sample) {
    // A beam can continue only with a token that is not a stop id, so at least one must remain.
    const keep = settings.beams > 1 ? settings.stopIds.length + 1 : 1
    scores.fill(-Infinity, knownIds)
    applyTemperature(scores, settings.temperature)
    if (settings.topK > 0) {
      keepTopK(scores, Math.max(settings.topK, keep))
    }
    if (settings.topP < 1) {
      keepTopP(scores, settings.topP, keep)
    }
  }
}

/** Makes every id of the sequence less likely: a negative score is multiplied by the penalty, a positive one divided. */
export function penalizeRepetition(
  scores: Float32Array,
  ids: readonly number[],
  penalty: number,
): void {
  const factor = Math.fround(penalty)
  // Placeholder ids may be beyond the vocabulary; the reference ignores them too.
  for (const id of new Set(ids)) {
    const score = scores[id]
    if (score !== undefined) {
      scores[id] = score < 0 ? score * factor : score / factor
    }
  }
}

/** Forbids every id that would complete an n-gram the sequence already has. */
export function forbidRepeatedNgrams(
  scores: Float32Array,
  ids: readonly number[],
  size: number,
): void {
  const last = ids.length - size
  const prefix = last + 1 // where the n-gram now being completed begins
  for (let start = 0; start <= last; start++) {
    let same = true
    for (let i = 0; i < size - 1 && same; i++) {
      same = ids[start + i] === ids[prefix + i]
    }
    if (same) {
      forbid(scores, [ids[start + size - 1]!])
    }
  }
}

/** Divides every score by the temperature, above 0. */
export function applyTemperature(scores: Float32Array, temperature: number): void {
  const divisor = Math.fround(temperature)
  for (let i = 0; i < scores.length; i++) {
    scores[i] = scores[i]! / divisor
  }
}

/** Forbids all but the `count` largest scores; scores equal to the smallest of these stay too. */
export function keepTopK(scores: Float32Array, count: number): void {
  const least = scores.toSorted()[Math.max(scores.length - count, 0)]!
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! < least) {
      scores[i] = -Infinity
    }
  }
}

/** Keeps the fewest scores whose probabilities sum to `mass` (0 to 1), and at least `least` of them. */
export function keepTopP(scores: Float32Array, mass: number, least: number): void {
  const probabilities = softmax(scores)
  const ascending = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || a - b)
  const dropped = Math.fround(1 - mass)
  let sum = 0
  for (const index of ascending.slice(0, scores.length - least)) {
    sum += probabilities[index]!
    if (Math.fround(sum) > dropped) {
      return
    }
    scores[index] = -Infinity
  }
}

/** Forbids ids; those beyond the row are ignored. */
export function forbid(scores: Float32Array, ids: readonly number[]): void {
  for (const id of ids) {
    if (id < scores.length) {
      scores[id] = -Infinity
    }
  }
}
