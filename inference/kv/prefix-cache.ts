/**
 * Keys and values of finished requests, so that a follow-up runs only what is new in it.
 *
 * A sequence is known by the picture at its start and by its text ids; a new prompt takes over the
 * longest common beginning. What was unused for longest goes first once a byte budget is full.
 */

import { LRUCache } from 'lru-cache'
import type { ModelStats } from '../types.ts'
import type { KvCache } from './kv-cache.ts'
import type { Sequence } from '../engine/work.ts'

type Kept = { readonly imageKey: string; readonly ids: readonly number[]; readonly cache: KvCache }

export class KeptConversations {
  readonly #kept: LRUCache<number, Kept>
  readonly #budget: number
  #nextId = 1
  #hits = 0
  #misses = 0
  #positions = 0

  /** @param budget bytes of keys and values kept at most. */
  constructor(budget: number) {
    this.#budget = budget
    this.#kept = new LRUCache({
      maxSize: Math.max(budget, 1), // 0 would mean no limit
      sizeCalculation: ({ cache }) => cache.bytes,
      // A deleted entry's cache is disposed of, or used further, by whoever deletes it.
      dispose: ({ cache }, _, reason) => reason === 'evict' && cache.dispose(),
    })
  }

  /**
   * The keys and values kept for the longest beginning of a new prompt.
   *
   * @returns a cache that is the caller's own, of one row, which leaves at least the last id of
   *   the prompt to be run; null if nothing is kept for the picture.
   */
  async find(imageKey: string, ids: readonly number[]): Promise<KvCache | null> {
    let best: { readonly key: number; readonly kept: Kept; readonly common: number } | null = null
    for (const [key, kept] of this.#kept.entries()) {
      if (kept.imageKey === imageKey) {
        const common = commonLength(kept.ids, ids.slice(0, -1))
        if (best === null || common > best.common) {
          best = { key, kept, common }
        }
      }
    }
    if (best === null) {
      this.#misses += 1
      return null
    }
    const { key, kept, common } = best
    const positions = kept.cache.length - kept.ids.length + common
    this.#hits += 1
    this.#positions += positions
    this.#kept.get(key)
    if (common < kept.ids.length) {
      return kept.cache.copyOf(0, positions)
    }
    this.#kept.delete(key) // the request will leave a longer one
    return kept.cache
  }

  /** Whether anything is kept at all. */
  get any(): boolean {
    return this.#budget > 0
  }

  /**
   * Keeps a finished sequence in the place of those it continues.
   *
   * @param cache one row; disposed of once it is no longer kept.
   */
  keep({ imageKey, ids }: Pick<Sequence, 'imageKey' | 'ids'>, cache: KvCache): void {
    const continued = [...this.#kept.entries()].filter(
      ([, kept]) => kept.imageKey === imageKey && commonLength(kept.ids, ids) === kept.ids.length,
    )
    for (const [key, kept] of continued) {
      this.#kept.delete(key)
      kept.cache.dispose()
    }
    const id = this.#nextId++
    this.#kept.set(id, { imageKey, ids, cache })
    if (!this.#kept.has(id)) {
      cache.dispose() // larger than the whole budget
    }
  }

  /** Deletes all that begins with one of these pictures. */
  forget(imageKeys: readonly string[]): void {
    const entries = [...this.#kept.entries()].filter(([, { imageKey }]) =>
      imageKeys.includes(imageKey),
    )
    for (const [key, { cache }] of entries) {
      this.#kept.delete(key)
      cache.dispose()
    }
  }

  /** Keeps nothing any more. */
  clear(): void {
    for (const { cache } of this.#kept.values()) {
      cache.dispose()
    }
    this.#kept.clear()
  }

  stats(): ModelStats['caches']['conversations'] {
    const bytes = this.#kept.calculatedSize
    return { hits: this.#hits, misses: this.#misses, positions: this.#positions, bytes }
  }
}

function commonLength(left: readonly number[], right: readonly number[]): number {
  const most = Math.min(left.length, right.length)
  let common = 0
  while (common < most && left[common] === right[common]) {
    common += 1
  }
  return common
}
