/** The store with a Postgres role that has few rights. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client } from 'pg'
import { pino } from 'pino'
import { openStore } from '../../../bot/store/store.ts'
import { type Database, startPostgres, WITH_POSTGRES } from '../../helpers/databases.ts'
import { TURNS } from '../../helpers/store-kinds.ts'

const log = pino({ level: 'silent' })

describe('a Postgres role without CREATE on the schema public', WITH_POSTGRES, () => {
  let database: Database | undefined
  let admin: Client | undefined
  let url = ''

  before(async () => {
    database = await startPostgres()
    url = database.url.replace('test@', 'limited@')
    admin = new Client({ connectionString: database.url })
    await admin.connect()
    await admin.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE limited LOGIN')
  })

  after(async () => {
    await admin?.end()
    await database?.stop()
  })

  it('cannot create the table', async () => {
    await assert.rejects(openStore({ url, log }), /permission denied/)
  })

  it('can use a table that exists', async () => {
    await (await openStore({ url: database!.url, log })).close()
    await admin?.query('GRANT SELECT, INSERT, UPDATE, DELETE ON public.keyv TO limited')
    const store = await openStore({ url, log })
    const turns = store.collection(TURNS)
    await turns.set('1/2', ['a'])
    assert.deepEqual(await turns.update('1/2', () => ['a', 'b']), ['a', 'b'])
    assert.deepEqual(await turns.get('1/2'), ['a', 'b'])
    assert.equal(await turns.delete('1/2'), true)
    await store.close()
  })

  it('cannot add a missing index', async () => {
    await admin?.query('DROP INDEX public.keyv_expires_idx')
    await assert.rejects(openStore({ url, log }), /permission denied/)
    await (await openStore({ url: database!.url, log })).close()
    await (await openStore({ url, log })).close()
  })
})
