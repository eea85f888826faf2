/** The store in a Postgres database, which processes on several machines can share. */

import { Pool } from 'pg'
import {
  clearExpired,
  CONNECT_TIMEOUT_MS,
  NAMESPACE,
  type OpenBackend,
  PAGE,
  pagesOfKeys,
} from './backend.ts'

/**
 * Whether the table and its indexes exist. Creating them needs more rights than using them, even with
 * IF NOT EXISTS: CREATE on the schema and ownership of the table.
 */
const HAS_SCHEMA = `SELECT to_regclass('public.keyv') IS NOT NULL
  AND to_regclass('public.keyv_key_namespace_idx') IS NOT NULL
  AND to_regclass('public.keyv_expires_idx') IS NOT NULL AS complete`

/** The lock makes processes that start at the same time wait for each other; its number is arbitrary. */
const SCHEMA = `
SELECT pg_advisory_xact_lock(7445163);
CREATE TABLE IF NOT EXISTS public.keyv
  (key VARCHAR(255) NOT NULL, value TEXT, namespace VARCHAR(255), expires BIGINT);
CREATE UNIQUE INDEX IF NOT EXISTS keyv_key_namespace_idx ON public.keyv (key, COALESCE(namespace, ''));
CREATE INDEX IF NOT EXISTS keyv_expires_idx ON public.keyv (expires) WHERE expires IS NOT NULL`

const OURS = `key = $1 AND COALESCE(namespace, '') = $2`
const LIVE = `${OURS} AND (expires IS NULL OR expires > $3)`
const UPSERT = `INSERT INTO public.keyv (key, namespace, value, expires) VALUES ($1, $2, $3, $4)
  ON CONFLICT (key, COALESCE(namespace, '')) DO UPDATE SET value = excluded.value, expires = excluded.expires`

/** @param url `postgres://…` or `postgresql://…`. */
export const openPostgres: OpenBackend = async (url, onError) => {
  const pool = await connect(url, onError)
  const expiry = clearExpired(
    () => pool.query('DELETE FROM public.keyv WHERE expires < $1', [Date.now()]),
    onError,
  )
  const read = async (key: string) => {
    const sql = `SELECT value FROM public.keyv WHERE ${LIVE}`
    const { rows } = await pool.query<{ value: string }>(sql, [key, NAMESPACE, Date.now()])
    return rows[0]?.value
  }
  const changes = async (sql: string, values: readonly unknown[]) =>
    (await pool.query(sql, [...values])).rowCount === 1
  return {
    name: 'postgres',
    read,
    async write(key, value, expires) {
      await pool.query(UPSERT, [key, NAMESPACE, value, Math.ceil(expires)])
    },
    delete: (key) => changes(`DELETE FROM public.keyv WHERE ${OURS}`, [key, NAMESPACE]),
    async swap(key, expected, next, expires) {
      const row = [key, NAMESPACE, Date.now()]
      if (expected === undefined) {
        return next === undefined
          ? (await read(key)) === undefined
          : changes(`${UPSERT} WHERE keyv.expires <= $5`, [
              key,
              NAMESPACE,
              next,
              Math.ceil(expires),
              Date.now(),
            ])
      }
      return next === undefined
        ? changes(`DELETE FROM public.keyv WHERE ${LIVE} AND value = $4`, [...row, expected])
        : changes(`UPDATE public.keyv SET value = $5, expires = $6 WHERE ${LIVE} AND value = $4`, [
            ...row,
            expected,
            next,
            Math.ceil(expires),
          ])
    },
    keys: (prefix) =>
      pagesOfKeys(async (after) => {
        const sql = `SELECT key FROM public.keyv WHERE namespace = $1 AND starts_with(key, $2)
          AND key > $3 COLLATE "C" AND (expires IS NULL OR expires > $4)
          ORDER BY key COLLATE "C" LIMIT ${PAGE}`
        const values = [NAMESPACE, prefix, after, Date.now()]
        return (await pool.query<{ key: string }>(sql, values)).rows.map(({ key }) => key)
      }),
    async ping() {
      await pool.query('SELECT 1')
    },
    async close() {
      expiry.stop()
      await pool.end()
    },
  }
}

async function connect(url: string, onError: (error: unknown) => void): Promise<Pool> {
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  pool.on('error', onError) // otherwise the loss of an idle connection ends the process
  try {
    const { rows } = await pool.query<{ complete: boolean }>(HAS_SCHEMA)
    if (rows[0]?.complete !== true) {
      await pool.query(SCHEMA)
    }
    return pool
  } catch (error) {
    await pool.end()
    throw error
  }
}
