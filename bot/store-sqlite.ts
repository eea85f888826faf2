/** The store in a file of this machine, by the SQLite that is part of Node. */

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import {
  CLEAR_EXPIRED_EVERY_MS,
  NAMESPACE,
  type OpenBackend,
  PAGE,
  pagesOfKeys,
  textColumn,
} from './store-backend.ts'

/** How long a write waits for another process that writes. */
const BUSY_TIMEOUT_MS = 10_000

/** @param url `memory:` or `sqlite:PATH`. */
export const openSqlite: OpenBackend = async (url, onError) => {
  const file = url === 'memory:' ? ':memory:' : url.slice('sqlite:'.length)
  const inMemory = file === ':memory:'
  if (!inMemory) {
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true, mode: 0o700 })
  }
  const adapter = new KeyvSqlite({
    uri: `sqlite://${inMemory ? file : path.resolve(file)}`,
    driver: 'node:sqlite',
    busyTimeout: BUSY_TIMEOUT_MS,
    wal: !inMemory,
    clearExpiredInterval: CLEAR_EXPIRED_EVERY_MS,
  })
  adapter.on('error', onError)
  await adapter.ready
  // In WAL mode this survives a killed process; only a power failure can lose the last moments.
  await adapter.query('PRAGMA synchronous = NORMAL')
  const mine = 'key = ? AND namespace = ? AND (expires IS NULL OR expires > ?)'
  const read = async (key: string) => {
    const sql = `SELECT value FROM keyv WHERE ${mine}`
    return textColumn(await adapter.query(sql, key, NAMESPACE, Date.now()), 'value')[0]
  }
  return {
    name: 'sqlite',
    adapter,
    read,
    async swap(key, expected, next, expires) {
      if (expected === undefined) {
        const sql = `INSERT INTO keyv (key, namespace, value, expires) VALUES (?, ?, ?, ?)
          ON CONFLICT (key, namespace) DO UPDATE SET value = excluded.value, expires = excluded.expires
          WHERE keyv.expires <= ? RETURNING key`
        return next === undefined
          ? (await read(key)) === undefined
          : (await adapter.query(sql, key, NAMESPACE, next, expires, Date.now())).length === 1
      }
      const [sql, values] =
        next === undefined
          ? [`DELETE FROM keyv WHERE ${mine} AND value = ? RETURNING key`, []]
          : [
              `UPDATE keyv SET value = ?, expires = ? WHERE ${mine} AND value = ? RETURNING key`,
              [next, expires],
            ]
      return (
        (await adapter.query(sql, ...values, key, NAMESPACE, Date.now(), expected)).length === 1
      )
    },
    keys: (prefix) =>
      pagesOfKeys(async (after) => {
        // Binary order: what starts with the prefix lies between it and it followed by the last letter.
        const sql = `SELECT key FROM keyv WHERE namespace = ? AND key >= ? AND key < ? AND key > ?
          AND (expires IS NULL OR expires > ?) ORDER BY key LIMIT ${PAGE}`
        return textColumn(
          await adapter.query(sql, NAMESPACE, prefix, `${prefix}\u{10ffff}`, after, Date.now()),
          'key',
        )
      }),
    async ping() {
      await adapter.query('SELECT 1')
    },
  }
}
