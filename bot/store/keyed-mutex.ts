/** Runs work with the same key one after another. Work with different keys runs at the same time. */

import { Mutex } from 'async-mutex'

export class KeyedMutex {
  /** Mutexes of the keys with running or waiting work. */
  readonly #mutexes = new Map<string, Mutex>()

  /** Number of keys with running or waiting work. */
  get size(): number {
    return this.#mutexes.size
  }

  /** Runs `work` after all earlier work with this key, even if that failed. */
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

  /** Waits until there is no running or waiting work. */
  async settle(): Promise<void> {
    while (this.#mutexes.size > 0) {
      await Promise.all(this.#mutexes.values().map((mutex) => mutex.waitForUnlock()))
    }
  }
}
