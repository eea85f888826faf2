/**
 * What the rest of the bot sees of the store: typed records in named spaces, each with an end.
 *
 * Implemented in bot/store/store.ts over Keyv; SQLite, Redis and Postgres behave alike here.
 */

/** A kind of record: its name in the store, how long one lives, and how it is read back. */
export type SpaceKind<T> = {
  /** Part of the key in the store; lower-case letters and dashes. */
  readonly name: string
  /** Lifetime of a record after its last write, in milliseconds. There is none without an end. */
  readonly ttlMs: number
  /** Turns a record into JSON data; absent: it is JSON data. */
  readonly encode?: (record: T) => unknown
  /**
   * Checks what was read and gives the record. What it throws for is dropped and logged, as if it
   * had never been there: a zod schema's `parse` does.
   */
  readonly decode: (data: unknown) => T
}

/** The records of one kind. Keys are at most 200 characters of `A-Z a-z 0-9 _ . : / -`. */
export type Space<T> = {
  readonly ttlMs: number
  /** @returns the record, or undefined if there is none, it has ended, or it cannot be read. */
  get(key: string): Promise<T | undefined>
  /** Writes whatever was there. @param ttlMs instead of the kind's own, milliseconds, over 0. */
  set(key: string, record: T, ttlMs?: number): Promise<void>
  /**
   * Changes a record such that no other change is lost, by this or any other process.
   *
   * @param change gets the record as it is (undefined: none) and gives the next one (undefined:
   *   delete it). It may run several times, so it must do nothing else. Giving back the very
   *   object it got writes nothing.
   * @param ttlMs instead of the kind's own, milliseconds, over 0.
   * @returns what the store then holds.
   */
  update(
    key: string,
    change: (record: T | undefined) => T | undefined,
    ttlMs?: number,
  ): Promise<T | undefined>
  /** @returns whether there was one. */
  delete(key: string): Promise<boolean>
  /** All records whose key starts with `prefix` (default: all), in no order; for export and purge. */
  entries(prefix?: string): AsyncGenerator<[key: string, record: T], void>
  /** Deletes what starts with `prefix`, readable or not. @returns how many. */
  deleteAll(prefix: string): Promise<number>
}

export type Store = {
  readonly backend: 'sqlite' | 'redis' | 'postgres'
  /** The records of a kind; asking twice gives two views of the same records. */
  space<T>(kind: SpaceKind<T>): Space<T>
  /** One round trip. @throws if the store does not answer; for health checks. */
  ping(): Promise<void>
  /** Waits for what is under way, then disconnects. */
  close(): Promise<void>
}
