/**
 * The database: typed records that expire, over Keyv with SQLite, Redis or Postgres.
 *
 * A record that cannot be read (damaged, of another shape, encrypted with an unknown key) counts as
 * absent and is logged without its content. If the database does not answer, an operation throws.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { Keyv } from 'keyv'
import type { Logger } from 'pino'
import { DAY_MS } from '../../config/durations.ts'
import { ConfigError } from '../../config/errors.ts'
import { KeyedMutex } from './keyed-mutex.ts'
import { type Backend, keyvStorage, type OpenBackend } from './backend.ts'
import { createEncryption, encryptedWith, type Encryption } from './encryption.ts'
import { Pace } from './pace.ts'
import { openPostgres } from './postgres.ts'
import { openRedis } from './redis.ts'
import { openSqlite } from './sqlite.ts'
import type { Collection, CollectionSpec, Store } from './types.ts'

/** A record that shows with which key the store is encrypted; rewritten at each start. */
const MARKER = 'meta/encryption'
const MARKER_TTL_MS = 366 * DAY_MS

/** An update that keeps conflicting with others is given up after this time. */
const UPDATE_LIMIT_MS = 15_000
/** Longest pause before an update is retried after a conflict. */
const MAX_PAUSE_MS = 40

const KEY_PATTERN = /^[A-Za-z0-9_.:/-]{1,200}$/
const PREFIX_PATTERN = /^[A-Za-z0-9_.:/-]{0,200}$/

export type StoreOptions = {
  /** `memory:`, `sqlite:PATH`, `redis://…`, `rediss://…`, `postgres://…` or `postgresql://…`. */
  readonly url: string
  /** Keys of 32 bytes; the first one encrypts. None: nothing is encrypted. */
  readonly keys?: readonly Uint8Array[]
  readonly log: Logger
  /** Called after each operation with its name and its duration in seconds. */
  readonly observe?: (operation: string, seconds: number) => void
  /** Called after each `get` with the collection's name and whether there was a record. */
  readonly observeGet?: (collection: string, hit: boolean) => void
}

/**
 * Opens the store.
 *
 * @throws {ConfigError} if the database cannot be opened, or is encrypted with another key.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { url, keys = [], log } = options
  let isOpen = false
  const backend = await backendOf(url)(url, (error) => {
    if (isOpen) {
      log.error({ err: error }, 'the store has a problem')
    } // before, the ConfigError says it
  }).catch((cause: unknown) => {
    throw openingError(url, cause)
  })
  isOpen = true
  const encryption = keys.length > 0 ? createEncryption(keys) : undefined
  const keyv = new Keyv({
    store: keyvStorage(backend),
    ...(encryption && { encryption }),
  })
  keyv.on('error', () => {}) // operations throw on their own
  try {
    await checkKey(backend, encryption)
  } catch (error) {
    await keyv.disconnect()
    throw error instanceof ConfigError ? error : openingError(url, error)
  }
  return new KeyvStore({ backend, keyv, encryption, options })
}

function openingError(url: string, cause: unknown): ConfigError {
  const why = cause instanceof Error ? cause.message || cause.name : String(cause)
  const problem = `SIGHTSEER_STORE (${addressOf(url)}) cannot be opened: ${why}.`
  return new ConfigError([problem], { cause })
}

function backendOf(url: string): OpenBackend {
  if (url === 'memory:' || url.startsWith('sqlite:')) {
    return openSqlite
  }
  return /^rediss?:/.test(url) ? openRedis : openPostgres
}

/** The address for messages: a file, or scheme, host, port and path. The rest can hold a password. */
function addressOf(url: string): string {
  if (url === 'memory:' || url.startsWith('sqlite:')) {
    return url
  }
  const parsed = URL.parse(url)
  const isSplit = parsed !== null && parsed.hash === ''
  return isSplit
    ? `${parsed.protocol}//${parsed.host}${parsed.pathname}`
    : `${url.split(':', 1)[0]}://…`
}

/** Throws if the store is encrypted with an unknown key. Otherwise it would look empty. */
async function checkKey(backend: Backend, encryption: Encryption | undefined): Promise<void> {
  const marker = await backend.read(MARKER)
  const writtenWith = marker && encryptedWith(marker)
  if (marker !== undefined && writtenWith !== undefined) {
    if (encryption === undefined) {
      throw new ConfigError(['The store is encrypted, but SIGHTSEER_STORE_KEY is not set.'])
    }
    if (encryption.isForeign(marker)) {
      throw new ConfigError([
        `The store is encrypted with another key (${writtenWith}) than SIGHTSEER_STORE_KEY (${encryption.keyId}). To change keys, put the new one first and the old one after a comma.`,
      ])
    }
  }
  if (encryption !== undefined) {
    await backend.write(MARKER, encryption.encrypt('sightseer'), Date.now() + MARKER_TTL_MS)
  }
}

type Deps = {
  readonly backend: Backend
  readonly keyv: Keyv
  readonly encryption: Encryption | undefined
  readonly options: StoreOptions
}

class KeyvStore implements Store {
  readonly backend: Store['backend']
  readonly #deps: Deps
  readonly #running = new Set<Promise<unknown>>()
  /** Runs updates of the same key one after another, so that they do not conflict in this process. */
  readonly #updates = new KeyedMutex()

  constructor(deps: Deps) {
    this.#deps = deps
    this.backend = deps.backend.name
  }

  collection<T>(spec: CollectionSpec<T>): Collection<T> {
    const full = (key: string) => fullKey(spec, key)
    return {
      ttlMs: spec.ttlMs,
      get: (key) => this.#timed('get', () => this.#get(spec, full(key))),
      set: (key, record, ttlMs = spec.ttlMs) =>
        this.#timed('set', () => this.#write(full(key), encoded(spec, record), ttlMs)),
      update: (key, change, ttlMs = spec.ttlMs) =>
        this.#timed('update', () =>
          this.#updates.run(full(key), () => this.#update(spec, full(key), change, ttlMs)),
        ),
      delete: (key) => this.#timed('delete', () => this.#deps.backend.delete(full(key))),
      entries: (prefix = '') => this.#entries(spec, prefix),
      keys: (prefix = '') => this.#keys(spec, prefix),
      deleteAll: (prefix) => this.#timed('deleteAll', () => this.#deleteAll(spec, prefix)),
    }
  }

  ping(): Promise<void> {
    return this.#timed('ping', () => this.#deps.backend.ping())
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#running)
    await this.#deps.keyv.disconnect()
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
    const { record } = await this.#read(spec, key)
    this.#deps.options.observeGet?.(spec.name, record !== undefined)
    return record
  }

  /** @returns the record, and its encoded value. */
  async #read<T>(spec: CollectionSpec<T>, key: string): Promise<{ raw?: string; record?: T }> {
    const { backend, keyv, encryption, options } = this.#deps
    const raw = await backend.read(key)
    if (raw === undefined) {
      return {}
    }
    if (encryption?.isForeign(raw) ?? encryptedWith(raw) !== undefined) {
      // Not deleted: the operator may add the key again.
      options.log.warn({ kind: spec.name }, 'a record is encrypted with a key that is not known')
      return { raw }
    }
    const data = await keyv.decode<unknown>(raw)
    try {
      if (data === undefined) {
        throw new Error('it is damaged')
      }
      return { raw, record: spec.decode(data.value) }
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown'
      options.log.warn({ kind: spec.name, reason }, 'a record could not be read and is dropped')
      await backend.swap(key, raw, undefined, 0)
      return {}
    }
  }

  async #write(key: string, value: unknown, ttlMs: number): Promise<void> {
    const failures: unknown[] = []
    const note = (error: unknown) => failures.push(error)
    this.#deps.keyv.on('error', note)
    try {
      if (!(await this.#deps.keyv.set(key, value, checkedTtl(ttlMs)))) {
        throw new Error('the store did not take a record', { cause: failures[0] })
      }
    } finally {
      this.#deps.keyv.off('error', note)
    }
  }

  async #update<T>(
    spec: CollectionSpec<T>,
    key: string,
    change: (record: T | undefined) => T | undefined,
    ttlMs: number,
  ): Promise<T | undefined> {
    const { backend, keyv } = this.#deps
    const deadline = performance.now() + UPDATE_LIMIT_MS
    for (let attempt = 0; performance.now() < deadline; attempt++) {
      const { raw, record } = await this.#read(spec, key)
      const next = change(record)
      if (next === record) {
        return record
      }
      const expires = Math.ceil(Date.now() + checkedTtl(ttlMs))
      const value =
        next === undefined
          ? undefined
          : String(await keyv.encode({ value: encoded(spec, next), expires }))
      if (await backend.swap(key, raw, value, expires)) {
        return next
      }
      await wait(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt))
    }
    throw new Error(`a ${spec.name} record kept changing for ${UPDATE_LIMIT_MS} ms`)
  }

  async *#keys(spec: { readonly name: string }, prefix: string): AsyncGenerator<string, void> {
    const pace = new Pace()
    for await (const key of this.#deps.backend.keys(fullPrefix(spec, prefix))) {
      await pace.step()
      yield key.slice(spec.name.length + 1)
    }
  }

  async *#entries<T>(spec: CollectionSpec<T>, prefix: string): AsyncGenerator<[string, T], void> {
    const pace = new Pace()
    for await (const key of this.#deps.backend.keys(fullPrefix(spec, prefix))) {
      await pace.step()
      const { record } = await this.#read(spec, key)
      if (record !== undefined) {
        yield [key.slice(spec.name.length + 1), record]
      }
    }
  }

  async #deleteAll(spec: { readonly name: string }, prefix: string): Promise<number> {
    const { backend } = this.#deps
    let deleted = 0
    const pace = new Pace()
    for await (const key of backend.keys(fullPrefix(spec, prefix))) {
      await pace.step()
      deleted += Number(await backend.delete(key))
    }
    return deleted
  }
}

function encoded<T>(spec: CollectionSpec<T>, record: T): unknown {
  return spec.encode ? spec.encode(record) : record
}

function fullKey(spec: { readonly name: string }, key: string): string {
  if (!KEY_PATTERN.test(key)) {
    throw new RangeError(`expected a key of 1 to 200 plain characters, got ${JSON.stringify(key)}`)
  }
  return `${spec.name}/${key}`
}

function fullPrefix(spec: { readonly name: string }, prefix: string): string {
  if (!PREFIX_PATTERN.test(prefix)) {
    throw new RangeError(`expected a prefix of plain characters, got ${JSON.stringify(prefix)}`)
  }
  return `${spec.name}/${prefix}`
}

function checkedTtl(ttlMs: number): number {
  if (!(ttlMs > 0 && Number.isFinite(ttlMs))) {
    throw new RangeError(`expected a lifetime over 0 ms, got ${ttlMs}`)
  }
  return ttlMs
}
