/**
 * Typed records that expire, in a database.
 *
 * A record that cannot be read (damaged, of another shape) is deleted and logged without its content,
 * and counts as absent; one that is not authentic is an error (bot/store/not-authentic.ts). If the
 * database does not answer, an operation throws.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { Backend } from './backends/backend.ts'
import { batchesOf, readAll } from './batches.ts'
import { Codec, type CodecDeps } from './codec.ts'
import { KeyedMutex } from './keyed-mutex.ts'
import { NotAuthenticError } from './not-authentic.ts'
import { Pace } from './pace.ts'
import { Renaming } from './encryption/renaming.ts'
import type { Collection, CollectionSpec, Store } from './types.ts'
import { type Tagger, Upkeep } from './upkeep.ts'

/** An update that keeps conflicting with others is given up after this time. */
const UPDATE_LIMIT_MS = 15_000
/** Longest pause before an update is retried after a conflict. */
const MAX_PAUSE_MS = 40

const DELETED_AT_ONCE = 100

type Deps = CodecDeps & { readonly backend: Backend }

export class DatabaseStore implements Store {
  readonly backend: Store['backend']
  readonly #deps: Deps
  readonly #running = new Set<Promise<unknown>>()
  /** Runs updates of the same key one after another, so that they do not conflict in this process. */
  readonly #updates = new KeyedMutex()
  readonly #index: Upkeep
  readonly #renaming: Renaming
  readonly #codec: Codec

  constructor(deps: Deps) {
    this.#deps = deps
    this.backend = deps.backend.name
    this.#index = new Upkeep(deps.backend, deps.options.log)
    this.#renaming = new Renaming(deps.backend, deps.names, deps.options.log)
    this.#codec = new Codec(deps)
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
          const entry = this.#codec.entryOf(spec, full(key), record, ttlMs)
          await this.#deps.backend.write(full(key), entry)
        }),
      update: (key, change, ttlMs = spec.ttlMs) =>
        timed('update', () =>
          this.#updates.run(full(key), () => this.#update(spec, full(key), change, ttlMs)),
        ),
      delete: (key) => timed('delete', () => this.#deps.backend.delete(full(key))),
      entries: (prefix = '') => this.#entries(spec, this.#keys(spec, prefix)),
      keys: (prefix = '') => this.#ownKeys(spec, this.#keys(spec, prefix)),
      entriesWith: (tag) => this.#entriesWith(spec, tag),
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
    const record = await this.#codec.decode(spec, key, await this.#deps.backend.read(key))
    this.#deps.options.observeGet?.(spec.name, record !== undefined)
    return record
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
      const record = await this.#codec.decode(spec, key, raw)
      const next = change(record)
      if (next === record) {
        return record
      }
      const entry = next === undefined ? undefined : this.#codec.entryOf(spec, key, next, ttlMs)
      if (await backend.swap(key, record === undefined ? undefined : raw, entry)) {
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
    const stored = names.tag(spec, tag)
    await this.#renaming.complete(spec.name)
    await this.#index.complete(spec.name, this.#tagger(spec))
    for await (const key of backend.keysWith(stored)) {
      // Somebody who can write to the database could have tagged a record of another collection.
      if (key.startsWith(`${spec.name}/`)) {
        yield key
      }
    }
  }

  async *#entries<T>(
    spec: CollectionSpec<T>,
    keys: AsyncIterable<string>,
  ): AsyncGenerator<[string, T], void> {
    const errors: NotAuthenticError[] = []
    for await (const [key, raw] of readAll(this.#deps.backend, keys)) {
      const record = await this.#codec.decode(spec, key, raw).catch((error: unknown) => {
        if (!(error instanceof NotAuthenticError)) {
          throw error
        }
        errors.push(error)
      })
      if (record !== undefined) {
        yield [this.#deps.names.ownKey(spec, key), record]
      }
    }
    if (errors.length > 0 && spec.whenNotAuthentic !== 'skip') {
      const [cause] = errors
      throw new NotAuthenticError(`${errors.length} ${spec.name} records are not authentic`, {
        cause,
      })
    }
  }

  async *#entriesWith<T>(spec: CollectionSpec<T>, tag: string): AsyncGenerator<[string, T], void> {
    for await (const [key, record] of this.#entries(spec, this.#keysWith(spec, tag))) {
      // Tags are not encrypted with the record: somebody could give another person's record their own.
      if (spec.index?.(record, key).includes(tag) === true) {
        yield [key, record]
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

  /** Moves a record to the name that hides its key. What cannot be read stays. */
  async #rename<T>(spec: CollectionSpec<T>, key: string): Promise<void> {
    const { backend, names } = this.#deps
    const raw = await backend.read(key)
    const record = await this.#codec.decodeAuthentic(spec, key, raw)
    if (raw === undefined || record === undefined) {
      return
    }
    const expires = this.#codec.expiryOf(spec, key, raw)
    const ttlMs = expires === undefined ? spec.ttlMs : expires - Date.now()
    if (ttlMs > 0) {
      const next = names.key(spec, names.ownKey(spec, key))
      // It may be there already: a process that ended in between had written it.
      await backend.swap(next, undefined, this.#codec.entryOf(spec, next, record, ttlMs))
    }
    await backend.swap(key, raw, undefined)
  }

  #tagger<T>(spec: CollectionSpec<T>): Tagger {
    return async (key, raw) => {
      const record = await this.#codec.decodeAuthentic(spec, key, raw)
      return record === undefined ? undefined : this.#codec.tagsOf(spec, key, record)
    }
  }
}
