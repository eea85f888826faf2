/** Runs work with the same key one after another; work with other keys does not wait. */

import { Mutex } from 'async-mutex'

export class KeyedMutex {
  /** Those with work under way. */
  readonly #mutexes = new Map<string, Mutex>()

  /** How many keys have work under way. */
  get size(): number {
    return this.#mutexes.size
  }

  /** Runs `work` after everything that was added before with this key, even if that failed. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mutex = this.#mutexes.get(key) ?? new Mutex()
    this.#mutexes.set(key, mutex)
    try {
      return await mutex.runExclusive(work)
    } finally {
      if (!mutex.isLocked()) {
        this.#mutexes.delete(key)
      }
    }
  }

  /** Waits until nothing is under way. */
  async settle(): Promise<void> {
    while (this.#mutexes.size > 0) {
      await Promise.all(this.#mutexes.values().map((mutex) => mutex.waitForUnlock()))
    }
  }
}
