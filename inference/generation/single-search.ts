/** Greedy search and sampling, with one row. Source: transformers 5.18.0, generation/utils.py, `_sample`. */

import { changesScores, processScores } from './processors.ts'
import { drawOne, type Random, seededRandom } from './random.ts'
import { argmax, logSumExp, softmax } from './scores.ts'
import type { Continuation, Search, SearchInput } from './search.ts'
import type { StopReason } from './stopping.ts'

export class SingleSearch implements Search {
  finish: StopReason | null = null
  logProbability = 0
  readonly #input: SearchInput
  readonly #random: Random
  readonly #ids: number[]

  constructor(input: SearchInput) {
    this.#input = input
    this.#ids = [...input.promptIds]
    this.#random = seededRandom(input.settings.seed)
  }

  get generated(): readonly number[] {
    return this.#ids.slice(this.#input.promptIds.length)
  }

  advance(logits: Float32Array): Continuation | null {
    const { settings, promptIds, stops, knownIds } = this.#input
    const count = this.#ids.length - promptIds.length
    // A copy of each row would be most of what a step leaves to the garbage collector.
    const unprocessed = changesScores(settings, count) ? logits.slice() : logits // [vocabSize]
    processScores(logits, this.#ids, count, settings, knownIds)
    const token = settings.sample ? this.#draw(logits) : argmax(logits)
    this.#ids.push(token)
    this.logProbability += unprocessed[token]! - logSumExp(unprocessed)
    this.finish = stops(this.#ids, this.#ids.length - promptIds.length)
    return this.finish ? null : { tokens: [token], parents: [0] }
  }

  /** @param scores float32 [vocabSize], processed. */
  #draw(scores: Float32Array): number {
    return drawOne(softmax(scores), this.#random)
  }
}
