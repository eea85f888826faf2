/**
 * The bot's memory: typed records that expire, over Keyv with SQLite, Redis or Postgres.
 *
 * A record that cannot be read (changed on disk, of another shape, of an unknown key) counts as
 * absent and is logged without its content; it never ends a request. A database that does not
 * answer does: an operation throws rather than tell that there is nothing.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { Keyv } from 'keyv'
import type { Logger } from 'pino'
import { DAY_MS } from '../../config/durations.ts'
import { ConfigError } from '../../config/errors.ts'
import { KeyedMutex } from './keyed-mutex.ts'
import { type Backend, keyvStorage, type OpenBackend } from './backend.ts'
import { createEncryption, encryptedWith, type Encryption } from './encryption.ts'
import { openPostgres } from './postgres.ts'
import { openRedis } from './redis.ts'
import { openSqlite } from './sqlite.ts'
import type { Space, SpaceKind, Store } from './types.ts'

/** Tells with which key the store is written; refreshed at each start. */
const MARKER = 'meta/encryption'
const MARKER_TTL_MS = 366 * DAY_MS

/** An update that others keep overtaking is given up after this long. */
const UPDATE_LIMIT_MS = 15_000
/** Longest pause before trying an overtaken update again. */
const MAX_PAUSE_MS = 40

const KEY_PATTERN = /^[A-Za-z0-9_.:/-]{1,200}$/
const PREFIX_PATTERN = /^[A-Za-z0-9_.:/-]{0,200}$/

export type StoreOptions = {
  /** `memory:`, `sqlite:PATH`, `redis://…`, `rediss://…`, `postgres://…` or `postgresql://…`. */
  readonly url: string
  /** Keys of 32 bytes, the one that writes first; none: nothing is encrypted. */
  readonly keys?: readonly Uint8Array[]
  readonly log: Logger
  /** Told after each operation what it was and how long it took, in seconds. */
  readonly observe?: (operation: string, seconds: number) => void
  /** Told of each `get` by kind whether there was something. */
  readonly looked?: (kind: string, found: boolean) => void
}

/**
 * Opens the store.
 *
 * @throws {ConfigError} if the database cannot be opened, or is encrypted with another key.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { url, keys = [], log } = options
  const backend = await backendOf(url)(url, (error) => {
    log.error({ err: error }, 'the store has a problem')
  }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message || cause.name : String(cause)
    const problem = `SIGHTSEER_STORE (${withoutPassword(url)}) cannot be opened: ${why}.`
    throw new ConfigError([problem], { cause })
  })
  const encryption = keys.length > 0 ? createEncryption(keys) : undefined
  const keyv = new Keyv({
    store: keyvStorage(backend),
    ...(encryption && { encryption }),
  })
  keyv.on('error', () => {}) // told by what the operations return
  try {
    await checkKey(backend, encryption)
  } catch (error) {
    await keyv.disconnect()
    throw error
  }
  return new KeyvStore({ backend, keyv, encryption, options })
}

function backendOf(url: string): OpenBackend {
  if (url === 'memory:' || url.startsWith('sqlite:')) {
    return openSqlite
  }
  return /^rediss?:/.test(url) ? openRedis : openPostgres
}

/** The address as it may be shown. */
function withoutPassword(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.password === '') {
    return url
  }
  parsed.password = '…'
  return decodeURI(parsed.href)
}

/** Refuses a store that was written with a key we lack, before it looks like an empty one. */
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

type Parts = {
  readonly backend: Backend
  readonly keyv: Keyv
  readonly encryption: Encryption | undefined
  readonly options: StoreOptions
}

class KeyvStore implements Store {
  readonly backend: Store['backend']
  readonly #parts: Parts
  readonly #running = new Set<Promise<unknown>>()
  /** Updates of one key in this process wait for each other, so that they do not conflict. */
  readonly #updates = new KeyedMutex()

  constructor(parts: Parts) {
    this.#parts = parts
    this.backend = parts.backend.name
  }

  space<T>(kind: SpaceKind<T>): Space<T> {
    const full = (key: string) => fullKey(kind, key)
    return {
      ttlMs: kind.ttlMs,
      get: (key) => this.#timed('get', () => this.#get(kind, full(key))),
      set: (key, record, ttlMs = kind.ttlMs) =>
        this.#timed('set', () => this.#write(full(key), encoded(kind, record), ttlMs)),
      update: (key, change, ttlMs = kind.ttlMs) =>
        this.#timed('update', () =>
          this.#updates.run(full(key), () => this.#update(kind, full(key), change, ttlMs)),
        ),
      delete: (key) => this.#timed('delete', () => this.#parts.backend.delete(full(key))),
      entries: (prefix = '') => this.#entries(kind, prefix),
      deleteAll: (prefix) => this.#timed('deleteAll', () => this.#deleteAll(kind, prefix)),
    }
  }

  ping(): Promise<void> {
    return this.#timed('ping', () => this.#parts.backend.ping())
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#running)
    await this.#parts.keyv.disconnect()
  }

  async #timed<R>(operation: string, work: () => Promise<R>): Promise<R> {
    const started = performance.now()
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
      this.#parts.options.observe?.(operation, (performance.now() - started) / 1000)
    }
  }

  async #get<T>(kind: SpaceKind<T>, key: string): Promise<T | undefined> {
    const { record } = await this.#read(kind, key)
    this.#parts.options.looked?.(kind.name, record !== undefined)
    return record
  }

  /** @returns the record, and the value it was read from. */
  async #read<T>(kind: SpaceKind<T>, key: string): Promise<{ raw?: string; record?: T }> {
    const { backend, keyv, encryption, options } = this.#parts
    const raw = await backend.read(key)
    if (raw === undefined) {
      return {}
    }
    if (encryption?.isForeign(raw) ?? encryptedWith(raw) !== undefined) {
      // Not dropped: the operator may still bring the key back.
      options.log.warn({ kind: kind.name }, 'a record is encrypted with a key that is not known')
      return { raw }
    }
    const data = await keyv.decode<unknown>(raw)
    try {
      if (data === undefined) {
        throw new Error('it is damaged')
      }
      return { raw, record: kind.decode(data.value) }
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown'
      options.log.warn({ kind: kind.name, reason }, 'a record could not be read and is dropped')
      await backend.swap(key, raw, undefined, 0)
      return {}
    }
  }

  async #write(key: string, value: unknown, ttlMs: number): Promise<void> {
    const failures: unknown[] = []
    const note = (error: unknown) => failures.push(error)
    this.#parts.keyv.on('error', note)
    try {
      if (!(await this.#parts.keyv.set(key, value, checkedTtl(ttlMs)))) {
        throw new Error('the store did not take a record', { cause: failures[0] })
      }
    } finally {
      this.#parts.keyv.off('error', note)
    }
  }

  async #update<T>(
    kind: SpaceKind<T>,
    key: string,
    change: (record: T | undefined) => T | undefined,
    ttlMs: number,
  ): Promise<T | undefined> {
    const { backend, keyv } = this.#parts
    const givenUp = performance.now() + UPDATE_LIMIT_MS
    for (let attempt = 0; performance.now() < givenUp; attempt++) {
      const { raw, record } = await this.#read(kind, key)
      const next = change(record)
      if (next === record) {
        return record
      }
      const expires = Math.ceil(Date.now() + checkedTtl(ttlMs))
      const value =
        next === undefined
          ? undefined
          : String(await keyv.encode({ value: encoded(kind, next), expires }))
      if (await backend.swap(key, raw, value, expires)) {
        return next
      }
      await wait(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt))
    }
    throw new Error(`a ${kind.name} record kept changing for ${UPDATE_LIMIT_MS} ms`)
  }

  async *#entries<T>(kind: SpaceKind<T>, prefix: string): AsyncGenerator<[string, T], void> {
    for await (const key of this.#parts.backend.keys(fullPrefix(kind, prefix))) {
      const { record } = await this.#read(kind, key)
      if (record !== undefined) {
        yield [key.slice(kind.name.length + 1), record]
      }
    }
  }

  async #deleteAll(kind: { readonly name: string }, prefix: string): Promise<number> {
    const { backend } = this.#parts
    let deleted = 0
    for await (const key of backend.keys(fullPrefix(kind, prefix))) {
      deleted += Number(await backend.delete(key))
    }
    return deleted
  }
}

function encoded<T>(kind: SpaceKind<T>, record: T): unknown {
  return kind.encode ? kind.encode(record) : record
}

function fullKey(kind: { readonly name: string }, key: string): string {
  if (!KEY_PATTERN.test(key)) {
    throw new RangeError(`expected a key of 1 to 200 plain characters, got ${JSON.stringify(key)}`)
  }
  return `${kind.name}/${key}`
}

function fullPrefix(kind: { readonly name: string }, prefix: string): string {
  if (!PREFIX_PATTERN.test(prefix)) {
    throw new RangeError(`expected a prefix of plain characters, got ${JSON.stringify(prefix)}`)
  }
  return `${kind.name}/${prefix}`
}

function checkedTtl(ttlMs: number): number {
  if (!(ttlMs > 0 && Number.isFinite(ttlMs))) {
    throw new RangeError(`expected a lifetime over 0 ms, got ${ttlMs}`)
  }
  return ttlMs
}
