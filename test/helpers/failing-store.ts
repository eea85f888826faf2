/** A store whose operations fail when a test wants it, as they do while a database is away. */

import type { Space, SpaceKind, Store } from '../../bot/store/types.ts'

export type Operation = Exclude<keyof Space<unknown>, 'ttlMs'>

export const OPERATIONS: readonly Operation[] = [
  'get',
  'set',
  'update',
  'delete',
  'entries',
  'deleteAll',
]

export class FailingStore implements Store {
  readonly backend: Store['backend']
  /** The operations that fail from now on. */
  failing: ReadonlySet<Operation> = new Set()
  /** The one kind of records of which they fail; undefined: all. */
  kind: string | undefined
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
    this.backend = store.backend
  }

  space<T>(kind: SpaceKind<T>): Space<T> {
    const space = this.#store.space(kind)
    const tried = async <R>(operation: Operation, work: () => Promise<R>): Promise<R> => {
      this.#check(operation, kind.name)
      return work()
    }
    const check = () => this.#check('entries', kind.name)
    return {
      ttlMs: space.ttlMs,
      get: (key) => tried('get', () => space.get(key)),
      set: (...given) => tried('set', () => space.set(...given)),
      update: (...given) => tried('update', () => space.update(...given)),
      delete: (key) => tried('delete', () => space.delete(key)),
      deleteAll: (prefix) => tried('deleteAll', () => space.deleteAll(prefix)),
      async *entries(prefix) {
        check()
        yield* space.entries(prefix)
      },
    }
  }

  ping(): Promise<void> {
    return this.#store.ping()
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #check(operation: Operation, kind: string): void {
    if (this.failing.has(operation) && (this.kind ?? kind) === kind) {
      throw new Error(`the store is away: ${operation}`)
    }
  }
}
