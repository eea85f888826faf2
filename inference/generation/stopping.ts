/**
 * Decides when a sequence ends: at a stop id, a stop string, or the maximum length.
 *
 * Same semantics as transformers' stopping criteria. Source: transformers 5.18.0,
 * generation/stopping_criteria.py.
 */

import type { GenerationSettings } from './settings.ts'

export type StopReason = 'stop' | 'length'

/**
 * Returns why a sequence ended with its last id, or null if it continues.
 *
 * @param ids the whole sequence, prompt included; the last id is the new one.
 * @param generated how many of the ids were generated.
 */
export type StopRule = (ids: readonly number[], generated: number) => StopReason | null

/** The bytes of an id in the text, uint8 [length]; null for an id without a token. */
export type TokenBytes = (id: number) => Uint8Array | null

/** Creates the rule of a request's settings. If both apply, the result is `stop`, not `length`. */
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
 * Whether the text of the ids contains the stop string with a part of it in the last id, as
 * StopStringCriteria defines it: `st|opera` ends with "stop", `stop|at` does not.
 *
 * @param text the stop string in UTF-8, uint8 [length], not empty.
 */
function endsWithString(ids: readonly number[], text: Uint8Array, tokenBytes: TokenBytes): boolean {
  const last = tokenBytes(ids.at(-1)!)
  if (!last || last.length === 0) {
    return false
  }
  // Enough of the sequence for a stop string whose last byte is the first byte of the last id.
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

/** Cuts the text before the first stop string; without one, returns the whole text. */
export function cutAtStopString(text: string, stopStrings: readonly string[]): string {
  const places = stopStrings.map((stop) => text.indexOf(stop)).filter((place) => place >= 0)
  return places.length > 0 ? text.slice(0, Math.min(...places)) : text
}

/** The text without an end that may become a stop string with the next tokens. */
export function holdBackStopString(text: string, stopStrings: readonly string[]): string {
  let end = text.length
  for (const stop of stopStrings) {
    for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
      if (text.endsWith(stop.slice(0, length))) {
        end = Math.min(end, text.length - length)
        break
      }
    }
  }
  return text.slice(0, end)
}
