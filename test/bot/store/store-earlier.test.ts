/** What earlier releases wrote, by Keyv's own adapters, is still read and changed. */

import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { Client } from 'pg'
import { pino } from 'pino'
import { openStore } from '../../../bot/store/store.ts'
import {
  type Database,
  sqliteFile,
  startPostgres,
  startRedis,
  WITH_POSTGRES,
  WITH_REDIS,
} from '../../helpers/databases.ts'
import { startDemoBot } from '../../helpers/demo-bot.ts'
import { TURNS } from '../../helpers/store-kinds.ts'

const KEY = 'turns/1/2'
const EXPIRES = Date.now() + 3_600_000
/** Keyv doubles a colon at the start of a text. */
const VALUE = JSON.stringify({ value: ['::a', 'ä "b"\n'], expires: EXPIRES })

async function writeSqlite(url: string): Promise<void> {
  const database = new DatabaseSync(url.slice('sqlite:'.length))
  database.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS "keyv"(key VARCHAR(255) NOT NULL, value TEXT, namespace VARCHAR(255) NOT NULL DEFAULT '', expires BIGINT DEFAULT NULL, UNIQUE(key, namespace));
    CREATE INDEX IF NOT EXISTS "keyv_expires_idx" ON "keyv" (expires) WHERE expires IS NOT NULL`)
  database
    .prepare('INSERT INTO keyv (key, value, namespace, expires) VALUES (?, ?, ?, ?)')
    .run(KEY, VALUE, 'sightseer', EXPIRES)
  database.close()
}

async function writeRedis(url: string): Promise<void> {
  const client = createClient({ url })
  await client.connect()
  await client.set(`sightseer::${KEY}`, VALUE, { expiration: { type: 'PXAT', value: EXPIRES } })
  await client.close()
}

async function writePostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(`CREATE TABLE IF NOT EXISTS "public"."keyv"(key VARCHAR(255) NOT NULL, value TEXT, namespace VARCHAR(255) DEFAULT NULL, expires BIGINT DEFAULT NULL);
    CREATE UNIQUE INDEX IF NOT EXISTS "keyv_key_namespace_idx" ON "public"."keyv" (key, COALESCE(namespace, ''));
    CREATE INDEX IF NOT EXISTS "keyv_expires_idx" ON "public"."keyv" (expires) WHERE expires IS NOT NULL`)
  await client.query('INSERT INTO keyv (key, value, namespace, expires) VALUES ($1, $2, $3, $4)', [
    KEY,
    VALUE,
    'sightseer',
    EXPIRES,
  ])
  await client.end()
}

for (const [name, options, start, write] of [
  ['SQLite', {}, sqliteFile, writeSqlite],
  ['Redis', WITH_REDIS, startRedis, writeRedis],
  ['Postgres', WITH_POSTGRES, startPostgres, writePostgres],
] as const) {
  describe(`a store of an earlier release on ${name}`, options, () => {
    let database: Database | undefined

    before(async () => {
      database = await start()
      await write(database.url)
    })

    after(() => database?.stop())

    it('is read and changed', async () => {
      const store = await openStore({ url: database!.url, log: pino({ level: 'silent' }) })
      const turns = store.collection(TURNS)
      assert.deepEqual(await turns.get('1/2'), [':a', 'ä "b"\n'])
      assert.deepEqual(await turns.update('1/2', (old) => [...(old ?? []), 'new']), [
        ':a',
        'ä "b"\n',
        'new',
      ])
      assert.equal(await turns.delete('1/2'), true)
      assert.equal(await turns.get('1/2'), undefined)
      await store.close()
    })
  })
}

describe('records that an earlier release kept of pictures', { timeout: 60_000 }, () => {
  it('are deleted at the start', async () => {
    const database = sqliteFile()
    const kind = { name: 'image-tokens', ttlMs: 3_600_000, decode: (data: unknown) => data }
    const earlier = await openStore({ url: database.url, log: pino({ level: 'silent' }) })
    await earlier.collection(kind).set('1/2/abc', { model: 'demo', shape: [1, 1], data: 'AAA=' })
    await earlier.close()
    const { bot, close } = await startDemoBot({ SIGHTSEER_STORE: database.url })
    const tokens = bot.store.collection(kind)
    while ((await tokens.get('1/2/abc')) !== undefined) {
      await setImmediate()
    }
    await close()
    await database.stop()
  })
})
