/**
 * When a sequence ends: a stop id, a stop string, or the length.
 *
 * Semantics of transformers' stopping criteria; source: transformers 5.18.0,
 * generation/stopping_criteria.py.
 */

import type { GenerationSettings } from './settings.ts'

export type StopReason = 'stop' | 'length'

/**
 * Says whether a sequence has just ended.
 *
 * @param ids the whole sequence, prompt included, its last id the new one.
 * @param generated how many of them were generated.
 */
export type StopRule = (ids: readonly number[], generated: number) => StopReason | null

/** The bytes an id stands for in the text; null for an id that no vocabulary entry has. */
export type TokenBytes = (id: number) => Uint8Array | null

/** The rule of a request's settings. A stop wins over the length when both are reached. */
export function createStopRule(settings: GenerationSettings, tokenBytes: TokenBytes): StopRule {
  const encoder = new TextEncoder()
  const strings = settings.stopStrings.map((text) => encoder.encode(text))
  return (ids, generated) => {
    if (
      settings.stopIds.includes(ids.at(-1)!) ||
      strings.some((text) => endsWithString(ids, text, tokenBytes))
    ) {
      return 'stop'
    }
    return generated >= settings.maxNewTokens ? 'length' : null
  }
}

/**
 * Whether the text of the ids holds the stop string with a part of it in the last id, as
 * StopStringCriteria defines it: `st|opera` ends with "stop", `stop|at` does not.
 */
function endsWithString(ids: readonly number[], text: Uint8Array, tokenBytes: TokenBytes): boolean {
  const last = tokenBytes(ids.at(-1)!)
  if (!last || last.length === 0) {
    return false
  }
  // Enough of the sequence to hold the string if its last byte is the first one of the last id.
  const pieces = [last]
  let before = 0
  for (let i = ids.length - 2; i >= 0 && before < text.length - 1; i--) {
    const piece = tokenBytes(ids[i]!)
    if (!piece) {
      break
    }
    pieces.unshift(piece)
    before += piece.length
  }
  const whole = Buffer.concat(pieces)
  const place = whole.lastIndexOf(text)
  return place >= 0 && place + text.length > before
}

/** Cuts the text where the first stop string begins; with none in it, the text stays whole. */
export function cutAtStopString(text: string, stopStrings: readonly string[]): string {
  const places = stopStrings.map((stop) => text.indexOf(stop)).filter((place) => place >= 0)
  return places.length > 0 ? text.slice(0, Math.min(...places)) : text
}

/** The longest start of the text that cannot be part of a stop string still being written. */
export function holdBackStopString(text: string, stopStrings: readonly string[]): string {
  let kept = text.length
  for (const stop of stopStrings) {
    for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
      if (text.endsWith(stop.slice(0, length))) {
        kept = Math.min(kept, text.length - length)
        break
      }
    }
  }
  return text.slice(0, kept)
}
