/** Records by tag, on a real SQLite file and, where they are installed, Redis and Postgres. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { Client } from 'pg'
import { pino } from 'pino'
import { z } from 'zod'
import { openStore, type StoreOptions } from '../../../bot/store/store.ts'
import type { Collection, CollectionSpec, Store } from '../../../bot/store/types.ts'
import { Upkeep } from '../../../bot/store/upkeep.ts'
import {
  type Database,
  sqliteFile,
  startPostgres,
  startRedis,
  WITH_POSTGRES,
  WITH_REDIS,
} from '../../helpers/databases.ts'

const log = pino({ level: 'silent' })

type Note = { readonly by: readonly string[]; readonly text: string }

const NOTES: CollectionSpec<Note> = {
  name: 'notes',
  ttlMs: 60_000,
  decode: (data) => z.object({ by: z.array(z.string()), text: z.string() }).parse(data),
  index: ({ by }, key) => [...by.map((id) => `user:${id}`), `place:${key.split('/')[0]}`],
}
/** The same records in a version that knows no tags. */
const { index: _, ...EARLIER_NOTES } = NOTES

/** Writes a value as an earlier version does: without its tags. */
type WriteEarlier = (url: string, key: string, value: string) => Promise<void>

const EXPIRES = Date.now() + 3_600_000

async function writeSqlite(url: string, key: string, value: string): Promise<void> {
  const database = new DatabaseSync(url.slice('sqlite:'.length), { timeout: 5000 })
  database
    .prepare(
      `INSERT INTO keyv (key, namespace, value, expires) VALUES (?, 'sightseer', ?, ?)
        ON CONFLICT (key, namespace) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
    )
    .run(key, value, EXPIRES)
  database.close()
}

async function writeRedis(url: string, key: string, value: string): Promise<void> {
  const client = createClient({ url })
  await client.connect()
  await client.set(`sightseer::${key}`, value, { expiration: { type: 'PXAT', value: EXPIRES } })
  await client.close()
}

async function writePostgres(url: string, key: string, value: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(
    `INSERT INTO public.keyv (key, namespace, value, expires) VALUES ($1, 'sightseer', $2, $3)
      ON CONFLICT (key, COALESCE(namespace, '')) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
    [key, value, EXPIRES],
  )
  await client.end()
}

const DATABASES: readonly [string, object, () => Database | Promise<Database>, WriteEarlier][] = [
  ['SQLite', {}, sqliteFile, writeSqlite],
  ['Redis', WITH_REDIS, startRedis, writeRedis],
  ['Postgres', WITH_POSTGRES, startPostgres, writePostgres],
]

function encodedBy(by: string): string {
  return JSON.stringify({ value: { by: [by], text: 'x' }, expires: EXPIRES })
}

async function sorted(keys: AsyncIterable<string>): Promise<string[]> {
  return (await Array.fromAsync(keys)).toSorted()
}

describe('a process that ends while it tags the records of an earlier version', () => {
  it('leaves the rest to the next one', { timeout: 60_000 }, async () => {
    const database = sqliteFile()
    const file = new DatabaseSync(database.url.slice('sqlite:'.length))
    const first = await openStore({ url: database.url, log })
    const keys = Array.from({ length: 2000 }, (_, i) => `1/${i}`)
    const earlier = first.collection(EARLIER_NOTES)
    await Promise.all(keys.map((key) => earlier.set(key, { by: ['ada'], text: 'x' })))
    first.collection(NOTES)
    const countTagged = () => file.prepare('SELECT key FROM keyv WHERE tagged').all().length
    while (countTagged() === 0) {
      await setImmediate()
    }
    await first.close()
    const tagged = countTagged()
    assert.ok(tagged > 0 && tagged < keys.length, `${tagged} were tagged`)
    const second = await openStore({ url: database.url, log })
    const found = await sorted(second.collection(NOTES).keysWith('user:ada'))
    assert.deepEqual(found, keys.toSorted())
    assert.equal(countTagged(), keys.length)
    await second.close()
    file.close()
    await database.stop()
  })
})

describe('a search for untagged records', () => {
  for (const [searches, untaggedForMs] of [
    [1, 30_000],
    [2, 0],
  ] as const) {
    it(`is good for ${untaggedForMs} ms`, async () => {
      let count = 0
      const backend = {
        untaggedForMs,
        read: async () => undefined,
        retag: async () => true,
        async *untagged() {
          count += 1
          yield* []
        },
      }
      const upkeep = new Upkeep(backend, log)
      await upkeep.complete('notes', async () => [])
      await upkeep.complete('notes', async () => [])
      assert.equal(count, searches)
    })
  }
})

for (const [name, options, start, writeEarlier] of DATABASES) {
  describe(`records by tag on ${name}`, { ...options, timeout: 60_000 }, () => {
    let database: Database
    let store: Store
    let notes: Collection<Note>

    const open = (rest: Partial<StoreOptions> = {}) =>
      openStore({ url: database.url, log, ...rest })

    before(async () => {
      database = await start()
      store = await open()
      notes = store.collection(NOTES)
    })

    after(async () => {
      await store?.close()
      await database?.stop()
    })

    it('are those that have the tag, in this collection only', async () => {
      const others = store.collection({ ...NOTES, name: 'others' })
      await notes.set('1/a', { by: ['ada', 'lin'], text: 'x' })
      await notes.set('1/b', { by: ['lin'], text: 'y' })
      await notes.set('2/c', { by: [], text: 'z' })
      await others.set('1/a', { by: ['ada'], text: 'other' })
      assert.deepEqual(await sorted(notes.keysWith('user:ada')), ['1/a'])
      assert.deepEqual(await sorted(notes.keysWith('user:lin')), ['1/a', '1/b'])
      assert.deepEqual(await sorted(notes.keysWith('place:2')), ['2/c'])
      assert.deepEqual(await sorted(notes.keysWith('user:a')), [])
      assert.deepEqual(await Array.fromAsync(others.entriesWith('user:ada')), [
        ['1/a', { by: ['ada'], text: 'other' }],
      ])
    })

    it('follow each change of the record', async () => {
      await notes.set('3/a', { by: ['eve'], text: 'x' })
      await notes.update('3/a', (old) => old && { ...old, by: ['bob'] })
      assert.deepEqual(await sorted(notes.keysWith('user:eve')), [])
      assert.deepEqual(await sorted(notes.keysWith('user:bob')), ['3/a'])
      await notes.set('3/a', { by: ['eve'], text: 'x' })
      assert.deepEqual(await sorted(notes.keysWith('user:bob')), [])
      assert.deepEqual(await sorted(notes.keysWith('user:eve')), ['3/a'])
      await notes.update('3/b', () => ({ by: ['eve'], text: 'new' }))
      assert.deepEqual(await sorted(notes.keysWith('user:eve')), ['3/a', '3/b'])
      await notes.update('3/a', () => undefined)
      assert.deepEqual(await sorted(notes.keysWith('user:eve')), ['3/b'])
      await notes.delete('3/b')
      assert.deepEqual(await sorted(notes.keysWith('user:eve')), [])
      await notes.set('3/b', { by: ['bob'], text: 'again' })
      assert.deepEqual(await sorted(notes.keysWith('user:eve')), [])
      assert.equal(await notes.deleteAll('3/'), 1)
      assert.deepEqual(await sorted(notes.keysWith('user:bob')), [])
    })

    it('expire with their record', async () => {
      await notes.set('4/short', { by: ['kim'], text: 'x' }, 1)
      await notes.set('4/long', { by: ['kim'], text: 'x' })
      while ((await notes.get('4/short')) !== undefined) {}
      assert.deepEqual(await sorted(notes.keysWith('user:kim')), ['4/long'])
      await notes.update('4/short', () => ({ by: ['mia'], text: 'after' }))
      assert.deepEqual(await sorted(notes.keysWith('user:kim')), ['4/long'])
      assert.deepEqual(await sorted(notes.keysWith('user:mia')), ['4/short'])
    })

    it('can be deleted while they are listed, over several pages', async () => {
      const keys = Array.from({ length: 1203 }, (_, i) => `many/${i}`)
      await Promise.all(keys.map((key) => notes.set(key, { by: ['zoe'], text: key })))
      let deleted = 0
      for await (const key of notes.keysWith('user:zoe')) {
        deleted += Number(await notes.delete(key))
      }
      assert.equal(deleted, keys.length)
      assert.deepEqual(await sorted(notes.keysWith('user:zoe')), [])
    })

    it('stay in step where two processes change a record', async () => {
      const second = await open()
      const others = second.collection(NOTES)
      const names = Array.from({ length: 20 }, (_, i) => `p${i}`)
      await Promise.all(
        names.map((by, i) =>
          (i % 2 ? notes : others).update('5/a', () => ({ by: [by], text: by })),
        ),
      )
      const [by] = (await notes.get('5/a'))!.by
      for (const one of names) {
        assert.deepEqual(await sorted(notes.keysWith(`user:${one}`)), one === by ? ['5/a'] : [])
      }
      await second.close()
    })

    it('include what an earlier version wrote, before and beside this one', async () => {
      const keys = Array.from({ length: 40 }, (_, i) => `6/${i}`)
      const earlier = store.collection(EARLIER_NOTES)
      await Promise.all(keys.map((key) => earlier.set(key, { by: ['ned'], text: 'x' })))
      await store.close() // nothing was tagged yet, as if the process had been killed
      store = await open()
      notes = store.collection(NOTES)
      assert.deepEqual(await sorted(notes.keysWith('user:ned')), keys.toSorted())
      await writeEarlier(database.url, 'notes/6/0', encodedBy('ora'))
      await writeEarlier(database.url, 'notes/6/new', encodedBy('ora'))
      if (name === 'Redis') {
        await store.close() // it looks for untagged records twice a minute, and at the start
        store = await open()
        notes = store.collection(NOTES)
      }
      assert.deepEqual(await sorted(notes.keysWith('user:ora')), ['6/0', '6/new'])
      assert.deepEqual(await sorted(notes.keysWith('user:ned')), keys.slice(1).toSorted())
    })

    it('refuse a tag that could be mistaken for another', async () => {
      await assert.rejects(notes.set('7/a', { by: ['a b'], text: '' }), RangeError)
      await assert.rejects(Array.fromAsync(notes.keysWith('')), RangeError)
    })
  })

  describe(
    `records by tag in an encrypted store on ${name}`,
    { ...options, timeout: 60_000 },
    () => {
      it('are the same, under an earlier key too', async () => {
        const database = await start()
        const [first, second] = [randomBytes(32), randomBytes(32)]
        const open = async (...keys: readonly Uint8Array[]) => {
          const store = await openStore({ url: database.url, keys, log })
          return { store, notes: store.collection(NOTES) }
        }
        const earlier = await open(first)
        await earlier.notes.set('1/a', { by: ['ada'], text: 'x' })
        await earlier.store.close()
        const { store, notes } = await open(second, first)
        await notes.set('1/b', { by: ['ada'], text: 'x' })
        assert.deepEqual(await sorted(notes.keysWith('user:ada')), ['1/a', '1/b'])
        await notes.set('1/a', { by: ['lin'], text: 'x' })
        assert.deepEqual(await sorted(notes.keysWith('user:ada')), ['1/b'])
        await store.close()
        if (database.url.startsWith('sqlite:')) {
          const bytes = readFileSync(database.url.slice('sqlite:'.length))
          assert.ok(!bytes.includes('user:ada'), 'the tag is not readable')
          assert.ok(bytes.includes('notes/1/a'), 'the key is')
        }
        await database.stop()
      })
    },
  )
}
