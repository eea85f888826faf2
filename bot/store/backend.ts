/**
 * The interface of a database: what a Keyv storage adapter does, and what Keyv lacks, which is
 * compare-and-set and search by prefix.
 *
 * Each operation is one statement or script, so it is atomic between processes. Tables and keys have
 * the format of Keyv's adapters 6.0.0-beta, which earlier versions used.
 */

import { keyvStorageCapability } from 'keyv'
import type { Store } from './types.ts'

/** Separates the bot's records from others in the same database. */
export const NAMESPACE = 'sightseer'

const CLEAR_EXPIRED_EVERY_MS = 10 * 60 * 1000
export const CONNECT_TIMEOUT_MS = 10_000
/** Number of keys per query of a search by prefix. */
export const PAGE = 500

export type Backend = {
  readonly name: Store['backend']
  /** @returns the stored value; undefined if it is absent or has expired. */
  read(key: string): Promise<string | undefined>
  /** Writes or replaces a value. @param expires milliseconds since the epoch. */
  write(key: string, value: string, expires: number): Promise<void>
  /** @returns whether there was a value. */
  delete(key: string): Promise<boolean>
  /**
   * Compare-and-set: replaces `expected` (undefined: absent) by `next` (undefined: delete).
   *
   * @param expires milliseconds since the epoch.
   * @returns false if the value is not `expected`; nothing is changed then.
   */
  swap(
    key: string,
    expected: string | undefined,
    next: string | undefined,
    expires: number,
  ): Promise<boolean>
  /** Keys that start with the prefix, without expired ones. */
  keys(prefix: string): AsyncGenerator<string, void>
  ping(): Promise<void>
  close(): Promise<void>
}

/** Adapts a backend for Keyv. It has only the methods that the store uses. */
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
  // The capabilities tell Keyv that `set` takes the time at which a value expires.
  return { ...storage, capabilities: keyvStorageCapability(storage) }
}

/** Opens a database. @param onError called with errors of the connection; operations throw on their own. */
export type OpenBackend = (url: string, onError: (error: unknown) => void) => Promise<Backend>

/** Deletes expired rows every ten minutes, until `stop` is called. */
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

/** Yields keys page by page, in order. @param fetch returns up to PAGE keys that follow `after`. */
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
