/**
 * Keys and values of finished requests, so that a follow-up runs only what is new in it.
 *
 * A sequence is known by what stands at each of its positions: a text id, or the key of an image.
 * A new prompt takes over the longest common beginning, which may end anywhere, inside an image
 * too. The least recently used sequences are dropped once a byte budget is full, and all once they
 * are too old: they are computed from what people wrote and showed.
 */

import { LRUCache } from 'lru-cache'
import type { KvCache } from './kv-cache.ts'

/** What stands at each position: the id of a token, or the key of the image it belongs to. */
export type Positions = readonly (number | string)[]

/** The cache has one row, and as many positions. */
type Entry = { readonly positions: Positions; readonly cache: KvCache }

/** A sequence that is still at work. */
export type LiveSequence = {
  readonly positions: Positions
  /** A cache of its own with the first positions; null if there is no memory for it. */
  copyOf(length: number): Promise<KvCache | null>
}

export class PrefixCache {
  readonly #entries: LRUCache<number, Entry>
  readonly #budget: number
  #nextId = 1
  #hits = 0
  #misses = 0
  #reused = 0

  /**
   * @param budget bytes of keys and values to keep at most; 0 keeps none.
   * @param maxAgeMs after which a sequence is no longer found, and `forget` deletes it.
   */
  constructor(budget: number, maxAgeMs: number = Infinity) {
    this.#budget = budget
    this.#entries = new LRUCache({
      ttl: Number.isFinite(maxAgeMs) ? maxAgeMs : 0,
      maxSize: Math.max(budget, 1), // 0 would mean no limit
      sizeCalculation: ({ cache }) => cache.bytes,
      // Code that deletes an entry disposes of its cache, or uses it further.
      dispose: ({ cache }, _, reason) => {
        if (reason === 'evict' || reason === 'expire') {
          cache.dispose()
        }
      },
    })
  }

  /** Whether anything is kept at all. */
  get enabled(): boolean {
    return this.#budget > 0
  }

  /**
   * The keys and values of the longest known beginning of a new prompt.
   *
   * @param live running sequences, searched besides those that are kept.
   * @returns a cache that is the caller's own, of one row, which leaves at least the last position
   *   of the prompt to be run; null if no known sequence begins alike.
   */
  async take(prompt: Positions, live: readonly LiveSequence[] = []): Promise<KvCache | null> {
    const most = prompt.slice(0, -1)
    let best = { id: 0, length: 0 }
    for (const [id, { positions }] of this.#entries.entries()) {
      const length = commonLength(positions, most)
      if (length > best.length) {
        best = { id, length }
      }
    }
    const copy = await copyOfLonger(live, most, best.length)
    if (copy !== null) {
      this.#hits += 1
      this.#reused += copy.length
      return copy
    }
    const entry = this.#entries.get(best.id)
    if (entry === undefined) {
      this.#misses += 1
      return null
    }
    this.#hits += 1
    this.#reused += best.length
    if (best.length < entry.positions.length) {
      return entry.cache.copyOf(0, best.length)
    }
    this.#entries.delete(best.id) // the request will leave a longer one
    return entry.cache
  }

  /**
   * Keeps a finished sequence, instead of those that it continues.
   *
   * @param cache one row of as many positions; disposed of once it is dropped.
   */
  keep(positions: Positions, cache: KvCache): void {
    for (const [id, entry] of Array.from(this.#entries.entries())) {
      if (commonLength(entry.positions, positions) === entry.positions.length) {
        this.#entries.delete(id)
        entry.cache.dispose()
      }
    }
    const id = this.#nextId++
    this.#entries.set(id, { positions, cache })
    if (!this.#entries.has(id)) {
      cache.dispose() // larger than the whole budget
    }
  }

  /**
   * Deletes every sequence with one of these images in it, and all that are too old.
   *
   * @param imageKeys as in the positions, or what stands there before or between colons.
   */
  forget(imageKeys: readonly string[]): void {
    this.#entries.purgeStale()
    const keys = new Set(imageKeys)
    for (const [id, { positions, cache }] of Array.from(this.#entries.entries())) {
      const isForgotten = (position: number | string) =>
        typeof position === 'string' && position.split(':').some((part) => keys.has(part))
      if (positions.some(isForgotten)) {
        this.#entries.delete(id)
        cache.dispose()
      }
    }
  }

  /** Deletes everything. */
  clear(): void {
    for (const { cache } of this.#entries.values()) {
      cache.dispose()
    }
    this.#entries.clear()
  }

  /** How often a beginning was reused, how many positions in all, and the memory taken. */
  stats(): Readonly<Record<'hits' | 'misses' | 'positions' | 'bytes', number>> {
    const bytes = this.#entries.calculatedSize
    return { hits: this.#hits, misses: this.#misses, positions: this.#reused, bytes }
  }
}

/** A copy of the longest beginning of a prompt among live sequences; null if none is longer. */
async function copyOfLonger(
  live: readonly LiveSequence[],
  prompt: Positions,
  known: number,
): Promise<KvCache | null> {
  let best: { readonly sequence: LiveSequence | null; readonly length: number } = {
    sequence: null,
    length: known,
  }
  for (const sequence of live) {
    const length = commonLength(sequence.positions, prompt)
    if (length > best.length) {
      best = { sequence, length }
    }
  }
  return (await best.sequence?.copyOf(best.length)) ?? null
}

/** How many positions of both are the same, from the first on. */
function commonLength(left: Positions, right: Positions): number {
  const most = Math.min(left.length, right.length)
  let common = 0
  while (common < most && left[common] === right[common]) {
    common += 1
  }
  return common
}
