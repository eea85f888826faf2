/**
 * A store that goes on when the database is full: records are then kept in the memory of this process,
 * so that people are answered. Settings are refused instead, since they must not be lost.
 */

import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { MINUTE_MS } from '../../config/durations.ts'
import { InputError } from '../../config/errors.ts'
import type { Collection, CollectionSpec, Store } from './types.ts'

/** Records of one collection that are kept in memory. */
const MAX_IN_MEMORY = 5000
/** SQLite's result code for a full disk. */
const SQLITE_FULL = 13

/** Records that the database had no room for, by key, as JSON data. */
type Overflow = LRUCache<string, { readonly data: unknown }>

/** @returns a store with the same records, which never throws for a write that has no room. */
export function tolerateFull(store: Store, log: Logger): Store {
  const overflows = new Map<string, Overflow>()
  const report = oncePerMinute(() =>
    log.error(
      'The disk of the store is full: the bot answers without memory, and settings cannot be changed',
    ),
  )
  return {
    backend: store.backend,
    ping: () => store.ping(),
    close: () => store.close(),
    collection<T>(spec: CollectionSpec<T>): Collection<T> {
      const collection = store.collection(spec)
      if (spec.whenFull === 'refuse') {
        return refusing(collection, report)
      }
      const overflow: Overflow = overflows.get(spec.name) ?? new LRUCache({ max: MAX_IN_MEMORY })
      overflows.set(spec.name, overflow)
      return new OverflowingCollection(collection, { spec, overflow, report })
    },
  }
}

function refusing<T>(collection: Collection<T>, report: () => void): Collection<T> {
  const refuse = (error: unknown): never => {
    if (!isFull(error)) {
      throw error
    }
    report()
    throw new InputError('store/full', null, { cause: error })
  }
  return {
    ...collection,
    set: (...args) => collection.set(...args).catch(refuse),
    update: (...args) => collection.update(...args).catch(refuse),
  }
}

type Overflowing<T> = {
  readonly spec: CollectionSpec<T>
  readonly overflow: Overflow
  readonly report: () => void
}

class OverflowingCollection<T> implements Collection<T> {
  readonly ttlMs: number
  readonly #collection: Collection<T>
  readonly #deps: Overflowing<T>

  constructor(collection: Collection<T>, deps: Overflowing<T>) {
    this.ttlMs = collection.ttlMs
    this.#collection = collection
    this.#deps = deps
  }

  storedKey(key: string): string {
    return this.#collection.storedKey(key)
  }

  async get(key: string): Promise<T | undefined> {
    return this.#read(key) ?? this.#collection.get(key)
  }

  set(key: string, record: T, ttlMs = this.ttlMs): Promise<void> {
    return this.#written(
      async () => {
        await this.#collection.set(key, record, ttlMs)
        this.#deps.overflow.delete(this.storedKey(key))
      },
      () => void this.#keep(key, record, ttlMs),
    )
  }

  async update(
    key: string,
    change: (record: T | undefined) => T | undefined,
    ttlMs = this.ttlMs,
  ): Promise<T | undefined> {
    const kept = this.#read(key)
    if (kept === undefined) {
      return this.#written(
        () => this.#collection.update(key, change, ttlMs),
        async () => {
          const stored = await this.#collection.get(key)
          return this.#keep(key, change(this.#read(key) ?? stored), ttlMs)
        },
      )
    }
    const next = this.#keep(key, change(kept), ttlMs)
    await (next === undefined ? this.#collection.delete(key) : this.set(key, next, ttlMs))
    return next
  }

  async delete(key: string): Promise<boolean> {
    const wasKept = this.#deps.overflow.delete(this.storedKey(key))
    return (await this.#collection.delete(key)) || wasKept
  }

  keys(prefix = ''): AsyncGenerator<string, void> {
    return this.#withKept(this.#collection.keys(prefix), () => this.#keptKeys(prefix))
  }

  keysWith(tag: string): AsyncGenerator<string, void> {
    return this.#withKept(this.#collection.keysWith(tag), () => this.#keptKeysWith(tag))
  }

  entries(prefix = ''): AsyncGenerator<[key: string, record: T], void> {
    return this.#withKeptEntries(this.#collection.entries(prefix), () => this.#keptKeys(prefix))
  }

  entriesWith(tag: string): AsyncGenerator<[key: string, record: T], void> {
    return this.#withKeptEntries(this.#collection.entriesWith(tag), () => this.#keptKeysWith(tag))
  }

  async deleteAll(prefix: string): Promise<number> {
    const kept = this.#keptKeys(prefix)
    for (const key of kept) {
      this.#deps.overflow.delete(key)
    }
    return kept.length + (await this.#collection.deleteAll(prefix))
  }

  async *#withKept(
    stored: AsyncIterable<string>,
    kept: () => readonly string[],
  ): AsyncGenerator<string, void> {
    for await (const key of stored) {
      if (!this.#deps.overflow.has(key)) {
        yield key
      }
    }
    yield* kept()
  }

  async *#withKeptEntries(
    stored: AsyncIterable<[key: string, record: T]>,
    kept: () => readonly string[],
  ): AsyncGenerator<[key: string, record: T], void> {
    for await (const [key, record] of stored) {
      if (!this.#deps.overflow.has(key)) {
        yield [key, record]
      }
    }
    for (const key of kept()) {
      const record = this.#read(key)
      if (record !== undefined) {
        yield [key, record]
      }
    }
  }

  #keptKeysWith(tag: string): string[] {
    return this.#keptKeys('').filter((key) => {
      const record = this.#read(key)
      return record !== undefined && this.#deps.spec.index?.(record, key).includes(tag)
    })
  }

  #keptKeys(prefix: string): string[] {
    return [...this.#deps.overflow.keys()].filter((key) => key.startsWith(prefix))
  }

  #read(key: string): T | undefined {
    const kept = this.#deps.overflow.get(this.storedKey(key))
    return kept && this.#deps.spec.decode(kept.data)
  }

  #keep(key: string, record: T | undefined, ttl: number): T | undefined {
    const { overflow, spec } = this.#deps
    if (record === undefined) {
      overflow.delete(this.storedKey(key))
    } else {
      overflow.set(
        this.storedKey(key),
        { data: spec.encode ? spec.encode(record) : record },
        { ttl },
      )
    }
    return record
  }

  /** Runs a write, and `fallback` if there is no room for it. */
  async #written<R>(write: () => Promise<R>, fallback: () => R | Promise<R>): Promise<R> {
    try {
      return await write()
    } catch (error) {
      if (!isFull(error)) {
        throw error
      }
      this.#deps.report()
      return fallback()
    }
  }
}

/** Whether a database refused a write because it has no room: SQLite, the file system, Redis, Postgres. */
export function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false
  }
  const code = 'code' in error ? error.code : undefined
  return (
    ('errcode' in error && error.errcode === SQLITE_FULL) ||
    code === 'ENOSPC' ||
    code === '53100' || // Postgres: disk_full
    error.message.startsWith('OOM command not allowed') ||
    isFull(error.cause)
  )
}

function oncePerMinute(work: () => void): () => void {
  let last = -Infinity
  return () => {
    const now = performance.now()
    if (now - last >= MINUTE_MS) {
      last = now
      work()
    }
  }
}
