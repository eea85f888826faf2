/**
 * The sequences at work: runs their prompts, gives them tokens, ends them.
 *
 * Sequences of one row step together, as rows of one cache, so that a step of all of them reads
 * the weights once. Those of several rows (beams) step alone, in caches of their own: a run of
 * five rows already has most of what a larger one gains.
 */

import { positionsOf } from '../families/common/runner.ts'
import type { PromptLayout, TextDecoder } from '../families/common/runner.ts'
import type { KvCache } from '../kv/kv-cache.ts'
import type { Positions, PrefixCache } from '../kv/prefix-cache.ts'
import type { DecodeStep, Prefilled, Sequence } from './work.ts'

/** What runs them. */
type DecoderRuns = Pick<TextDecoder, 'createCache' | 'prefill' | 'step' | 'score'>

export class Sequences {
  readonly #decoder: DecoderRuns
  readonly #prefixes: PrefixCache
  /** The sequences that step together, and the cache whose rows are theirs in this order. */
  readonly #together: Sequence[] = []
  #shared: KvCache | null = null
  /** All that have begun and not ended. */
  readonly #live = new Set<Sequence>()

  constructor(decoder: DecoderRuns, prefixes: PrefixCache) {
    this.#decoder = decoder
    this.#prefixes = prefixes
  }

  /**
   * Runs a prompt, except for a beginning whose keys and values an earlier request has left, or
   * another one at work has.
   */
  async prefill({ segments }: PromptLayout): Promise<Prefilled> {
    const positions = positionsOf(segments)
    const cache = (await this.#knownBeginning(positions)) ?? this.#decoder.createCache()
    const reused = cache.length
    try {
      const logits = await this.#decoder.prefill(cache, segments)
      const sequence = { cache, positions, reused }
      this.#live.add(sequence)
      return { sequence, logits }
    } catch (error) {
      cache.dispose()
      throw error
    }
  }

  /** One step of a sequence of several rows. @returns logits, float32 [rows, vocabSize]. */
  async stepAlone({ sequence, tokens, parents }: DecodeStep): Promise<Float32Array> {
    const cache = ownCache(sequence)
    await cache.reorder(parents)
    return this.#decoder.step(cache, tokens)
  }

  /**
   * One step of all sequences of one row.
   *
   * @param steps of every sequence that has stepped before and has not ended, and of new ones.
   * @returns logits of each, float32 [1, vocabSize], in the order of the steps.
   */
  async stepTogether(steps: readonly DecodeStep[]): Promise<Float32Array[]> {
    for (const { sequence } of steps) {
      if (!this.#together.includes(sequence)) {
        await this.#join(sequence)
      }
    }
    const tokens = this.#together.map((member) => {
      const step = steps.find(({ sequence }) => sequence === member)
      if (!step) {
        throw new RangeError('expected a token for every sequence that steps')
      }
      const [token] = step.tokens
      member.positions.push(token!)
      return token!
    })
    const logits = await this.#decoder.step(this.#shared!, tokens)
    const width = logits.length / tokens.length
    return steps.map(({ sequence }) => {
      const row = this.#together.indexOf(sequence)
      return logits.subarray(row * width, (row + 1) * width)
    })
  }

  /** Runs ids behind a sequence that has not stepped. @returns logits, float32 [ids, vocabSize]. */
  score(sequence: Sequence, ids: readonly number[]): Promise<Float32Array> {
    return this.#decoder.score(ownCache(sequence), ids)
  }

  /** Ends a sequence. @param whole whether its last run succeeded, so that it can be kept. */
  async end(sequence: Sequence, whole: boolean): Promise<void> {
    this.#live.delete(sequence)
    const keep = whole && this.#prefixes.enabled
    const together = this.#together.includes(sequence)
    const cache = together ? await this.#leave(sequence, keep) : sequence.cache
    sequence.cache = null
    if (cache && keep && cache.rows === 1) {
      this.#prefixes.keep(sequence.positions, cache)
      return
    }
    if (cache && keep) {
      // Beams agree on the prompt, and that is all that `positions` has of them.
      const copy = await copyIfPossible(cache, 0, sequence.positions.length)
      if (copy) {
        this.#prefixes.keep(sequence.positions, copy)
      }
    }
    cache?.dispose()
  }

  /** Deletes the keys and values kept of images. */
  forget(imageKeys: readonly string[]): void {
    this.#prefixes.forget(imageKeys)
  }

  /** Deletes what is kept. Every sequence must have ended. */
  close(): void {
    this.#prefixes.clear()
  }

  #knownBeginning(positions: Positions): Promise<KvCache | null> {
    const live = Array.from(this.#prefixes.enabled ? this.#live : [], (sequence) => ({
      positions: sequence.positions,
      copyOf: (length: number) => {
        const row = this.#together.indexOf(sequence)
        return row === -1
          ? copyIfPossible(ownCache(sequence), 0, length) // beams agree on these positions
          : copyIfPossible(this.#shared!, row, length)
      },
    }))
    return this.#prefixes.take(positions, live)
  }

  async #join(sequence: Sequence): Promise<void> {
    const cache = ownCache(sequence)
    if (this.#shared === null) {
      this.#shared = cache
    } else {
      await this.#shared.append(cache)
      cache.dispose()
    }
    this.#together.push(sequence)
    sequence.cache = null
  }

  /** Takes the row of a sequence out. @returns it as a cache of its own, where one is wanted. */
  async #leave(sequence: Sequence, wanted: boolean): Promise<KvCache | null> {
    const row = this.#together.indexOf(sequence)
    const shared = this.#shared!
    if (this.#together.length === 1) {
      this.#together.pop()
      this.#shared = null
      return shared
    }
    const copy = wanted ? await copyIfPossible(shared, row) : null
    await shared.remove(row)
    const last = this.#together.pop()!
    if (last !== sequence) {
      this.#together[row] = last
    }
    return copy
  }
}

/** Null where there is no memory for a copy: a later question takes longer then, and no more. */
async function copyIfPossible(
  cache: KvCache,
  row: number,
  length?: number,
): Promise<KvCache | null> {
  try {
    return await cache.copyOf(row, length)
  } catch {
    return null
  }
}

function ownCache({ cache }: Sequence): KvCache {
  if (cache === null) {
    throw new RangeError('expected a sequence with a cache of its own')
  }
  return cache
}
