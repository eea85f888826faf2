/** Keys that end with the hash of a picture, in an encrypted store: on SQLite, Redis and Postgres. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import { pino } from 'pino'
import { z } from 'zod'
import type { Backend } from '../../../bot/store/backends/backend.ts'
import { encryptStore } from '../../../bot/store/encryption/adoption.ts'
import { createEncryption } from '../../../bot/store/encryption/encryption.ts'
import { openMarker } from '../../../bot/store/encryption/marker.ts'
import { Names } from '../../../bot/store/encryption/names.ts'
import { Renaming } from '../../../bot/store/encryption/renaming.ts'
import { openStore } from '../../../bot/store/store.ts'
import { tolerateFull } from '../../../bot/store/full-store.ts'
import type { CollectionSpec } from '../../../bot/store/types.ts'
import { BACKENDS } from '../../helpers/backends.ts'
import { type Database, sqliteFile } from '../../helpers/databases.ts'
import { OpenedStores } from '../../helpers/store-kinds.ts'

const log = pino({ level: 'silent' })
const OLD = randomBytes(32)
const NEW = randomBytes(32)

type Picture = { readonly by: string }

const PICTURES: CollectionSpec<Picture> = {
  name: 'pictures',
  ttlMs: 60_000,
  readableKeyParts: 1,
  decode: (data) => z.object({ by: z.string() }).parse(data),
  index: ({ by }) => [`user:${by}`],
}
/** The same records in a version that hides nothing. */
const { readableKeyParts: _, ...EARLIER_PICTURES } = PICTURES

for (const [name, options, start, openBackend] of BACKENDS) {
  describe(`hidden keys in ${name}`, options, () => {
    let database: Database
    let backend: Backend

    before(async () => {
      database = await start()
      backend = await openBackend(database.url, () => {})
    })
    after(async () => {
      await backend.close()
      await database.stop()
    })

    const stores = new OpenedStores()
    afterEach(() => stores.close())

    const open = (...keys: Uint8Array[]) => stores.open({ url: database.url, keys, log })
    const names = () => Array.fromAsync(backend.keys('pictures/'))

    it('are moved from clear names when the store is opened, and stay when its key changes', async () => {
      const plain = await open()
      await plain.collection(PICTURES).set('1/c1ea2', { by: 'eve' }, 30_000)
      await plain.close()
      assert.deepEqual(await names(), ['pictures/1/c1ea2'])
      const { signal } = new AbortController()
      await encryptStore(backend, createEncryption([OLD]), { signal })

      const earlier = await open(OLD)
      await earlier.collection(EARLIER_PICTURES).set('1/abc123', { by: 'ada' })
      await earlier.close()

      const first = await open(OLD)
      const pictures = first.collection(PICTURES)
      assert.deepEqual(await pictures.get('1/abc123'), { by: 'ada' })
      assert.deepEqual(await pictures.get('1/c1ea2'), { by: 'eve' })
      const moved = `pictures/${pictures.storedKey('1/c1ea2')}`
      const text = createEncryption([OLD]).decrypt((await backend.read(moved))!, moved)
      assert.ok(JSON.parse(text).expires <= Date.now() + 30_000, 'it expires when it did before')
      await pictures.set('1/abc124', { by: 'lin' })
      await pictures.set('2/abc123', { by: 'bob' })
      const stored = await names()
      assert.equal(stored.length, 4)
      for (const one of stored) {
        assert.match(one, /^pictures\/[12]\/hmac\.[\w-]{43}$/)
      }
      assert.equal(new Set(stored.map((one) => one.split('/')[2])).size, 4)
      await first.close()

      await (await open(NEW, OLD)).close()
      const second = await open(NEW, OLD)
      const later = second.collection(PICTURES)
      assert.deepEqual(await later.update('1/abc123', () => ({ by: 'kim' })), { by: 'kim' })
      assert.deepEqual((await names()).toSorted(), stored.toSorted())
      assert.deepEqual(await Array.fromAsync(later.keysWith('user:lin')), [
        later.storedKey('1/abc124'),
      ])
      assert.equal(await later.delete('1/abc124'), true)
      await second.close()
    })

    it('are searched by their readable parts, and found by what a search gives', async () => {
      const store = await open(NEW, OLD)
      const pictures = store.collection(PICTURES)
      await pictures.set('7/aa', { by: 'ada' })
      await pictures.set('7/bb', { by: 'ada' })
      const keys = await Array.fromAsync(pictures.keys('7/'))
      assert.deepEqual(
        keys.toSorted(),
        [pictures.storedKey('7/aa'), pictures.storedKey('7/bb')].toSorted(),
      )
      assert.equal(await pictures.delete(keys[0]!), true)
      assert.equal((await Array.fromAsync(pictures.entries('7/'))).length, 1)
      await assert.rejects(Array.fromAsync(pictures.keys('7/a')), RangeError)
      assert.equal(await pictures.deleteAll('7/'), 1)
      await store.close()
    })

    it('finishes what a process that ended had begun', async () => {
      const store = await open(NEW, OLD)
      await store.collection(PICTURES).set('8/aa', { by: 'lin' })
      await store.collection(EARLIER_PICTURES).set('8/bb', { by: 'ada' })
      await store.collection(EARLIER_PICTURES).set('8/aa', { by: 'old' })
      await store.close()
      const next = await open(NEW, OLD)
      const pictures = next.collection(PICTURES)
      const all = await Array.fromAsync(pictures.entries('8/'))
      assert.deepEqual(all.map(([, { by }]) => by).toSorted(), ['ada', 'lin'])
      assert.deepEqual(await pictures.get('8/aa'), { by: 'lin' })
      await next.close()
    })

    it('have one secret when another process fills the store meanwhile', async () => {
      for await (const key of backend.keys('')) {
        await backend.delete(key)
      }
      const encryption = createEncryption([NEW])
      let other: Uint8Array | undefined
      const secret = await openMarker(
        {
          ...backend,
          async *keys(prefix) {
            other ??= await openMarker(backend, encryption)
            yield* backend.keys(prefix)
          },
        },
        encryption,
      )
      assert.ok(other)
      assert.deepEqual(secret, other)
    })

    it('have one secret when two processes start at once on an empty store', async () => {
      for await (const key of backend.keys('')) {
        await backend.delete(key)
      }
      const three = await Promise.all([open(NEW), open(NEW), open(NEW)])
      const keys = three.map((store) => store.collection(PICTURES).storedKey('1/abc123'))
      assert.equal(new Set(keys).size, 1)
    })
  })
}

describe('renaming', () => {
  const SECRET = randomBytes(32)
  const STORED = ['pictures/1/a', 'pictures/1/b', 'pictures/1/c']

  /** @param fails how often the database does not answer. */
  function startRenaming(rename: (name: string) => Promise<void>, fails = 0) {
    let failures = fails
    const backend = {
      async *keys() {
        if (failures-- > 0) {
          throw new Error('the database is away')
        }
        yield* STORED
      },
    }
    const renaming = new Renaming(backend, new Names(SECRET), log)
    renaming.start(PICTURES, rename)
    return renaming
  }

  it('is tried again after a failure', async () => {
    const renamed: string[] = []
    const renaming = startRenaming(async (name) => void renamed.push(name), 1)
    await assert.rejects(renaming.complete('pictures'), /the database is away/)
    await renaming.complete('pictures')
    await renaming.complete('pictures')
    assert.deepEqual(renamed, STORED)
  })

  it('ends after the record that it is at when the store is closed', async () => {
    const renamed: string[] = []
    const { promise: stopped, resolve } = Promise.withResolvers<void>()
    const renaming = startRenaming(async (name) => {
      renamed.push(name)
      resolve(renaming.stop())
    })
    await stopped
    assert.deepEqual(renamed, STORED.slice(0, 1))
  })
})

describe('hidden keys in a full store', () => {
  it('are one record in the database and in memory', async () => {
    const database = sqliteFile()
    const store = await openStore({ url: database.url, keys: [OLD], log })
    let isFull = false
    const full = tolerateFull(
      {
        backend: store.backend,
        ping: () => store.ping(),
        close: () => store.close(),
        collection(spec) {
          const collection = store.collection(spec)
          return {
            ...collection,
            set: (...args) =>
              isFull
                ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }))
                : collection.set(...args),
          }
        },
      },
      log,
    )
    const pictures = full.collection(PICTURES)
    await pictures.set('1/aa', { by: 'ada' })
    isFull = true
    await pictures.set('1/aa', { by: 'lin' })
    assert.deepEqual(await Array.fromAsync(pictures.entries('1/')), [
      [pictures.storedKey('1/aa'), { by: 'lin' }],
    ])
    assert.deepEqual(await pictures.get('1/aa'), { by: 'lin' })
    isFull = false
    await pictures.set('1/aa', { by: 'kim' })
    assert.deepEqual(await pictures.get('1/aa'), { by: 'kim' })
    await full.close()
    await database.stop()
  })
})
