/** A map that keeps what was used last, up to a total size. */

export class LruMap<Key, Value> {
  readonly #entries = new Map<Key, { readonly value: Value; readonly size: number }>()
  readonly #capacity: number
  readonly #dropped: (value: Value) => void
  #size = 0

  /**
   * @param capacity largest sum of the sizes of what is kept.
   * @param dropped told of every value that is no longer kept, but for those taken out.
   */
  constructor(capacity: number, dropped: (value: Value) => void = () => {}) {
    this.#capacity = capacity
    this.#dropped = dropped
  }

  /** Sum of the sizes of what is kept. */
  get size(): number {
    return this.#size
  }

  /** Finds an entry and counts it as used now. */
  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
    return entry?.value
  }

  /** Keeps an entry, and drops those unused for longest that no longer fit. */
  set(key: Key, value: Value, size: number): void {
    this.delete(key)
    if (size > this.#capacity) {
      this.#dropped(value)
      return
    }
    this.#entries.set(key, { value, size })
    this.#size += size
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#capacity) {
        break
      }
      this.delete(oldest)
    }
  }

  delete(key: Key): void {
    const value = this.take(key)
    if (value !== undefined) {
      this.#dropped(value)
    }
  }

  /** Takes an entry out, which is then the caller's. */
  take(key: Key): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry) {
      this.#entries.delete(key)
      this.#size -= entry.size
    }
    return entry?.value
  }

  /** Everything kept, the longest unused first. */
  entries(): IterableIterator<[Key, { readonly value: Value; readonly size: number }]> {
    return this.#entries.entries()
  }
}
