/** A store whose operations fail when a test says so, as they do while a database is unavailable. */

import type { Collection, CollectionSpec, Store } from '../../bot/store/types.ts'

export type Operation = Exclude<keyof Collection<unknown>, 'ttlMs'>

export const OPERATIONS: readonly Operation[] = [
  'get',
  'set',
  'update',
  'delete',
  'entries',
  'keys',
  'entriesWith',
  'keysWith',
  'deleteAll',
]

export class FailingStore implements Store {
  readonly backend: Store['backend']
  /** The operations that fail from now on. */
  failing: ReadonlySet<Operation> = new Set()
  /** Name of the collection whose operations fail; undefined: all. */
  only: string | undefined
  /** What they throw. */
  error: Error = new Error('the store is away')
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
    this.backend = store.backend
  }

  collection<T>(spec: CollectionSpec<T>): Collection<T> {
    const collection = this.#store.collection(spec)
    const tried = async <R>(operation: Operation, work: () => Promise<R>): Promise<R> => {
      this.#check(operation, spec.name)
      return work()
    }
    const check = (operation: Operation) => this.#check(operation, spec.name)
    return {
      ttlMs: collection.ttlMs,
      storedKey: (key) => collection.storedKey(key),
      get: (key) => tried('get', () => collection.get(key)),
      set: (...args) => tried('set', () => collection.set(...args)),
      update: (...args) => tried('update', () => collection.update(...args)),
      delete: (key) => tried('delete', () => collection.delete(key)),
      deleteAll: (prefix) => tried('deleteAll', () => collection.deleteAll(prefix)),
      async *keys(prefix) {
        check('keys')
        yield* collection.keys(prefix)
      },
      async *entries(prefix) {
        check('entries')
        yield* collection.entries(prefix)
      },
      async *keysWith(tag) {
        check('keysWith')
        yield* collection.keysWith(tag)
      },
      async *entriesWith(tag) {
        check('entriesWith')
        yield* collection.entriesWith(tag)
      },
    }
  }

  ping(): Promise<void> {
    return this.#store.ping()
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #check(operation: Operation, name: string): void {
    if (this.failing.has(operation) && (this.only ?? name) === name) {
      throw this.error
    }
  }
}
