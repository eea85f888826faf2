/** The store in a Postgres database, which several processes and machines can share. */

import type { EventEmitter } from 'node:events'
import { KeyvPostgres } from '@keyv/postgres'
import {
  CLEAR_EXPIRED_EVERY_MS,
  CONNECT_TIMEOUT_MS,
  NAMESPACE,
  type OpenBackend,
  PAGE,
  pagesOfKeys,
  textColumn,
} from './store-backend.ts'

/** Stores opened in this process. */
let opened = 0

/** @param url `postgres://…` or `postgresql://…`. */
export const openPostgres: OpenBackend = async (url, onError) => {
  const adapter = new KeyvPostgres({
    uri: url,
    clearExpiredInterval: CLEAR_EXPIRED_EVERY_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // Adapters of equal settings share connections, and closing one would close those of all.
    application_name: `sightseer ${++opened}`,
    // When an idle connection is lost, pg's pool ends the process unless someone listens to it. The
    // adapter does not, and does not give the pool away, but the pool calls its `log` on itself.
    log(this: EventEmitter) {
      if (this.listenerCount('error') === 0) {
        this.on('error', onError)
      }
    },
  })
  adapter.on('error', onError)
  // The adapter runs SQL for itself but declares the function private.
  const query: (sql: string, values: unknown[]) => Promise<unknown[]> = Reflect.get(
    adapter,
    'query',
  )
  await query('SELECT 1', [])
  const mine = `key = $1 AND COALESCE(namespace, '') = $2 AND (expires IS NULL OR expires > $3)`
  const read = async (key: string) => {
    const sql = `SELECT value FROM keyv WHERE ${mine}`
    return textColumn(await query(sql, [key, NAMESPACE, Date.now()]), 'value')[0]
  }
  return {
    name: 'postgres',
    adapter,
    read,
    async swap(key, expected, next, expires) {
      const who = [key, NAMESPACE, Date.now()]
      if (expected === undefined) {
        const sql = `INSERT INTO keyv (key, namespace, value, expires) VALUES ($1, $2, $4, $5)
          ON CONFLICT (key, COALESCE(namespace, '')) DO UPDATE SET value = excluded.value, expires = excluded.expires
          WHERE keyv.expires <= $3 RETURNING key`
        return next === undefined
          ? (await read(key)) === undefined
          : (await query(sql, [...who, next, Math.ceil(expires)])).length === 1
      }
      const [sql, values] =
        next === undefined
          ? [`DELETE FROM keyv WHERE ${mine} AND value = $4 RETURNING key`, []]
          : [
              `UPDATE keyv SET value = $5, expires = $6 WHERE ${mine} AND value = $4 RETURNING key`,
              [next, Math.ceil(expires)],
            ]
      return (await query(sql, [...who, expected, ...values])).length === 1
    },
    keys: (prefix) =>
      pagesOfKeys(async (after) => {
        const sql = `SELECT key FROM keyv WHERE namespace = $1 AND starts_with(key, $2)
          AND key > $3 COLLATE "C" AND (expires IS NULL OR expires > $4)
          ORDER BY key COLLATE "C" LIMIT ${PAGE}`
        return textColumn(await query(sql, [NAMESPACE, prefix, after, Date.now()]), 'key')
      }),
    async ping() {
      await query('SELECT 1', [])
    },
  }
}
