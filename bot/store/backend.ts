/**
 * What the store needs of a database: what Keyv's storage adapters do, and what Keyv has not, which
 * is compare-and-set and a search by prefix.
 *
 * Each operation is one statement (or one script), hence atomic between processes. Tables and keys
 * are those of Keyv's own adapters 6.0.0-beta, with which databases were written before.
 */

import { keyvStorageCapability } from 'keyv'
import type { Store } from './types.ts'

/** Our part of a database that others may use too. */
export const NAMESPACE = 'sightseer'

const CLEAR_EXPIRED_EVERY_MS = 10 * 60 * 1000
export const CONNECT_TIMEOUT_MS = 10_000
/** Keys fetched at a time when searching by prefix. */
export const PAGE = 500

export type Backend = {
  readonly name: Store['backend']
  /** The value as it is stored, unless it has expired. */
  read(key: string): Promise<string | undefined>
  /** Writes a value in the place of what was there. @param expires milliseconds since the epoch. */
  write(key: string, value: string, expires: number): Promise<void>
  /** @returns whether something was there. */
  delete(key: string): Promise<boolean>
  /**
   * Replaces `expected` (undefined: nothing there) by `next` (undefined: nothing), at once.
   *
   * @param expires milliseconds since the epoch.
   * @returns false, having changed nothing, if something else was there.
   */
  swap(
    key: string,
    expected: string | undefined,
    next: string | undefined,
    expires: number,
  ): Promise<boolean>
  /** Keys that start with the prefix, expired ones left out. */
  keys(prefix: string): AsyncGenerator<string, void>
  ping(): Promise<void>
  close(): Promise<void>
}

/** A backend as Keyv takes it; what the store does not ask of Keyv is left out. */
export function keyvStorage(backend: Backend) {
  const storage = {
    get: (key: string) => backend.read(key),
    async set(key: string, value: unknown, expires?: number): Promise<boolean> {
      if (typeof value !== 'string' || expires === undefined) {
        throw new TypeError('expected text that expires')
      }
      await backend.write(key, value, expires)
      return true
    },
    delete: (key: string) => backend.delete(key),
    disconnect: () => backend.close(),
  }
  // The capabilities say that `set` takes the time at which a value expires.
  return { ...storage, capabilities: keyvStorageCapability(storage) }
}

/** Opens a database. @param onError for what goes wrong on the connection itself; operations throw on their own. */
export type OpenBackend = (url: string, onError: (error: unknown) => void) => Promise<Backend>

/** Deletes expired rows now and then. @returns what ends that. */
export function clearExpired(
  clear: () => Promise<unknown>,
  onError: (error: unknown) => void,
): { readonly stop: () => void } {
  const timer = setInterval(() => {
    clear().catch(onError)
  }, CLEAR_EXPIRED_EVERY_MS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/** Walks pages of keys in order, each fetched after the last key of the one before. */
export async function* pagesOfKeys(
  fetch: (after: string) => Promise<readonly string[]>,
): AsyncGenerator<string, void> {
  let after = ''
  for (;;) {
    const keys = await fetch(after)
    yield* keys
    const last = keys.at(-1)
    if (last === undefined || keys.length < PAGE) {
      return
    }
    after = last
  }
}
