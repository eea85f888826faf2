/** The store in a file on this machine, with Node's own SQLite. */

import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { clearExpired, NAMESPACE, type OpenBackend, PAGE, pagesOfKeys } from './backend.ts'

/** How long a write waits for the write of another process; the whole process waits meanwhile. */
const BUSY_TIMEOUT_MS = 2000

/** SQLite's result codes. */
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/** Free pages that are given back to the file system at once: 4 MiB. */
const SHRINK_PAGES = 1024

// In WAL mode this survives a killed process. Only a power failure can lose the last writes.
// Deleted rows are overwritten, and their pages are given back to the file system step by step.
const SCHEMA = `
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS keyv
  (key VARCHAR(255) NOT NULL, value TEXT, namespace VARCHAR(255) NOT NULL DEFAULT '',
  expires BIGINT DEFAULT NULL, UNIQUE(key, namespace));
CREATE INDEX IF NOT EXISTS keyv_expires_idx ON keyv (expires) WHERE expires IS NOT NULL`

const LIVE = 'key = ? AND namespace = ? AND (expires IS NULL OR expires > ?)'
const UPSERT = `INSERT INTO keyv (key, namespace, value, expires) VALUES (?, ?, ?, ?)
  ON CONFLICT (key, namespace) DO UPDATE SET value = excluded.value, expires = excluded.expires`

/** @param url `memory:` or `sqlite:PATH`. */
export const openSqlite: OpenBackend = async (url, onError) => {
  const database = open(url)
  const expiry = clearExpired(async () => {
    database.prepare('DELETE FROM keyv WHERE expires < ?').run(Date.now())
    shrink(database)
  }, onError)
  const { texts, changes, assertSound } = statements(database)
  const read = (key: string) =>
    texts(`SELECT value FROM keyv WHERE ${LIVE}`, key, NAMESPACE, Date.now())[0]
  return {
    name: 'sqlite',
    read: async (key) => read(key),
    async write(key, value, expires) {
      changes(UPSERT, key, NAMESPACE, value, expires)
    },
    delete: async (key) =>
      changes('DELETE FROM keyv WHERE key = ? AND namespace = ?', key, NAMESPACE),
    async swap(key, expected, next, expires) {
      const now = Date.now()
      if (expected === undefined) {
        return next === undefined
          ? read(key) === undefined
          : changes(`${UPSERT} WHERE keyv.expires <= ?`, key, NAMESPACE, next, expires, now)
      }
      const where = `WHERE ${LIVE} AND value = ?`
      return next === undefined
        ? changes(`DELETE FROM keyv ${where}`, key, NAMESPACE, now, expected)
        : changes(
            `UPDATE keyv SET value = ?, expires = ? ${where}`,
            next,
            expires,
            key,
            NAMESPACE,
            now,
            expected,
          )
    },
    keys: (prefix) =>
      pagesOfKeys(async (after) => {
        // In binary order, keys with the prefix lie between it and it followed by the last character.
        const sql = `SELECT key FROM keyv WHERE namespace = ? AND key >= ? AND key < ? AND key > ?
          AND (expires IS NULL OR expires > ?) ORDER BY key LIMIT ${PAGE}`
        return texts(sql, NAMESPACE, prefix, `${prefix}\u{10ffff}`, after, Date.now())
      }),
    async ping() {
      texts('SELECT key FROM keyv LIMIT 1')
      assertSound()
    },
    async close() {
      expiry.stop()
      if (database.isOpen) {
        database.close()
      }
    },
  }
}

/** Runs statements, and notes that the file is malformed. */
function statements(database: DatabaseSync) {
  let damage: unknown
  const noting = <R>(work: () => R): R => {
    try {
      return work()
    } catch (error) {
      damage ??= isDamage(error) ? error : undefined
      throw error
    }
  }
  /** Text of a column of every row. */
  const texts = (sql: string, ...values: SQLInputValue[]) =>
    noting(() => database.prepare(sql).all(...values)).flatMap((row) =>
      Object.values(row).map(String),
    )
  const changes = (sql: string, ...values: SQLInputValue[]) =>
    Number(noting(() => database.prepare(sql).run(...values)).changes) === 1
  const assertSound = () => {
    if (damage !== undefined) {
      throw damage
    }
  }
  return { texts, changes, assertSound }
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
    database.exec(SCHEMA)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** Whether SQLite found its file to be malformed; then it stays so until the operator replaces it. */
function isDamage(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    (error.errcode === SQLITE_CORRUPT || error.errcode === SQLITE_NOTADB)
  )
}

/**
 * Gives some of the free pages back to the file system, and empties the write-ahead log, in which
 * deleted rows can still be read. A file of an earlier version keeps its free pages; they are
 * overwritten when they are used again.
 */
function shrink(database: DatabaseSync): void {
  database.exec(`PRAGMA incremental_vacuum(${SHRINK_PAGES}); PRAGMA wal_checkpoint(TRUNCATE)`)
}
