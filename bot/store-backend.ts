/**
 * What the store needs of a database: Keyv's adapter for it, and what Keyv has not.
 *
 * Keyv offers neither compare-and-set nor a search by prefix, and its SQL adapters delete an
 * expired row by key alone when they read it, which could take a newer row along. So each backend
 * adds `read`, `swap` and `keys` on the adapter's own connection. Each is one statement (or one
 * script), hence atomic between processes.
 */

import type { KeyvStorageAdapter } from 'keyv'
import type { Store } from './store-types.ts'

/** Our part of a database that others may use too. */
export const NAMESPACE = 'sightseer'

export const CLEAR_EXPIRED_EVERY_MS = 10 * 60 * 1000
export const CONNECT_TIMEOUT_MS = 10_000
/** Keys fetched at a time when searching by prefix. */
export const PAGE = 500

export type Backend = {
  readonly name: Store['backend']
  readonly adapter: KeyvStorageAdapter
  /** The value as it is stored, unless it has expired. */
  read(key: string): Promise<string | undefined>
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
}

/** Opens a database. @param onError for what goes wrong on the connection itself; operations throw on their own. */
export type OpenBackend = (url: string, onError: (error: unknown) => void) => Promise<Backend>

/** Rows as a driver gives them, checked to hold text. */
export function textColumn(rows: readonly unknown[], column: 'key' | 'value'): string[] {
  return rows.map((row) => {
    const text = typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined
    if (typeof text !== 'string') {
      throw new TypeError(`expected text in the column ${column}, got ${typeof text}`)
    }
    return text
  })
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
