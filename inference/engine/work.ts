/**
 * What the requests at work ask of the engine, one run at a time.
 *
 * A request is carried out by a program, an async function that awaits one run after the other.
 * The scheduler collects what all programs wait for and may run several of these together.
 */

import type { ImageVectors, KeyedImage, PromptLayout } from '../families/common/runner.ts'
import type { KvCache } from '../kv/kv-cache.ts'
import type { PictureText } from '../ocr/read-picture.ts'
import type { EncodeTimings } from '../contract/types.ts'
import type { EngineResult } from '../contract/requests.ts'

/** The keys and values of one request, from its prompt on. */
export type Sequence = {
  /** Its own, a row a beam; null while it has a row among the sequences that step together. */
  cache: KvCache | null
  /** What stands at the positions whose keys and values the first row has: ids and image keys. */
  readonly positions: (number | string)[]
  /** Positions of its beginning that an earlier request had left. */
  readonly reused: number
}

export type Encoded = {
  readonly image: KeyedImage
  /** From the model's domain, as a share of the card's limit; null without statistics. */
  readonly distance: number | null
  readonly timings: EncodeTimings
}

/** A picture's vectors, and how far it is from the domain of the model that compares it with texts. */
export type JudgedVectors = ImageVectors & {
  /** As a share of the card's limit; null without statistics. */
  readonly distance: number | null
}

/** What is known of a request's pictures, in their order, one or more. */
export type AllEncoded = readonly [Encoded, ...Encoded[]]

/** A sequence after its prompt, with the logits of the last position, float32 [1, vocabSize]. */
export type Prefilled = { readonly sequence: Sequence; readonly logits: Float32Array }

/**
 * One more token in every row of a sequence. Row i continues the former row `parents[i]`; the
 * number of rows may change.
 */
export type DecodeStep = {
  readonly sequence: Sequence
  readonly tokens: readonly number[]
  readonly parents: readonly number[]
}

/** What a program can await. */
export type EngineRuns = {
  /**
   * The tokens of the request's pictures.
   *
   * @param prompt its text, for a bridge that reads it. Null: no tokens are wanted, so such a bridge
   *   does not run.
   */
  encode(prompt: string | null): Promise<AllEncoded>
  /** The text in the request's picture. */
  read(): Promise<PictureText>
  /** The vector of a text, float32 [width], of length 1. */
  embedText(ids: readonly number[]): Promise<Float32Array>
  /** What texts are compared with, of the request's picture, which was encoded. */
  embedImage(): Promise<JudgedVectors>
  /** The probability that a text fits the request's picture, which was encoded. */
  match(ids: readonly number[]): Promise<number>
  prefill(layout: PromptLayout): Promise<Prefilled>
  /** @returns logits, float32 [rows, vocabSize]. */
  decode(step: DecodeStep): Promise<Float32Array>
  /** Runs ids that do not stay in the sequence. @returns logits of each, float32 [ids, vocabSize]. */
  score(sequence: Sequence, ids: readonly number[]): Promise<Float32Array>
}

export type Program = {
  /** Rows of the decoder that it takes at most. */
  readonly rows: number
  run(engine: EngineRuns): Promise<EngineResult>
}

/** A run that a program waits for. */
export type Work =
  | {
      readonly kind: 'encode'
      readonly prompt: string | null
      readonly done: (encoded: AllEncoded) => void
    }
  | {
      readonly kind: 'read'
      readonly done: (text: PictureText) => void
    }
  | {
      readonly kind: 'embed-text'
      readonly ids: readonly number[]
      readonly done: (vector: Float32Array) => void
    }
  | {
      readonly kind: 'embed-image'
      readonly done: (vectors: JudgedVectors) => void
    }
  | {
      readonly kind: 'match'
      readonly ids: readonly number[]
      readonly done: (probability: number) => void
    }
  | {
      readonly kind: 'prefill'
      readonly layout: PromptLayout
      readonly done: (prefilled: Prefilled) => void
    }
  | {
      readonly kind: 'decode'
      readonly step: DecodeStep
      /** Takes float32 [rows, vocabSize]. */
      readonly done: (logits: Float32Array) => void
    }
  | {
      readonly kind: 'score'
      readonly sequence: Sequence
      readonly ids: readonly number[]
      /** Takes float32 [ids, vocabSize]. */
      readonly done: (logits: Float32Array) => void
    }
