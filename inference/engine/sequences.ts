/**
 * The sequences at work: begins them, gives them tokens, ends them.
 *
 * Sequences of one row step together, as rows of one cache, so that a step of all of them reads
 * the weights once. Those of several rows (beams) step alone, in caches of their own: a run of
 * five rows already has most of what a larger one gains.
 */

import type { ImageTokens } from '../types.ts'
import type { Decoder } from './decoder.ts'
import type { KeptConversations } from '../kv/prefix-cache.ts'
import type { KvCache } from '../kv/kv-cache.ts'
import type { Begun, Need, Sequence } from './work.ts'

export type StepNeed = Extract<Need, { readonly kind: 'step' }>

export class Sequences {
  readonly #decoder: Decoder
  readonly #kept: KeptConversations
  /** The sequences that step together, and the cache whose rows are theirs in this order. */
  readonly #together: Sequence[] = []
  #shared: KvCache | null = null

  constructor(decoder: Decoder, kept: KeptConversations) {
    this.#decoder = decoder
    this.#kept = kept
  }

  /**
   * Runs a picture and a prompt, but for a beginning that an earlier request has left.
   *
   * @param imageKey content hash of the picture.
   */
  async begin(imageKey: string, image: ImageTokens, ids: readonly number[]): Promise<Begun> {
    const cache = (await this.#kept.find(imageKey, ids)) ?? this.#decoder.createCache()
    const reused = cache.length
    const fresh = reused === 0 ? ids : ids.slice(reused - image.shape[0])
    try {
      const logits = await this.#decoder.run(cache, {
        ...(reused === 0 && { image }),
        ids: [fresh],
        logits: 'last',
        keep: true,
      })
      return { sequence: { cache, imageKey, ids: [...ids], reused }, logits }
    } catch (error) {
      cache.dispose()
      throw error
    }
  }

  /** One step of a sequence of several rows. @returns logits, float32 [rows, vocabSize]. */
  async stepAlone({ sequence, tokens, parents }: StepNeed): Promise<Float32Array> {
    const cache = ownCache(sequence)
    await cache.reorder(parents)
    const ids = tokens.map((token) => [token])
    return this.#decoder.run(cache, { ids, logits: 'last', keep: true })
  }

  /**
   * One step of all sequences of one row.
   *
   * @param needs of every sequence that has stepped before and has not ended, and of new ones.
   * @returns logits of each, float32 [1, vocabSize], in the order of the needs.
   */
  async stepTogether(needs: readonly StepNeed[]): Promise<Float32Array[]> {
    for (const { sequence } of needs) {
      if (!this.#together.includes(sequence)) {
        await this.#join(sequence)
      }
    }
    const tokens = this.#together.map((member) => {
      const need = needs.find(({ sequence }) => sequence === member)
      if (!need) {
        throw new RangeError('expected a token for every sequence that steps')
      }
      member.ids.push(need.tokens[0]!)
      return [need.tokens[0]!]
    })
    const logits = await this.#decoder.run(this.#shared!, {
      ids: tokens,
      logits: 'last',
      keep: true,
    })
    const width = logits.length / tokens.length
    return needs.map(({ sequence }) => {
      const row = this.#together.indexOf(sequence)
      return logits.subarray(row * width, (row + 1) * width)
    })
  }

  /** Runs ids behind a sequence that has not stepped, and forgets them again. */
  look(sequence: Sequence, ids: readonly number[]): Promise<Float32Array> {
    return this.#decoder.run(ownCache(sequence), { ids: [ids], logits: 'all', keep: false })
  }

  /** Ends a sequence. @param whole whether its last run went well, so that it can be kept. */
  async end(sequence: Sequence, whole: boolean): Promise<void> {
    const keep = whole && this.#kept.any
    const together = this.#together.includes(sequence)
    const cache = together ? await this.#leave(sequence, keep) : sequence.cache
    sequence.cache = null
    if (cache && keep && cache.rows === 1) {
      this.#kept.keep(sequence, cache)
      return
    }
    if (cache && keep) {
      // Beams agree on the picture and the prompt, and those are all that `ids` has of them.
      const positions = this.#decoder.imagePositions + sequence.ids.length
      const copy = await copyIfPossible(cache, 0, positions)
      if (copy) {
        this.#kept.keep(sequence, copy)
      }
    }
    cache?.dispose()
  }

  /** Deletes the keys and values kept of pictures. */
  forget(imageKeys: readonly string[]): void {
    this.#kept.forget(imageKeys)
  }

  /** Keeps nothing any more. Every sequence must have ended. */
  close(): void {
    this.#kept.clear()
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
