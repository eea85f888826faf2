/**
 * Beam search for one prompt, step by step equal to transformers' vectorized implementation.
 *
 * Scores are float32 wherever the reference's tensors are. "Finished" beams start as placeholders
 * with a score of -1e9, which every real sequence beats.
 * Source: transformers 5.18.0, generation/utils.py, `_beam_search` and its helpers.
 */

import { processScores } from './processors.ts'
import { exponentialRace, type Random, seededRandom } from './random.ts'
import { logSoftmax, logSumExp, softmax, topIndices } from './scores.ts'
import type { Continuation, Search, SearchInput } from './search.ts'
import type { StopReason } from './stopping.ts'

/** Added to a score to exclude it: below every real score, which is a sum of log-probabilities. */
const OUT = -1e9

type Running = {
  readonly ids: readonly number[]
  readonly score: number
  /** As the model gave it, before penalties. */
  readonly logProbability: number
  readonly parent: number
}
type Candidate = Running & { readonly finish: StopReason | null }
type Finished = {
  readonly ids: readonly number[]
  readonly score: number
  readonly logProbability: number
  readonly finish: StopReason | null
}

export class BeamSearch implements Search {
  finish: StopReason | null = null
  readonly #input: SearchInput
  readonly #random: Random
  #running: Running[]
  #finished: Finished[]
  #canImprove = true

  constructor(input: SearchInput) {
    this.#input = input
    this.#random = seededRandom(input.settings.seed)
    const ids = input.promptIds
    // Only the first beam counts at the start, so that not all beams choose the same tokens.
    this.#running = Array.from({ length: input.settings.beams }, (_, beam) => ({
      ids,
      score: beam === 0 ? 0 : OUT,
      logProbability: 0,
      parent: 0,
    }))
    this.#finished = this.#running.map(() => ({
      ids,
      score: OUT,
      logProbability: 0,
      finish: null,
    }))
  }

  get generated(): readonly number[] {
    return this.#best.ids.slice(this.#input.promptIds.length)
  }

  get logProbability(): number {
    return this.#best.logProbability
  }

  get #best(): Running | Finished {
    return this.finish ? this.#finished[0]! : this.#running[0]!
  }

  advance(logits: Float32Array): Continuation | null {
    const { beams, earlyStopping } = this.#input.settings
    const rows = logits.length / this.#input.vocabSize
    const candidates = this.#candidates(logits, this.#accumulate(logits, rows))
    this.#running = best(candidates, beams, (one) => one.score + (one.finish ? OUT : 0))
    this.#updateFinished(candidates)
    this.#updateCanImprove()

    const full = this.#finished.every((one) => one.finish !== null)
    const stuck = candidates.every((one) => one.finish !== null)
    if (!this.#canImprove || (full && earlyStopping === true) || stuck) {
      this.finish = this.#finished[0]!.finish ?? 'length'
      return null
    }
    return {
      tokens: this.#running.map((one) => one.ids.at(-1)!),
      parents: this.#running.map((one) => one.parent),
    }
  }

  /**
   * Scores of every continuation: its log-probability plus the beam's own score.
   *
   * @param logits float32 [rows, vocabSize]; not changed.
   * @returns float32 [beams, vocabSize], at most about 0.
   */
  #accumulate(logits: Float32Array, rows: number): Float32Array {
    const { settings, promptIds, vocabSize, knownIds } = this.#input
    const total = new Float32Array(settings.beams * vocabSize)
    for (const [beam, { ids, score }] of this.#running.entries()) {
      const row = Math.min(beam, rows - 1) // the prompt's single row stands for all beams
      const scores = logSoftmax(logits.subarray(row * vocabSize, (row + 1) * vocabSize))
      processScores(scores, ids, ids.length - promptIds.length, settings, knownIds)
      for (let i = 0; i < vocabSize; i++) {
        total[beam * vocabSize + i] = scores[i]! + score
      }
    }
    return total
  }

  /**
   * The best continuations of all beams, enough that `beams` of them continue if all others stop.
   *
   * @param logits float32 [rows, vocabSize].
   * @param total float32 [beams, vocabSize].
   */
  #candidates(logits: Float32Array, total: Float32Array): Candidate[] {
    const { settings, promptIds, vocabSize, stops } = this.#input
    const rows = logits.length / vocabSize
    const rowOf = (beam: number) => Math.min(beam, rows - 1)
    const normalizers = Array.from({ length: rows }, (_, row) =>
      logSumExp(logits.subarray(row * vocabSize, (row + 1) * vocabSize)),
    )
    const count = Math.max(2, 1 + settings.stopIds.length) * settings.beams
    const ranked = settings.sample ? exponentialRace(softmax(total), this.#random) : total
    return topIndices(ranked, count).map((index) => {
      const beam = Math.floor(index / vocabSize)
      const before = this.#running[beam]!
      const token = index % vocabSize
      const ids = [...before.ids, token]
      const row = rowOf(beam)
      return {
        ids,
        score: total[index]!,
        logProbability:
          before.logProbability + logits[row * vocabSize + token]! - normalizers[row]!,
        parent: row,
        finish: stops(ids, ids.length - promptIds.length),
      }
    })
  }

  /** Ranks candidates that just ended, if among the best `beams`, together with the finished ones. */
  #updateFinished(candidates: readonly Candidate[]): void {
    const { beams, lengthPenalty, earlyStopping } = this.#input.settings
    const full = this.#finished.every((one) => one.finish !== null)
    const closed = (full && earlyStopping === true ? OUT : 0) + (this.#canImprove ? 0 : OUT)
    const ended = candidates.map((one, rank) => {
      const finish = rank < beams ? one.finish : null
      const length = one.ids.length - this.#input.promptIds.length
      const score = Math.fround(one.score / Math.fround(length ** lengthPenalty))
      return {
        ids: one.ids,
        score: Math.fround(score + closed + (finish ? 0 : OUT)),
        logProbability: one.logProbability,
        finish,
      }
    })
    this.#finished = best([...this.#finished, ...ended], beams, (one) => one.score)
  }

  /** Updates whether a running beam could still beat the worst finished one (the reference's heuristic). */
  #updateCanImprove(): void {
    const { lengthPenalty, earlyStopping, maxNewTokens } = this.#input.settings
    const first = this.#running[0]!
    const now = first.ids.length - this.#input.promptIds.length
    const length = earlyStopping === 'never' && lengthPenalty > 0 ? maxNewTokens : now
    const possible = Math.fround(first.score / Math.fround(length ** lengthPenalty))
    const full = this.#finished.every((one) => one.finish !== null)
    const worst = full ? Math.min(...this.#finished.map((one) => one.score)) : OUT
    this.#canImprove &&= possible > worst
  }
}

/** The `count` best items, best first, each with the float32 score that `rank` gave. */
function best<T extends { readonly score: number }>(
  items: readonly T[],
  count: number,
  rank: (item: T) => number,
): T[] {
  const scores = Float32Array.from(items, rank)
  return topIndices(scores, count).map((index) => ({ ...items[index]!, score: scores[index]! }))
}
