/**
 * Typed records that expire, in a database.
 *
 * A record that cannot be read (damaged, of another shape, encrypted with an unknown key) counts as
 * absent and is logged without its content. If the database does not answer, an operation throws.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Backend, Entry } from './backends/backend.ts'
import { batchesOf, readAll } from './batches.ts'
import { decode, encode } from './encoding.ts'
import { encryptedWith, type Encryption } from './encryption/encryption.ts'
import { KeyedMutex } from './keyed-mutex.ts'
import type { Names } from './encryption/names.ts'
import { Pace } from './pace.ts'
import { Renaming } from './encryption/renaming.ts'
import type { Collection, CollectionSpec, Store } from './types.ts'
import { type Tagger, Upkeep } from './upkeep.ts'

/** An update that keeps conflicting with others is given up after this time. */
const UPDATE_LIMIT_MS = 15_000
/** Longest pause before an update is retried after a conflict. */
const MAX_PAUSE_MS = 40

const DELETED_AT_ONCE = 100

/** Who hears of what the store does. */
export type StoreObserver = {
  readonly log: Logger
  /** Called after each operation with its name and its duration in seconds. */
  readonly observe?: (operation: string, seconds: number) => void
  /** Called after each `get` with the collection's name and whether there was a record. */
  readonly observeGet?: (collection: string, hit: boolean) => void
}

type Deps = {
  readonly backend: Backend
  readonly encryption: Encryption | undefined
  readonly names: Names
  readonly options: StoreObserver
}

export class DatabaseStore implements Store {
  readonly backend: Store['backend']
  readonly #deps: Deps
  readonly #running = new Set<Promise<unknown>>()
  /** Runs updates of the same key one after another, so that they do not conflict in this process. */
  readonly #updates = new KeyedMutex()
  readonly #index: Upkeep
  readonly #renaming: Renaming

  constructor(deps: Deps) {
    this.#deps = deps
    this.backend = deps.backend.name
    this.#index = new Upkeep(deps.backend, deps.options.log)
    this.#renaming = new Renaming(deps.backend, deps.names, deps.options.log)
  }

  collection<T>(spec: CollectionSpec<T>): Collection<T> {
    const { names } = this.#deps
    const full = (key: string) => names.key(spec, key)
    this.#renaming.start(spec, (key) => this.#rename(spec, key))
    const timed = <R>(operation: string, work: () => Promise<R>) =>
      this.#timed(operation, async () => {
        await this.#renaming.complete(spec.name)
        return work()
      })
    if (spec.index) {
      this.#index.start(spec.name, this.#tagger(spec))
    }
    return {
      ttlMs: spec.ttlMs,
      storedKey: (key) => names.ownKey(spec, full(key)),
      get: (key) => timed('get', () => this.#get(spec, full(key))),
      set: (key, record, ttlMs = spec.ttlMs) =>
        timed('set', async () => {
          const entry = this.#entryOf(spec, full(key), record, ttlMs)
          await this.#deps.backend.write(full(key), entry)
        }),
      update: (key, change, ttlMs = spec.ttlMs) =>
        timed('update', () =>
          this.#updates.run(full(key), () => this.#update(spec, full(key), change, ttlMs)),
        ),
      delete: (key) => timed('delete', () => this.#deps.backend.delete(full(key))),
      entries: (prefix = '') => this.#entries(spec, this.#keys(spec, prefix)),
      keys: (prefix = '') => this.#ownKeys(spec, this.#keys(spec, prefix)),
      entriesWith: (tag) => this.#entries(spec, this.#keysWith(spec, tag)),
      keysWith: (tag) => this.#ownKeys(spec, this.#keysWith(spec, tag)),
      deleteAll: (prefix) => timed('deleteAll', () => this.#deleteAll(spec, prefix)),
    }
  }

  ping(): Promise<void> {
    return this.#timed('ping', () => this.#deps.backend.ping())
  }

  async close(): Promise<void> {
    await this.#index.stop()
    await Promise.allSettled(this.#running)
    await this.#renaming.stop()
    await this.#deps.backend.close()
  }

  async #timed<R>(operation: string, work: () => Promise<R>): Promise<R> {
    const started = performance.now()
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
      this.#deps.options.observe?.(operation, (performance.now() - started) / 1000)
    }
  }

  async #get<T>(spec: CollectionSpec<T>, key: string): Promise<T | undefined> {
    const record = await this.#decode(spec, key, await this.#deps.backend.read(key))
    this.#deps.options.observeGet?.(spec.name, record !== undefined)
    return record
  }

  /**
   * Decodes a value. One that is damaged is deleted, unless it has changed.
   *
   * @returns undefined if there is no value, or it cannot be read.
   */
  async #decode<T>(
    spec: CollectionSpec<T>,
    key: string,
    raw: string | undefined,
  ): Promise<T | undefined> {
    const { backend, encryption, options } = this.#deps
    if (raw === undefined) {
      return undefined
    }
    if (isForeign(raw, encryption)) {
      // Not deleted: the operator may add the key again.
      options.log.warn({ kind: spec.name }, 'a record is encrypted with a key that is not known')
      return undefined
    }
    try {
      return spec.decode(decode(encryption?.decrypt(raw, key) ?? raw).value)
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown'
      options.log.warn({ kind: spec.name, reason }, 'a record could not be read and is dropped')
      await backend.swap(key, raw, undefined)
      return undefined
    }
  }

  #entryOf<T>(spec: CollectionSpec<T>, key: string, record: T, ttlMs: number): Entry {
    const expires = Math.ceil(Date.now() + checkedTtl(ttlMs))
    const value = spec.encode ? spec.encode(record) : record
    const { encryption } = this.#deps
    const text = encode({ value, expires })
    return {
      value: encryption?.encrypt(text, key) ?? text,
      expires,
      tags: this.#tagsOf(spec, key, record),
    }
  }

  async #update<T>(
    spec: CollectionSpec<T>,
    key: string,
    change: (record: T | undefined) => T | undefined,
    ttlMs: number,
  ): Promise<T | undefined> {
    const { backend } = this.#deps
    const deadline = performance.now() + UPDATE_LIMIT_MS
    for (let attempt = 0; performance.now() < deadline; attempt++) {
      const raw = await backend.read(key)
      const record = await this.#decode(spec, key, raw)
      const next = change(record)
      if (next === record) {
        return record
      }
      const entry = next === undefined ? undefined : this.#entryOf(spec, key, next, ttlMs)
      const isDropped = record === undefined && !isForeign(raw ?? '', this.#deps.encryption)
      if (await backend.swap(key, isDropped ? undefined : raw, entry)) {
        return next
      }
      await wait(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt))
    }
    throw new Error(`a ${spec.name} record kept changing for ${UPDATE_LIMIT_MS} ms`)
  }

  /** Keys with the collection's name. */
  async *#keys<T>(spec: CollectionSpec<T>, prefix: string): AsyncGenerator<string, void> {
    const start = this.#deps.names.prefix(spec, prefix)
    await this.#renaming.complete(spec.name)
    yield* this.#deps.backend.keys(start)
  }

  /** Keys without the collection's name. */
  async *#ownKeys<T>(
    spec: CollectionSpec<T>,
    keys: AsyncIterable<string>,
  ): AsyncGenerator<string, void> {
    const pace = new Pace()
    for await (const key of keys) {
      await pace.step()
      yield this.#deps.names.ownKey(spec, key)
    }
  }

  /** Keys with the collection's name. */
  async *#keysWith<T>(spec: CollectionSpec<T>, tag: string): AsyncGenerator<string, void> {
    const { backend, names } = this.#deps
    const tags = names.tags(spec, tag)
    await this.#renaming.complete(spec.name)
    await this.#index.complete(spec.name, this.#tagger(spec))
    for (const one of tags) {
      yield* backend.keysWith(one)
    }
  }

  async *#entries<T>(
    spec: CollectionSpec<T>,
    keys: AsyncIterable<string>,
  ): AsyncGenerator<[string, T], void> {
    for await (const [key, raw] of readAll(this.#deps.backend, keys)) {
      const record = await this.#decode(spec, key, raw)
      if (record !== undefined) {
        yield [this.#deps.names.ownKey(spec, key), record]
      }
    }
  }

  async #deleteAll<T>(spec: CollectionSpec<T>, prefix: string): Promise<number> {
    const { backend } = this.#deps
    let deleted = 0
    for await (const keys of batchesOf(this.#keys(spec, prefix), DELETED_AT_ONCE)) {
      const results = await Promise.all(keys.map((key) => backend.delete(key)))
      deleted += results.filter(Boolean).length
    }
    return deleted
  }

  #tagsOf<T>(spec: CollectionSpec<T>, key: string, record: T): readonly string[] | undefined {
    const { names } = this.#deps
    return spec.index?.(record, names.ownKey(spec, key)).map((tag) => names.tag(spec, tag))
  }

  /** Moves a record to the name that hides its key. What cannot be read stays. */
  async #rename<T>(spec: CollectionSpec<T>, key: string): Promise<void> {
    const { backend, encryption, names } = this.#deps
    const raw = await backend.read(key)
    const record = await this.#decode(spec, key, raw)
    if (raw === undefined || record === undefined) {
      return
    }
    const { expires } = decode(encryption?.decrypt(raw, key) ?? raw)
    const ttlMs = expires === undefined ? spec.ttlMs : expires - Date.now()
    if (ttlMs > 0) {
      const next = names.key(spec, names.ownKey(spec, key))
      // It may be there already: a process that ended in between had written it.
      await backend.swap(next, undefined, this.#entryOf(spec, next, record, ttlMs))
    }
    await backend.swap(key, raw, undefined)
  }

  #tagger<T>(spec: CollectionSpec<T>): Tagger {
    return async (key, raw) => {
      const record = await this.#decode(spec, key, raw)
      return record === undefined ? undefined : this.#tagsOf(spec, key, record)
    }
  }
}

function isForeign(raw: string, encryption: Encryption | undefined): boolean {
  return encryption?.isForeign(raw) ?? encryptedWith(raw) !== undefined
}

function checkedTtl(ttlMs: number): number {
  if (!(ttlMs > 0 && Number.isFinite(ttlMs))) {
    throw new RangeError(`expected a lifetime over 0 ms, got ${ttlMs}`)
  }
  return ttlMs
}
