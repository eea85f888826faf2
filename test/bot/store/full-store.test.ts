/** A store whose disk is full: SQLite that may not grow. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { z } from 'zod'
import { isFull, tolerateFull } from '../../../bot/store/full-store.ts'
import type { Collection, CollectionSpec, Store } from '../../../bot/store/types.ts'
import { openStore } from '../../../bot/store/store.ts'
import { InputError } from '../../../config/errors.ts'
import { FailingStore, type Operation } from '../../helpers/failing-store.ts'

type Note = { readonly text: string }

/** The error that SQLite itself gives when its file may not grow. */
function sqliteFull(): Error {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
  const database = new DatabaseSync(path.join(folder, 'full.sqlite'))
  try {
    database.exec('CREATE TABLE t (x); PRAGMA max_page_count = 2')
    for (let i = 0; i < 100; i++) {
      database.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(4000))
    }
  } catch (error) {
    if (error instanceof Error) {
      return error
    }
  } finally {
    database.close()
    rmSync(folder, { recursive: true })
  }
  throw new Error('SQLite took it all')
}

describe('tolerateFull', () => {
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => lines.push(line) })
  const full = sqliteFull()
  const writes = new Set<Operation>(['set', 'update'])
  let database: FailingStore
  let store: Store
  let notes: Collection<Note>
  let settings: Collection<Note>

  const spec = (name: string, rest: Partial<CollectionSpec<Note>> = {}): CollectionSpec<Note> => ({
    name,
    ttlMs: 60_000,
    decode: (data) => z.object({ text: z.string() }).parse(data),
    ...rest,
  })

  before(async () => {
    database = new FailingStore(await openStore({ url: 'memory:', log }))
    database.error = full
    store = tolerateFull(database, log)
    notes = store.collection(spec('notes'))
    settings = store.collection(spec('settings', { whenFull: 'refuse' }))
  })
  after(() => store.close())

  const all = async () => {
    const found: string[] = []
    for await (const [key, { text }] of notes.entries()) {
      found.push(`${key}=${text}`)
    }
    return found.toSorted()
  }

  it('knows what the databases say when they are full', () => {
    assert.ok(isFull(full))
    assert.ok(isFull(Object.assign(new Error('no space'), { code: 'ENOSPC' })))
    assert.ok(isFull(Object.assign(new Error('x'), { code: '53100' })))
    assert.ok(isFull(new Error('OOM command not allowed when used memory > maxmemory.')))
    assert.ok(isFull(new Error('wrapped', { cause: full })))
    assert.ok(!isFull(new Error('another')))
    assert.ok(!isFull('full'))
  })

  it('keeps records in memory, refuses settings, and logs it once a minute', async () => {
    await notes.set('a', { text: 'stored' })
    database.failing = writes
    await notes.set('b', { text: 'kept' })
    assert.deepEqual(await notes.update('a', (old) => ({ text: `${old?.text}, changed` })), {
      text: 'stored, changed',
    })
    assert.deepEqual(await all(), ['a=stored, changed', 'b=kept'])
    assert.deepEqual(await store.collection(spec('notes')).get('b'), { text: 'kept' }, 'every view')
    for (const refused of [
      () => settings.set('x', { text: 'on' }),
      () => settings.update('x', () => ({ text: 'on' })),
    ]) {
      await assert.rejects(
        refused,
        (error) => error instanceof InputError && error.code === 'store/full',
      )
    }
    assert.equal(lines.length, 1)
    assert.match(lines[0]!, /disk of the store is full/)
  })

  it('stores them once there is room again, and deletes what is deleted', async () => {
    database.failing = new Set()
    await notes.update('a', (old) => ({ text: `${old?.text} again` }))
    assert.deepEqual(await database.collection(spec('notes')).get('a'), {
      text: 'stored, changed again',
    })
    assert.ok(await notes.delete('b'))
    assert.deepEqual(await all(), ['a=stored, changed again'])
  })

  it('lets other errors through', async () => {
    database.failing = writes
    database.error = new Error('away')
    await assert.rejects(notes.set('a', { text: '' }), database.error)
  })
})
