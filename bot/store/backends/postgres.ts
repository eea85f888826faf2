/** The store in a Postgres database, which processes on several machines can share. */

import { Pool } from 'pg'
import {
  clearExpired,
  CONNECT_TIMEOUT_MS,
  type Entry,
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
  AND to_regclass('public.keyv_expires_idx') IS NOT NULL
  AND to_regclass('public.keyv_tags_idx') IS NOT NULL
  AND to_regclass('public.keyv_untagged_idx') IS NOT NULL AS complete`

/**
 * `tagged` is the MD5 of the value that the tags belong to. A process of an earlier version does not
 * change it, so what that writes is untagged.
 */
const IS_UNTAGGED = 'tagged IS DISTINCT FROM md5(value)'

/** The lock makes processes that start at the same time wait for each other; its number is arbitrary. */
const SCHEMA = `
SELECT pg_advisory_xact_lock(7445163);
CREATE TABLE IF NOT EXISTS public.keyv
  (key VARCHAR(255) NOT NULL, value TEXT, namespace VARCHAR(255), expires BIGINT);
CREATE UNIQUE INDEX IF NOT EXISTS keyv_key_namespace_idx ON public.keyv (key, COALESCE(namespace, ''));
CREATE INDEX IF NOT EXISTS keyv_expires_idx ON public.keyv (expires) WHERE expires IS NOT NULL;
ALTER TABLE public.keyv ADD COLUMN IF NOT EXISTS tags TEXT[], ADD COLUMN IF NOT EXISTS tagged TEXT;
CREATE INDEX IF NOT EXISTS keyv_tags_idx ON public.keyv USING GIN (tags);
CREATE INDEX IF NOT EXISTS keyv_untagged_idx ON public.keyv (key COLLATE "C") WHERE ${IS_UNTAGGED}`

const OURS = `key = $1 AND COALESCE(namespace, '') = $2`
const LIVE = `${OURS} AND (expires IS NULL OR expires > $3)`
const IS_LIVE = '(expires IS NULL OR expires > $1)'
/** $5: an array of tags, or null. */
const UPSERT = `INSERT INTO public.keyv (key, namespace, value, expires, tags, tagged)
  VALUES ($1, $2, $3, $4, $5, CASE WHEN $5::text[] IS NULL THEN NULL ELSE md5($3) END)
  ON CONFLICT (key, COALESCE(namespace, '')) DO UPDATE SET value = excluded.value,
  expires = excluded.expires, tags = excluded.tags, tagged = excluded.tagged`
/** $4: the expected value. */
const UPDATE = `UPDATE public.keyv SET value = $5, expires = $6, tags = $7,
  tagged = CASE WHEN $7::text[] IS NULL THEN NULL ELSE md5($5) END WHERE ${LIVE} AND value = $4`
const RETAG = `UPDATE public.keyv SET tags = $5, tagged = md5(value) WHERE ${LIVE} AND value = $4`

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
  const keysOf = searchIn(pool)
  return {
    name: 'postgres',
    untaggedForMs: 0,
    read,
    async write(key, entry) {
      await pool.query(UPSERT, [key, NAMESPACE, ...valuesOf(entry)])
    },
    delete: (key) => changes(`DELETE FROM public.keyv WHERE ${OURS}`, [key, NAMESPACE]),
    async swap(key, expected, next) {
      const row = [key, NAMESPACE, Date.now()]
      if (expected === undefined) {
        return next === undefined
          ? (await read(key)) === undefined
          : changes(`${UPSERT} WHERE keyv.expires <= $6`, [
              key,
              NAMESPACE,
              ...valuesOf(next),
              Date.now(),
            ])
      }
      return next === undefined
        ? changes(`DELETE FROM public.keyv WHERE ${LIVE} AND value = $4`, [...row, expected])
        : changes(UPDATE, [...row, expected, ...valuesOf(next)])
    },
    retag: (key, expected, tags) => changes(RETAG, [key, NAMESPACE, Date.now(), expected, tags]),
    keys: (prefix) => keysOf('starts_with(key, $4)', prefix),
    keysWith: (tag) => keysOf('tags @> ARRAY[$4::text]', tag),
    untagged: (prefix) => keysOf(`starts_with(key, $4) AND ${IS_UNTAGGED}`, prefix),
    async ping() {
      await pool.query('SELECT 1')
    },
    async close() {
      expiry.stop()
      await pool.end()
    },
  }
}

/** @returns a search for keys by a condition on the parameters from $4 on. */
function searchIn(pool: Pool) {
  return (condition: string, ...values: readonly unknown[]) =>
    pagesOfKeys(async (after) => {
      const sql = `SELECT key FROM public.keyv WHERE ${IS_LIVE} AND namespace = $2
        AND key > $3 COLLATE "C" AND ${condition} ORDER BY key COLLATE "C" LIMIT ${PAGE}`
      const all = [Date.now(), NAMESPACE, after, ...values]
      return (await pool.query<{ key: string }>(sql, all)).rows.map(({ key }) => key)
    })
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

function valuesOf({ value, expires, tags }: Entry): unknown[] {
  return [value, Math.ceil(expires), tags ?? null]
}
