/** The file of the store: who can read it, what stays in it after a deletion, and a malformed one. */

import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { openStore } from '../../../bot/store/store.ts'
import { type Database, sqliteFile } from '../../helpers/databases.ts'
import { TURNS } from '../../helpers/store-kinds.ts'

const SECRET = 'a red circle that nobody may read'

describe('the file of an SQLite store', () => {
  let database: Database
  let file: string

  const open = () => openStore({ url: database.url, log: pino({ level: 'silent' }) })

  beforeEach(() => {
    database = sqliteFile()
    file = database.url.slice('sqlite:'.length)
  })
  afterEach(() => database.stop())

  it('is readable by its owner only, also one of an earlier version', async () => {
    writeFileSync(file, '', { mode: 0o644 })
    const store = await open()
    await store.collection(TURNS).set('1', ['x'])
    for (const name of [file, `${file}-wal`]) {
      assert.equal(statSync(name).mode & 0o777, 0o600, name)
    }
    await store.close()
  })

  it('has nothing of what was deleted or replaced, and gives its pages back', async () => {
    const store = await open()
    const turns = store.collection(TURNS)
    await turns.set('deleted', [SECRET])
    await turns.set('replaced', [SECRET])
    await turns.set('long', [SECRET.repeat(10_000)])
    assert.equal(await turns.delete('deleted'), true)
    await turns.set('replaced', ['x'])
    await turns.deleteAll('long')
    await store.close()
    assert.ok(!readFileSync(file).includes(SECRET))
  })

  it('is reported by the health check once it is malformed', async () => {
    const store = await open()
    const turns = store.collection(TURNS)
    for (let i = 0; i < 200; i++) {
      await turns.set(`n/${i}`, [SECRET.repeat(100)])
    }
    await store.close()
    const bytes = readFileSync(file)
    bytes.fill(0xa5, bytes.length - 20 * 4096, bytes.length - 10 * 4096)
    writeFileSync(file, bytes)
    const damaged = await open()
    await assert.rejects(Array.fromAsync(damaged.collection(TURNS).entries()))
    await assert.rejects(damaged.ping(), /malformed|not a database/)
    await damaged.close()
  })
})
