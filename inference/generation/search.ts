/**
 * The interface of greedy search, sampling and beam search.
 *
 * A search knows nothing about sessions: it gets rows of logits and returns which token continues
 * which row. `advance` is called once after the prompt and once after every step.
 */

import type { StopReason, StopRule } from './stopping.ts'
import type { GenerationSettings } from './settings.ts'

/** The rows of the next step: row i continues row `parents[i]` of the last step with `tokens[i]`. */
export type Continuation = {
  readonly tokens: readonly number[]
  readonly parents: readonly number[]
}

export type Search = {
  /**
   * Chooses the rows to run next from the logits of the last ones.
   *
   * @param logits float32 [rows, vocabSize]; changed in place. One row at the first call.
   * @returns null at the end.
   */
  advance(logits: Float32Array): Continuation | null
  /** The ids of the best sequence so far, without the prompt; at the end the answer. */
  readonly generated: readonly number[]
  /**
   * Sum of the natural-log probabilities that the model itself gave to `generated`, before penalties
   * and temperature; at most 0.
   */
  readonly logProbability: number
  /** Why generation ended; null before the end. */
  readonly finish: StopReason | null
}

export type SearchInput = {
  /** The sequence as the reference has it: image placeholder ids, BOS, prompt. */
  readonly promptIds: readonly number[]
  readonly settings: GenerationSettings
  /** Columns of the logits. */
  readonly vocabSize: number
  /** Ids from here on have no token; sampling never draws them. */
  readonly knownIds: number
  readonly stops: StopRule
}
