/**
 * What a request asks of the engine while it is carried out, one thing at a time.
 *
 * A request is a generator that yields what it needs next and is given what it asked for. Whoever
 * drives it may run the needs of several requests together, or end it there.
 */

import type { KeyedImage, PromptLayout } from '../families/runner.ts'
import type { EncodeTimings } from '../types.ts'
import type { KvCache } from '../kv/kv-cache.ts'
import type { EngineResult } from './requests.ts'

/** The keys and values of one request, from its prompt on. */
export type Sequence = {
  /** Its own, a row a beam; null while it has a row among the sequences that step together. */
  cache: KvCache | null
  /** What stands at the positions whose keys and values the first row has: ids and image keys. */
  readonly positions: (number | string)[]
  /** Positions of its beginning that an earlier request had left. */
  readonly reused: number
}

export type Need =
  /** The tokens of the request's picture; gives Encoded. */
  | { readonly kind: 'picture' }
  /** A sequence begun with a prompt and its images; gives Begun. */
  | { readonly kind: 'prompt'; readonly layout: PromptLayout }
  /**
   * One more token in every row of a sequence; gives logits, float32 [rows, vocabSize].
   * Row i continues the former row `parents[i]`; the number of rows may change.
   */
  | {
      readonly kind: 'step'
      readonly sequence: Sequence
      readonly tokens: readonly number[]
      readonly parents: readonly number[]
    }
  /** What follows ids that are not kept; gives logits of every one, float32 [ids, vocabSize]. */
  | { readonly kind: 'look'; readonly sequence: Sequence; readonly ids: readonly number[] }

export type Encoded = { readonly image: KeyedImage; readonly timings: EncodeTimings }

/** A sequence after its prompt, with the logits of the last position, float32 [1, vocabSize]. */
export type Begun = { readonly sequence: Sequence; readonly logits: Float32Array }

export type Given = Encoded | Begun | Float32Array | undefined

/** A request at work. Its first `next` takes nothing. */
export type Job = Generator<Need, EngineResult, Given>

/** Asks for the tokens of the request's picture. */
export function* needPicture(): Generator<Need, Encoded, Given> {
  const given = yield { kind: 'picture' }
  if (!given || !('image' in given)) {
    throw new TypeError('expected image tokens')
  }
  return given
}

export function* needPrompt(layout: PromptLayout): Generator<Need, Begun, Given> {
  const given = yield { kind: 'prompt', layout }
  if (!given || !('sequence' in given)) {
    throw new TypeError('expected a sequence')
  }
  return given
}

/** Asks for what gives logits. */
export function* needLogits(
  need: Extract<Need, { readonly kind: 'step' | 'look' }>,
): Generator<Need, Float32Array, Given> {
  const given = yield need
  if (!(given instanceof Float32Array)) {
    throw new TypeError('expected logits')
  }
  return given
}
