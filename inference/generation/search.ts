/**
 * The common face of greedy search, sampling and beam search.
 *
 * A search knows nothing of sessions: it takes rows of logits and says which token continues
 * which row. `advance` is called once for the prompt and once for every step after it.
 */

import type { StopReason, StopRule } from './stopping.ts'
import type { GenerationSettings } from './settings.ts'

/** The rows of the next step: row i gets `tokens[i]` and continues the former row `parents[i]`. */
export type Continuation = {
  readonly tokens: readonly number[]
  readonly parents: readonly number[]
}

export type Search = {
  /**
   * Takes the logits of the rows last asked for and gives the rows to run next; null at the end.
   *
   * @param logits float32, [rows, vocabSize]; changed in place. One row at the first call.
   */
  advance(logits: Float32Array): Continuation | null
  /** The best sequence so far, the prompt left out; at the end the answer. */
  readonly generated: readonly number[]
  /** Why the answer ended; null before the end. */
  readonly finish: StopReason | null
}

export type SearchInput = {
  /** The sequence as the reference sees it: image placeholder ids, BOS, prompt. */
  readonly promptIds: readonly number[]
  readonly settings: GenerationSettings
  /** Columns of the logits. */
  readonly vocabSize: number
  /** Ids from here on stand for no text; sampling never draws them. */
  readonly knownIds: number
  readonly stops: StopRule
}
