/**
 * The statements of the SQLite store. They are synchronous, so they run on a thread of their own
 * (bot/store/backends/sqlite-thread.ts).
 */

import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Entry, NAMESPACE, PAGE } from './backend.ts'

/** How long a write waits for the write of another process. */
const BUSY_TIMEOUT_MS = 10_000
/** Expired rows that are deleted at once: other requests wait meanwhile. */
const CLEARED_AT_ONCE = 1000
/** Free pages that are given back to the file system at once: 4 MiB. */
const SHRINK_PAGES = 1024

/** SQLite's result codes. */
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

// In WAL mode this survives a killed process. Only a power failure can lose the last writes.
// Deleted rows are overwritten, and their pages are given back to the file system step by step.
const PRAGMAS = `
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON`

const TABLE = `
CREATE TABLE IF NOT EXISTS keyv
  (key VARCHAR(255) NOT NULL, value TEXT, namespace VARCHAR(255) NOT NULL DEFAULT '',
  expires BIGINT DEFAULT NULL, UNIQUE(key, namespace));
CREATE INDEX IF NOT EXISTS keyv_expires_idx ON keyv (expires) WHERE expires IS NOT NULL`

// The triggers also run for processes of an earlier version, which know nothing of tags: what they
// write is untagged.
const INDEX = `
CREATE TABLE IF NOT EXISTS keyv_tags
  (tag TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (tag, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keyv_tags_key_idx ON keyv_tags (key);
CREATE INDEX IF NOT EXISTS keyv_untagged_idx ON keyv (key) WHERE tagged IS NULL;
CREATE TRIGGER IF NOT EXISTS keyv_untag AFTER UPDATE OF value ON keyv WHEN OLD.tagged IS NOT NULL BEGIN
  DELETE FROM keyv_tags WHERE key = OLD.key;
  UPDATE keyv SET tagged = NULL WHERE key = OLD.key AND namespace = OLD.namespace;
END;
CREATE TRIGGER IF NOT EXISTS keyv_drop_tags AFTER DELETE ON keyv WHEN OLD.tagged IS NOT NULL BEGIN
  DELETE FROM keyv_tags WHERE key = OLD.key;
END`

const OURS = 'key = ? AND namespace = ?'
const IS_LIVE = '(expires IS NULL OR expires > ?)'
const LIVE = `${OURS} AND ${IS_LIVE}`
const UPSERT = `INSERT INTO keyv (key, namespace, value, expires) VALUES (?, ?, ?, ?)
  ON CONFLICT (key, namespace) DO UPDATE SET value = excluded.value, expires = excluded.expires`
const EXPECTED = `WHERE ${LIVE} AND value = ?`
const UPDATE = `UPDATE keyv SET value = ?, expires = ? ${EXPECTED}`
// In binary order, keys with a prefix lie between it and it followed by the last character.
const KEYS = `SELECT key FROM keyv WHERE namespace = ? AND key >= ? AND key < ? AND key > ? AND ${IS_LIVE}`
const LAST_CHARACTER = '\u{10ffff}'

/** `now` is the time by the clock of the caller, in milliseconds since the epoch. */
export class SqliteDatabase {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  /** The error that showed the file to be malformed; it stays so until the operator replaces it. */
  #damage: unknown

  /** @param url `memory:` or `sqlite:PATH`. */
  constructor(url: string) {
    this.#database = open(url)
  }

  read(now: number, key: string): string | undefined {
    return this.#texts(`SELECT value FROM keyv WHERE ${LIVE}`, key, NAMESPACE, now)[0]
  }

  write(key: string, { value, expires, tags }: Entry): void {
    this.#tagging(key, tags, () => this.#changes(UPSERT, key, NAMESPACE, value, expires))
  }

  delete(key: string): boolean {
    return this.#changes(`DELETE FROM keyv WHERE ${OURS}`, key, NAMESPACE)
  }

  swap(now: number, key: string, expected: string | undefined, next: Entry | undefined): boolean {
    if (next === undefined) {
      return expected === undefined
        ? this.read(now, key) === undefined
        : this.#changes(`DELETE FROM keyv ${EXPECTED}`, key, NAMESPACE, now, expected)
    }
    const { value, expires, tags } = next
    const row = [key, NAMESPACE]
    return this.#tagging(key, tags, () =>
      expected === undefined
        ? this.#changes(`${UPSERT} WHERE keyv.expires <= ?`, ...row, value, expires, now)
        : this.#changes(UPDATE, value, expires, ...row, now, expected),
    )
  }

  retag(now: number, key: string, expected: string, tags: readonly string[]): boolean {
    // Writing the value again drops the tags that it has.
    const sql = `UPDATE keyv SET value = value ${EXPECTED}`
    return this.#tagging(key, tags, () => this.#changes(sql, key, NAMESPACE, now, expected))
  }

  /** The next page of keys with the prefix. */
  keys(now: number, prefix: string, after: string): string[] {
    return this.#texts(`${KEYS} ORDER BY key LIMIT ${PAGE}`, ...rangeOf(now, prefix, after))
  }

  /** The next page of untagged keys with the prefix. */
  untagged(now: number, prefix: string, after: string): string[] {
    const sql = `${KEYS} AND tagged IS NULL ORDER BY key LIMIT ${PAGE}`
    return this.#texts(sql, ...rangeOf(now, prefix, after))
  }

  /** The next page of keys with the tag. */
  keysWith(now: number, tag: string, after: string): string[] {
    const sql = `SELECT key FROM keyv_tags JOIN keyv USING (key)
      WHERE tag = ? AND keyv_tags.key > ? AND namespace = ? AND ${IS_LIVE}
      ORDER BY keyv_tags.key LIMIT ${PAGE}`
    return this.#texts(sql, tag, after, NAMESPACE, now)
  }

  /** Deletes some expired rows. @returns whether there are more. */
  clearExpired(now: number): boolean {
    const sql = `DELETE FROM keyv WHERE rowid IN
      (SELECT rowid FROM keyv WHERE expires < ? LIMIT ${CLEARED_AT_ONCE})`
    return this.#run(sql, now) === CLEARED_AT_ONCE
  }

  /**
   * Gives some of the free pages back to the file system, and empties the write-ahead log, in which
   * deleted rows can still be read. A file of an earlier version keeps its free pages; they are
   * overwritten when they are used again.
   */
  shrink(): void {
    this.#database.exec(
      `PRAGMA incremental_vacuum(${SHRINK_PAGES}); PRAGMA wal_checkpoint(TRUNCATE)`,
    )
  }

  /** @throws if the file is malformed, as far as is known. */
  ping(): void {
    this.#texts('SELECT key FROM keyv LIMIT 1')
    if (this.#damage !== undefined) {
      throw this.#damage
    }
  }

  close(): void {
    this.#database.close()
  }

  /** Runs a change of a row with its tags, in one transaction. @returns whether the row changed. */
  #tagging(key: string, tags: readonly string[] | undefined, change: () => boolean): boolean {
    if (tags === undefined) {
      return change()
    }
    this.#run('BEGIN IMMEDIATE')
    try {
      const isChanged = change()
      if (isChanged) {
        for (const tag of tags) {
          this.#run('INSERT OR IGNORE INTO keyv_tags (tag, key) VALUES (?, ?)', tag, key)
        }
        this.#run(`UPDATE keyv SET tagged = 1 WHERE ${OURS}`, key, NAMESPACE)
      }
      this.#run('COMMIT')
      return isChanged
    } catch (error) {
      if (this.#database.isTransaction) {
        this.#run('ROLLBACK')
      }
      throw error
    }
  }

  /** Text of a column of every row. */
  #texts(sql: string, ...values: SQLInputValue[]): string[] {
    const rows = this.#noting(() => this.#statement(sql).all(...values))
    return rows.flatMap((row) => Object.values(row).map(String))
  }

  #changes(sql: string, ...values: SQLInputValue[]): boolean {
    return this.#run(sql, ...values) === 1
  }

  /** @returns the number of changed rows. */
  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#noting(() => this.#statement(sql).run(...values)).changes)
  }

  #statement(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #noting<R>(work: () => R): R {
    try {
      return work()
    } catch (error) {
      this.#damage ??= isDamage(error) ? error : undefined
      throw error
    }
  }
}

function rangeOf(now: number, prefix: string, after: string): SQLInputValue[] {
  return [NAMESPACE, prefix, prefix + LAST_CHARACTER, after, now]
}

function open(url: string): DatabaseSync {
  const file = url === 'memory:' ? ':memory:' : path.resolve(url.slice('sqlite:'.length))
  if (file !== ':memory:') {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    // SQLite gives its other files the mode of this one.
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
  }
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
  try {
    database.exec(PRAGMAS)
    // In one transaction, so that of two processes that start at once, the second sees all of it.
    database.exec(`BEGIN IMMEDIATE; ${TABLE}`)
    const columns = database.prepare(`SELECT name FROM pragma_table_info('keyv')`).all()
    if (!columns.some(({ name }) => name === 'tagged')) {
      database.exec('ALTER TABLE keyv ADD COLUMN tagged INTEGER')
    }
    database.exec(`${INDEX}; COMMIT`)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

function isDamage(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    (error.errcode === SQLITE_CORRUPT || error.errcode === SQLITE_NOTADB)
  )
}
