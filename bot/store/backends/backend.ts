/**
 * The interface of a database: values that expire, with compare-and-set, search by prefix, and an
 * index by tags.
 *
 * A record's value and its tags change together: each operation is one statement, script or
 * transaction, so it is atomic between processes. Tables and keys have the format of Keyv's adapters
 * 6.0.0-beta, which earlier versions used. Those wrote no tags. A value that was written without tags,
 * also over a value that has some, is untagged until `retag`.
 */

import type { Store } from '../types.ts'

/** Separates the bot's records from others in the same database. */
export const NAMESPACE = 'sightseer'

const CLEAR_EXPIRED_EVERY_MS = 10 * 60 * 1000
export const CONNECT_TIMEOUT_MS = 10_000
/** Number of keys per query of a search. */
export const PAGE = 500

/** What is written for a key. */
export type Entry = {
  readonly value: string
  /** Milliseconds since the epoch. */
  readonly expires: number
  /** What the record is found by. Absent: the record is not in an index. */
  readonly tags?: readonly string[] | undefined
}

export type Backend = {
  readonly name: Store['backend']
  /** @returns the stored value; undefined if it is absent or has expired. */
  read(key: string): Promise<string | undefined>
  /** Writes or replaces a value. */
  write(key: string, entry: Entry): Promise<void>
  /** @returns whether there was a value. */
  delete(key: string): Promise<boolean>
  /**
   * Compare-and-set: replaces `expected` (undefined: absent) by `next` (undefined: delete).
   *
   * @returns false if the value is not `expected`; nothing is changed then.
   */
  swap(key: string, expected: string | undefined, next: Entry | undefined): Promise<boolean>
  /** Replaces the tags, if the value is `expected`. @returns whether it is. */
  retag(key: string, expected: string, tags: readonly string[]): Promise<boolean>
  /** Keys that start with the prefix, without expired ones. */
  keys(prefix: string): AsyncGenerator<string, void>
  /** Keys with the tag, without expired ones. */
  keysWith(tag: string): AsyncGenerator<string, void>
  /** Untagged keys that start with the prefix, without expired ones. */
  untagged(prefix: string): AsyncGenerator<string, void>
  /** How long the answer of `untagged` is good for, in milliseconds: 0 if an index gives it. */
  readonly untaggedForMs: number
  ping(): Promise<void>
  close(): Promise<void>
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
