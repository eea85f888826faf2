/** A process that can be killed between any two of its writes, to the store or to Discord. */

import type { Collection, CollectionSpec, Store } from '../../bot/store/types.ts'

/** Thrown by every operation of a killed process, and by one that fails. */
export class Killed extends Error {
  override name = 'Killed' as const
}

/** Counts the writes, and kills the process just before one of them, or fails that one. */
export class Life {
  readonly #endsAt: number
  readonly #goesOn: boolean
  #moments = 0

  /**
   * @param endsAt the write at which it ends, from 1; Infinity: never.
   * @param goesOn whether only that write fails, and the process lives.
   */
  constructor(endsAt: number, goesOn = false) {
    this.#endsAt = endsAt
    this.#goesOn = goesOn
  }

  /** Writes so far, the last one included. */
  get moments(): number {
    return this.#moments
  }

  /** Reads fail after the kill, too. */
  read<R>(work: () => Promise<R>): Promise<R> {
    if (!this.#goesOn) {
      this.#live()
    }
    return work()
  }

  write<R>(work: () => Promise<R>): Promise<R> {
    this.#moments += 1
    this.#live()
    return work()
  }

  #live(): void {
    if (this.#goesOn ? this.#moments === this.#endsAt : this.#moments >= this.#endsAt) {
      throw new Killed()
    }
  }
}

/** The store of a process that can be killed. */
export function mortalStore(store: Store, life: Life): Store {
  return {
    backend: store.backend,
    ping: () => store.ping(),
    close: () => store.close(),
    collection<T>(spec: CollectionSpec<T>): Collection<T> {
      const collection = store.collection(spec)
      return {
        ttlMs: collection.ttlMs,
        storedKey: (key) => collection.storedKey(key),
        get: (key) => life.read(() => collection.get(key)),
        set: (...args) => life.write(() => collection.set(...args)),
        update: (...args) => life.write(() => collection.update(...args)),
        delete: (key) => life.write(() => collection.delete(key)),
        deleteAll: (prefix) => life.write(() => collection.deleteAll(prefix)),
        async *keys(prefix) {
          for await (const key of collection.keys(prefix)) {
            yield await life.read(() => Promise.resolve(key))
          }
        },
        async *entries(prefix) {
          for await (const entry of collection.entries(prefix)) {
            yield await life.read(() => Promise.resolve(entry))
          }
        },
        async *keysWith(tag) {
          for await (const key of collection.keysWith(tag)) {
            yield await life.read(() => Promise.resolve(key))
          }
        },
        async *entriesWith(tag) {
          for await (const entry of collection.entriesWith(tag)) {
            yield await life.read(() => Promise.resolve(entry))
          }
        },
      }
    },
  }
}
