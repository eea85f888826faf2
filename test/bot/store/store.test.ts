/** The store on a real SQLite file and, where they are installed, a real Redis and a real Postgres. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import { openStore } from '../../../bot/store/store.ts'
import type { Collection, CollectionSpec, Store } from '../../../bot/store/types.ts'
import {
  type Database,
  sqliteFile,
  startPostgres,
  startRedis,
  WITH_POSTGRES,
  WITH_REDIS,
} from '../../helpers/databases.ts'
import { TURNS } from '../../helpers/store-kinds.ts'

const WRITER = path.join(import.meta.dirname, '..', '..', 'helpers', 'store-writer.ts')
const log = pino({ level: 'silent' })

const BYTES: CollectionSpec<Uint8Array> = {
  name: 'bytes',
  ttlMs: 60_000,
  encode: (bytes) => Buffer.from(bytes).toString('base64'),
  decode: (data) => new Uint8Array(Buffer.from(String(data), 'base64')),
}

const DATABASES: readonly [string, object, () => Database | Promise<Database>][] = [
  ['SQLite', {}, sqliteFile],
  ['Redis', WITH_REDIS, startRedis],
  ['Postgres', WITH_POSTGRES, startPostgres],
]

for (const [name, options, start] of DATABASES) {
  describe(`the store on ${name}`, options, () => {
    let database: Database
    let store: Store
    let turns: Collection<readonly string[]>

    before(async () => {
      database = await start()
      store = await openStore({ url: database.url, log })
      turns = store.collection(TURNS)
    })

    after(async () => {
      await store?.close()
      await database?.stop()
    })

    it('gives back what was kept, and nothing for another key or kind', async () => {
      await turns.set('1/2', [':a', 'ä "b"\n'])
      assert.deepEqual(await turns.get('1/2'), [':a', 'ä "b"\n'])
      assert.equal(await turns.get('1/3'), undefined)
      assert.equal(await store.collection({ ...TURNS, name: 'other' }).get('1/2'), undefined)
    })

    it('encodes what is not JSON', async () => {
      const bytes = store.collection(BYTES)
      await bytes.set('b', Uint8Array.of(0, 1, 255))
      assert.deepEqual(await bytes.get('b'), Uint8Array.of(0, 1, 255))
    })

    it('lets a record end', async () => {
      await turns.set('short', ['gone'], 1)
      await turns.set('long', ['stays'])
      while ((await turns.get('short')) !== undefined) {}
      assert.deepEqual(await turns.get('long'), ['stays'])
      const kept = await turns.update('short', (old) => [...(old ?? ['fresh'])])
      assert.deepEqual(kept, ['fresh'])
      assert.deepEqual(await turns.get('short'), ['fresh'])
    })

    it('updates, and deletes where the update says so', async () => {
      await turns.update('u', (old) => [...(old ?? []), 'one'])
      await turns.update('u', (old) => [...(old ?? []), 'two'])
      assert.deepEqual(await turns.get('u'), ['one', 'two'])
      assert.equal(await turns.update('u', () => undefined), undefined)
      assert.equal(await turns.get('u'), undefined)
      assert.equal(await turns.update('u', () => undefined), undefined)
    })

    it('leaves a record alone where the update gives back what it got', async () => {
      await turns.set('same', ['x'], 60_000)
      let seen: readonly string[] | undefined
      await turns.update('same', (old) => (seen = old), 1)
      assert.deepEqual(seen, ['x'])
      assert.deepEqual(await turns.get('same'), ['x'], 'its end was not moved either')
    })

    it('loses no update of this process', async () => {
      const numbers = Array.from({ length: 40 }, (_, i) => String(i))
      await Promise.all(numbers.map((n) => turns.update('many', (old) => [...(old ?? []), n])))
      assert.deepEqual(await turns.get('many'), numbers)
    })

    it('lists and deletes by the start of the key, and takes no letter for a pattern', async () => {
      for (const key of ['g/1/a', 'g/1/b', 'g/12/a', 'g/2/a', 'g_1/a']) {
        await turns.set(key, [key])
      }
      const found: [string, readonly string[]][] = []
      for await (const [key, record] of turns.entries('g/1/')) {
        found.push([key, record])
      }
      assert.deepEqual(
        found.sort(([a], [b]) => (a < b ? -1 : 1)),
        [
          ['g/1/a', ['g/1/a']],
          ['g/1/b', ['g/1/b']],
        ],
      )
      assert.equal(await turns.deleteAll('g/1/'), 2)
      assert.equal(await turns.get('g/1/a'), undefined)
      assert.deepEqual(await turns.get('g/12/a'), ['g/12/a'])
      assert.equal(await turns.deleteAll('g_'), 1)
      assert.deepEqual(await turns.get('g/2/a'), ['g/2/a'])
    })

    it('walks through more keys than one page holds', async () => {
      const keys = Array.from({ length: 1203 }, (_, i) => `page/${i}`)
      await Promise.all(keys.map((key) => turns.set(key, [])))
      assert.equal(await turns.deleteAll('page/'), keys.length)
    })

    it('says whether it deleted something', async () => {
      await turns.set('d', [])
      assert.equal(await turns.delete('d'), true)
      assert.equal(await turns.delete('d'), false)
    })

    it('refuses keys that could be mistaken for others, and records without an end', async () => {
      await assert.rejects(async () => turns.get('a b'), RangeError)
      await assert.rejects(async () => turns.get(''), RangeError)
      await assert.rejects(turns.set('k', [], 0), RangeError)
      await assert.rejects(
        turns.update('k', () => ['x'], Number.NaN),
        RangeError,
      )
    })

    it('drops a record of another shape and logs that without its content', async () => {
      const lines: string[] = []
      const heard = await openStore({
        url: database.url,
        log: pino({}, { write: (line: string) => lines.push(line) }),
      })
      await heard.collection({ ...TURNS, encode: () => 'a secret' }).set('odd', [])
      assert.equal(await heard.collection(TURNS).get('odd'), undefined)
      assert.match(lines.join(''), /could not be read and is dropped/)
      assert.doesNotMatch(lines.join(''), /secret/)
      assert.equal(await heard.collection(TURNS).delete('odd'), false)
      await heard.close()
    })

    it(
      'throws when the database is gone, and the process lives',
      { skip: name === 'SQLite' && 'a file does not go away' },
      async () => {
        const other = await start()
        const lonely = await openStore({ url: other.url, outageMs: 300, log })
        await lonely.collection(TURNS).set('a', ['b'])
        await other.stop()
        await assert.rejects(lonely.collection(TURNS).get('a'))
        await assert.rejects(lonely.collection(TURNS).set('a', ['c']))
        await assert.rejects(lonely.collection(TURNS).update('a', () => ['c']))
        await assert.rejects(lonely.ping())
        await lonely.close()
      },
    )

    it('answers a ping', async () => {
      await store.ping()
    })

    it('loses no turn with two processes on it', { timeout: 120_000 }, async () => {
      const writers = ['a', 'b'].map((who) =>
        spawn(process.execPath, [WRITER, database.url, who, '40'], {
          stdio: ['pipe', 'pipe', 'inherit'],
        }),
      )
      const exits = writers.map((writer) => once(writer, 'exit'))
      await Promise.all(writers.map((writer) => once(writer.stdout, 'data')))
      for (const writer of writers) {
        writer.stdin.write('go')
      }
      assert.deepEqual(await Promise.all(exits), [
        [0, null],
        [0, null],
      ])
      const said = (await turns.get('shared')) ?? []
      for (const who of ['a', 'b']) {
        const own = said.filter((turn) => turn.startsWith(who))
        assert.deepEqual(
          own,
          Array.from({ length: 40 }, (_, i) => `${who}${i}`),
        )
      }
    })
  })
}
