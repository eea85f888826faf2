/**
 * What somebody who can write to the database of an encrypted store, but has no key, may try. On
 * SQLite, Redis and Postgres.
 */

import assert from 'node:assert/strict'
import { createCipheriv, randomBytes } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { z } from 'zod'
import type { Backend } from '../../../bot/store/backends/backend.ts'
import { encode } from '../../../bot/store/encoding.ts'
import { createEncryption } from '../../../bot/store/encryption/encryption.ts'
import { Names } from '../../../bot/store/encryption/names.ts'
import { readMarker } from '../../../bot/store/encryption/marker.ts'
import type { Collection, CollectionSpec, Store } from '../../../bot/store/types.ts'
import { BACKENDS } from '../../helpers/backends.ts'
import type { Database } from '../../helpers/databases.ts'
import { OpenedStores, refused } from '../../helpers/store-kinds.ts'

const KEY = randomBytes(32)
const NOT_AUTHENTIC = { name: 'NotAuthenticError' }

type Note = { readonly by: string }

const NOTES: CollectionSpec<Note> = {
  name: 'notes',
  ttlMs: 60_000,
  decode: (data) => z.object({ by: z.string() }).parse(data),
  index: ({ by }) => [`user:${by}`],
}
const LIST: CollectionSpec<Note> = { ...NOTES, name: 'list', whenNotAuthentic: 'skip' }
const PICTURES: CollectionSpec<Note> = { ...NOTES, name: 'pictures', readableKeyParts: 1 }

const PLAIN = encode({ value: { by: 'eve' }, expires: Date.now() + 3_600_000 })

/** As the earlier format encrypts: not bound to a record. */
function aes1(text: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', KEY, iv)
  const body = Buffer.concat([cipher.update(text), cipher.final()])
  const bytes = Buffer.concat([iv, cipher.getAuthTag(), body])
  return `aes1.${createEncryption([KEY]).keyId}.${bytes.toString('base64')}`
}

for (const [name, options, start, openBackend] of BACKENDS) {
  describe(`records in ${name} that the bot did not write`, { ...options, timeout: 60_000 }, () => {
    let database: Database
    let backend: Backend
    let store: Store
    let notes: Collection<Note>
    let lines: string[] = []

    const log = pino({}, { write: (line: string) => lines.push(line) })
    const stores = new OpenedStores()
    const open = (...keys: Uint8Array[]) => stores.open({ url: database.url, keys, log })
    const plant = (key: string, value: string, tags?: readonly string[]) =>
      backend.write(key, { value, expires: Date.now() + 60_000, tags })

    before(async () => {
      database = await start()
      backend = await openBackend(database.url, () => {})
    })
    after(async () => {
      await backend.close()
      await database.stop()
    })
    beforeEach(async () => {
      lines = []
      store = await open(KEY)
      notes = store.collection(NOTES)
      await notes.set('1/a', { by: 'ada' })
      await notes.set('1/b', { by: 'ada' })
    })
    afterEach(async () => {
      await stores.close()
      for await (const key of backend.keys('')) {
        await backend.delete(key)
      }
    })

    it('are errors, stay as they are, and are logged once without their key', async () => {
      const copied = (await backend.read('notes/1/a'))!
      const unknown = createEncryption([randomBytes(32)]).encrypt(PLAIN, 'notes/1/b')
      for (const value of [PLAIN, aes1(PLAIN), copied, `${copied.slice(0, 40)}AAAA`, unknown]) {
        await plant('notes/1/b', value)
        await assert.rejects(notes.get('1/b'), NOT_AUTHENTIC, value)
        await assert.rejects(
          notes.update('1/b', () => ({ by: 'new' })),
          NOT_AUTHENTIC,
        )
        assert.equal(await backend.read('notes/1/b'), value)
        assert.deepEqual(await notes.get('1/a'), { by: 'ada' })
      }
      assert.equal(lines.filter((line) => line.includes('is not authentic')).length, 1)
      assert.doesNotMatch(lines.join(''), /1\/b/)
      await notes.set('1/b', { by: 'lin' })
      assert.deepEqual(await notes.get('1/b'), { by: 'lin' })
    })

    it('fail a search after all others, and can be deleted', async () => {
      await plant('notes/1/x', PLAIN)
      const keys: string[] = []
      const search = async () => {
        for await (const [key] of notes.entries('1/')) {
          keys.push(key)
        }
      }
      await assert.rejects(search(), {
        ...NOT_AUTHENTIC,
        message: '1 notes records are not authentic',
      })
      assert.deepEqual(keys.toSorted(), ['1/a', '1/b'])
      assert.equal(await notes.delete('1/x'), true)
      await search()
      await plant('notes/1/x', aes1(PLAIN))
      assert.equal(await notes.deleteAll('1/'), 3)
    })

    it('do not stop the use of the others, where a collection says so', async () => {
      const list = store.collection(LIST)
      await list.set('1/a', { by: 'ada' })
      await plant('list/1/x', PLAIN)
      assert.deepEqual(await Array.fromAsync(list.entries()), [['1/a', { by: 'ada' }]])
      await list.deleteAll('')
    })

    it('fail a search by a tag that they were given', async () => {
      const tag = hiddenTag(await backend.read('meta/strict'), 'user:ada')
      await plant('notes/1/b', PLAIN, [tag])
      assert.deepEqual((await Array.fromAsync(notes.keysWith('user:ada'))).toSorted(), [
        '1/a',
        '1/b',
      ])
      await assert.rejects(Array.fromAsync(notes.entriesWith('user:ada')), NOT_AUTHENTIC)
    })

    it("give nobody another person's record by their tag", async () => {
      const tag = hiddenTag(await backend.read('meta/strict'), 'user:eve')
      await store.collection(LIST).set('1/a', { by: 'eve' })
      for (const key of ['notes/1/a', 'list/1/a']) {
        assert.equal(await backend.retag(key, (await backend.read(key))!, [tag]), true)
      }
      assert.deepEqual(await Array.fromAsync(notes.entriesWith('user:eve')), [])
      assert.deepEqual(await Array.fromAsync(notes.keysWith('user:eve')), ['1/a'])
      assert.notEqual(await backend.read('list/1/a'), undefined)
      await store.collection(LIST).deleteAll('')
    })

    it('live no longer than they were written for', async () => {
      const expired = encode({ value: { by: 'ada' }, expires: Date.now() })
      await plant('notes/1/b', createEncryption([KEY]).encrypt(expired, 'notes/1/b'))
      assert.equal(await notes.get('1/b'), undefined)
      assert.equal(await backend.read('notes/1/b'), undefined)
    })

    it('are not renamed', async () => {
      await plant('pictures/1/abc', PLAIN)
      const pictures = store.collection(PICTURES)
      assert.equal(await pictures.get('1/abc'), undefined)
      assert.equal(await backend.read('pictures/1/abc'), PLAIN)
      await pictures.deleteAll('')
    })

    it('cannot be made valid by deleting the marker', async () => {
      await store.close()
      await plant('notes/1/b', PLAIN)
      const marker = (await backend.read('meta/strict'))!
      await backend.delete('meta/strict')
      await assert.rejects(refused(open(KEY)), {
        name: 'ConfigError',
        message: /"npm run store -- encrypt" once\. .*restore a backup instead\.$/,
      })
      await backend.delete('meta/encryption')
      await assert.rejects(refused(open(KEY)), /npm run store -- encrypt/)
      assert.equal(await backend.read('meta/strict'), undefined) // the attempt has written none
      await plant('meta/strict', marker)
      store = await open(KEY)
    })

    it('are not read without a key either', async () => {
      await store.close()
      await assert.rejects(
        refused(open()),
        /The store is encrypted, but SIGHTSEER_STORE_KEY is not set\./,
      )
      await backend.delete('meta/encryption')
      await assert.rejects(refused(open()), /SIGHTSEER_STORE_KEY is not set/)
      store = await open(KEY)
      const marker = (await backend.read('meta/strict'))!
      await store.close()
      await backend.delete('meta/strict')
      await assert.rejects(refused(open()), /SIGHTSEER_STORE_KEY is not set/) // what earlier versions see
      await backend.delete('meta/encryption')
      const unencrypted = await open()
      await assert.rejects(unencrypted.collection(NOTES).get('1/a'), NOT_AUTHENTIC)
      await unencrypted.close()
      await plant('meta/strict', marker)
      store = await open(KEY)
    })
  })
}

/** A tag of NOTES as the database has it. */
function hiddenTag(marker: string | undefined, tag: string): string {
  const { secret } = readMarker(marker!, createEncryption([KEY]))
  return new Names(secret).tag(NOTES, tag)
}
