/** The store in a file on this machine, with Node's own SQLite. */

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { clearExpired, NAMESPACE, type OpenBackend, PAGE, pagesOfKeys } from './backend.ts'

/** How long a write waits for the write of another process. */
const BUSY_TIMEOUT_MS = 10_000

// In WAL mode this survives a killed process. Only a power failure can lose the last writes.
const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
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
  const expiry = clearExpired(
    async () => database.prepare('DELETE FROM keyv WHERE expires < ?').run(Date.now()),
    onError,
  )
  /** Text of a column of every row. */
  const texts = (sql: string, ...values: SQLInputValue[]) =>
    database
      .prepare(sql)
      .all(...values)
      .flatMap((row) => Object.values(row).map(String))
  const changes = (sql: string, ...values: SQLInputValue[]) =>
    Number(database.prepare(sql).run(...values).changes) === 1
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
      database.prepare('SELECT 1').get()
    },
    async close() {
      expiry.stop()
      if (database.isOpen) {
        database.close()
      }
    },
  }
}

function open(url: string): DatabaseSync {
  const file = url === 'memory:' ? ':memory:' : path.resolve(url.slice('sqlite:'.length))
  if (file !== ':memory:') {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
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
