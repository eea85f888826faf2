/**
 * The interface of the store: named collections of typed records that expire.
 *
 * Implemented in bot/store/database-store.ts. It behaves the same with SQLite, Redis and Postgres.
 */

/** A collection's name in the store, the lifetime of its records, and how to decode them. */
export type CollectionSpec<T> = {
  /** Part of the key in the store; lower-case letters and dashes. */
  readonly name: string
  /** Lifetime of a record after its last write, in milliseconds. Every record expires. */
  readonly ttlMs: number
  /**
   * What happens to a write when the database has no room: by default the record is kept in the memory
   * of this process; `refuse`: it fails with an InputError, as for settings, which must not be lost.
   */
  readonly whenFull?: 'refuse'
  /** Converts a record to JSON data. Absent: the record is JSON data. */
  readonly encode?: (record: T) => unknown
  /**
   * Checks JSON data and returns the record, as a zod schema's `parse` does. If it throws, the record
   * is deleted and logged, and counts as absent.
   */
  readonly decode: (data: unknown) => T
  /**
   * Tags that a record is found by, such as `user:<id>`; the database changes them together with the
   * record. They have the characters of keys. Records that an earlier version wrote get theirs after
   * the start; records that have some keep them until they are written again.
   */
  readonly index?: (record: T, key: string) => readonly string[]
  /**
   * For keys that end with something secret, such as the hash of a picture: the number of leading parts
   * (`1/2/…`) that stay readable, so that they can be searched by. An encrypted store replaces the rest
   * with its HMAC, and `keys` and `entries` give it like that; operations accept it too. `index` may
   * use the leading parts only.
   */
  readonly readableKeyParts?: number
  /**
   * What `entries` and `entriesWith` do with a record that is not authentic (bot/store/not-authentic.ts).
   * By default they give all others and then throw, so that nobody takes an export or a deletion for
   * complete. `skip`: records that are used one by one, such as a hash list, where one forged record
   * must not stop the use of the others.
   */
  readonly whenNotAuthentic?: 'skip'
}

/**
 * Records of one type. Keys are at most 200 characters of `A-Z a-z 0-9 _ . : / -`.
 *
 * In an encrypted store, what reads a record that is not authentic throws a NotAuthenticError, and the
 * record stays as it is: `get` and `update` at once, `entries` and `entriesWith` after all others. The
 * rest does not read records.
 */
export type Collection<T> = {
  readonly ttlMs: number
  /** The key as `keys` and `entries` give it: the same, except for `readableKeyParts`. */
  storedKey(key: string): string
  /** @returns the record; undefined if it is absent, has expired, or cannot be decoded. */
  get(key: string): Promise<T | undefined>
  /** Writes or replaces a record. @param ttlMs default: the collection's; milliseconds, over 0. */
  set(key: string, record: T, ttlMs?: number): Promise<void>
  /**
   * Changes a record atomically: no change by this or another process is lost.
   *
   * @param change takes the current record (undefined: none) and returns the next one (undefined:
   *   delete it). It may run several times, so it must have no side effects. If it returns the same
   *   object, nothing is written.
   * @param ttlMs default: the collection's; milliseconds, over 0.
   * @returns the record that the store has afterward.
   */
  update(
    key: string,
    change: (record: T | undefined) => T | undefined,
    ttlMs?: number,
  ): Promise<T | undefined>
  /** @returns whether there was a record. */
  delete(key: string): Promise<boolean>
  /** Records whose key starts with `prefix` (default: all), in no defined order. */
  entries(prefix?: string): AsyncGenerator<[key: string, record: T], void>
  /** Keys that start with `prefix` (default: all), in no defined order. */
  keys(prefix?: string): AsyncGenerator<string, void>
  /**
   * Records with a tag of the collection's `index`, in no defined order. A record is read shortly
   * before it is yielded; it may have changed since.
   */
  entriesWith(tag: string): AsyncGenerator<[key: string, record: T], void>
  /** Keys of the records with a tag of the collection's `index`, in no defined order. */
  keysWith(tag: string): AsyncGenerator<string, void>
  /** Deletes all keys that start with `prefix`, decodable or not. @returns the number of deleted records. */
  deleteAll(prefix: string): Promise<number>
}

export type Store = {
  readonly backend: 'sqlite' | 'redis' | 'postgres'
  /** Two calls with the same name return two views of the same records. */
  collection<T>(spec: CollectionSpec<T>): Collection<T>
  /** One round trip. @throws if the store does not answer; for health checks. */
  ping(): Promise<void>
  /** Waits for running operations, then disconnects. */
  close(): Promise<void>
}
