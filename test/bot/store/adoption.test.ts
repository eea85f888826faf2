/** `npm run store -- encrypt` on what earlier versions wrote: on SQLite, Redis and Postgres. */

import assert from 'node:assert/strict'
import { createCipheriv, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { z } from 'zod'
import type { Backend } from '../../../bot/store/backends/backend.ts'
import { encode } from '../../../bot/store/encoding.ts'
import { encryptStore, takeCensus } from '../../../bot/store/encryption/adoption.ts'
import { createEncryption } from '../../../bot/store/encryption/encryption.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { CollectionSpec } from '../../../bot/store/types.ts'
import { BACKENDS } from '../../helpers/backends.ts'
import type { Database } from '../../helpers/databases.ts'
import { OpenedStores, refused } from '../../helpers/store-kinds.ts'

const log = pino({ level: 'silent' })
const [OLD, NEW] = [randomBytes(32), randomBytes(32)]
const EXPIRES = Date.now() + 3_600_000
const { signal } = new AbortController()

type Note = { readonly by: string }

const NOTES: CollectionSpec<Note> = {
  name: 'notes',
  ttlMs: 60_000,
  readableKeyParts: 1,
  decode: (data) => z.object({ by: z.string() }).parse(data),
  index: ({ by }) => [`user:${by}`],
}

const plain = (by: string) => encode({ value: { by }, expires: EXPIRES })

/** As the earlier format encrypts, which is not bound to a record. */
function aes1(text: string, key: Buffer): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const body = Buffer.concat([cipher.update(text), cipher.final()])
  const bytes = Buffer.concat([iv, cipher.getAuthTag(), body])
  return `aes1.${createEncryption([key]).keyId}.${bytes.toString('base64')}`
}

for (const [name, options, start, openBackend] of BACKENDS) {
  describe(`encrypting a store in ${name}`, { ...options, timeout: 60_000 }, () => {
    let database: Database
    let backend: Backend

    const stores = new OpenedStores()
    const open = (...keys: Uint8Array[]) => stores.open({ url: database.url, keys, log })
    const put = (key: string, value: string, expires = EXPIRES) =>
      backend.write(key, { value, expires, tags: ['notes/user:clear'] })
    const encrypt = (
      keys: readonly Buffer[],
      rest: { deletes?: boolean; signal?: AbortSignal } = {},
    ) => encryptStore(backend, createEncryption(keys), { signal, ...rest })
    const formats = async () => {
      const values = await Promise.all(
        (await Array.fromAsync(backend.keys('notes/'))).map((key) => backend.read(key)),
      )
      return values.map((value) => value!.slice(0, 13)).toSorted()
    }

    before(async () => {
      database = await start()
      backend = await openBackend(database.url, () => {})
    })
    after(async () => {
      await backend.close()
      await database.stop()
    })
    afterEach(() => stores.close())
    beforeEach(async () => {
      for await (const key of backend.keys('')) {
        await backend.delete(key)
      }
    })

    it('takes plain values and those of the earlier format, with their expiry', async () => {
      await put('notes/1/a', plain('ada'))
      await put('notes/1/b', aes1(plain('ada'), OLD))
      await put('notes/1/c', aes1(plain('lin'), NEW))
      await put('notes/1/d', encode({ value: { by: 'lin' }, expires: Date.now() + 1e12 }))
      await put('meta/encryption', aes1('sightseer', OLD))
      await assert.rejects(refused(open(NEW, OLD)), /npm run store -- encrypt/)
      const census = await encrypt([NEW, OLD])
      assert.deepEqual(
        [census.hasMarker, Object.fromEntries(census.counts.get('notes')!)],
        [false, { plain: 2, aes1: 2 }],
      )
      const { keyId } = createEncryption([NEW])
      assert.deepEqual(
        await formats(),
        Array.from({ length: 4 }, () => `aes2.${keyId}`),
      )
      assert.deepEqual(await Array.fromAsync(backend.keysWith('notes/user:clear')), [])
      const store = await open(NEW)
      const notes = store.collection(NOTES)
      assert.deepEqual(await notes.get('1/a'), { by: 'ada' })
      assert.deepEqual(
        (await Array.fromAsync(notes.keysWith('user:ada'))).toSorted(),
        [notes.storedKey('1/a'), notes.storedKey('1/b')].toSorted(),
      )
      const expiryOf = async (key: string) => {
        const place = `notes/${notes.storedKey(key)}`
        const text = createEncryption([NEW]).decrypt((await backend.read(place))!, place)
        return Number(JSON.parse(text).expires)
      }
      assert.ok(Math.abs((await expiryOf('1/b')) - EXPIRES) < 10_000)
      const inDays = ((await expiryOf('1/d')) - Date.now()) / 86_400_000
      assert.ok(inDays > 399 && inDays <= 400, `${inDays} days`)
      await store.close()
    })

    it('can end before any write, and the next run does the rest', async () => {
      for (let writes = 0; ; writes++) {
        await put('notes/1/a', plain('ada'))
        await put('notes/1/b', aes1(plain('lin'), NEW))
        let left = writes
        const lives = <R>(work: () => Promise<R>) =>
          left-- > 0 ? work() : Promise.reject(new Error('killed'))
        const mortal: Backend = {
          ...backend,
          write: (...args) => lives(() => backend.write(...args)),
          swap: (...args) => lives(() => backend.swap(...args)),
          delete: (...args) => lives(() => backend.delete(...args)),
        }
        const hasEnded = await encryptStore(mortal, createEncryption([NEW]), { signal }).then(
          () => true,
          () => false,
        )
        if ((await backend.read('meta/strict')) === undefined) {
          await assert.rejects(refused(open(NEW)), /npm run store -- encrypt/)
          await encrypt([NEW])
        }
        const store = await open(NEW)
        assert.deepEqual(await store.collection(NOTES).get('1/a'), { by: 'ada' })
        assert.deepEqual(await store.collection(NOTES).get('1/b'), { by: 'lin' })
        await store.close()
        for await (const key of backend.keys('')) {
          await backend.delete(key)
        }
        if (hasEnded) {
          assert.equal(writes, 5) // what earlier versions see, two values, the marker, the old secret
          break
        }
      }
    })

    it('takes what another process writes meanwhile, unless that goes on', async () => {
      await put('notes/1/a', plain('ada'))
      let late = 1
      const swap: Backend['swap'] = async (...args) => {
        const isDone = await backend.swap(...args)
        await (late-- > 0 ? put(`notes/0/${late}`, plain('lin')) : undefined)
        return isDone
      }
      await encryptStore({ ...backend, swap }, createEncryption([NEW]), { signal })
      assert.deepEqual(
        (await formats()).map((format) => format.slice(0, 5)),
        ['aes2.', 'aes2.'],
      )
      await backend.delete('meta/strict')
      late = Infinity
      await put('notes/1/a', plain('ada'))
      await assert.rejects(
        encryptStore({ ...backend, swap }, createEncryption([NEW]), { signal }),
        /Other processes keep writing to the store/,
      )
      assert.equal(await backend.read('meta/strict'), undefined)
    })

    it('stops when it is told to, between two values', async () => {
      await put('notes/1/a', plain('ada'))
      await put('notes/1/b', plain('ada'))
      const stop = new AbortController()
      await assert.rejects(
        encryptStore(backend, createEncryption([NEW]), {
          signal: stop.signal,
          progress: () => stop.abort(new Error('interrupted')),
        }),
        /interrupted/,
      )
      assert.deepEqual(
        (await formats()).map((format) => format.slice(0, 5)),
        ['aes2.', '{"val'],
      )
      assert.equal(await backend.read('meta/strict'), undefined)
    })

    it('does not finish while something is not authentic, unless it may delete that', async () => {
      const stranger = randomBytes(32)
      const copied = createEncryption([NEW]).encrypt(plain('eve'), 'notes/1/other')
      const bad = ['not JSON', aes1(plain('eve'), stranger), copied]
      await put('notes/1/a', plain('ada'))
      await Promise.all(bad.map((value, i) => put(`notes/1/bad${i}`, value)))
      const census = await encrypt([NEW])
      assert.deepEqual([...census.notAuthentic].toSorted(), [
        'notes/1/bad0',
        'notes/1/bad1',
        'notes/1/bad2',
      ])
      assert.equal(await backend.read('notes/1/bad1'), bad[1])
      await assert.rejects(refused(open(NEW)), /npm run store -- encrypt/)
      await encrypt([NEW], { deletes: true })
      assert.deepEqual(await Array.fromAsync(backend.keys('notes/')), ['notes/1/a'])
      await (await open(NEW)).close()
    })

    it('takes nothing into a store that has been encrypted', async () => {
      const store = await open(NEW)
      await store.collection(NOTES).set('1/a', { by: 'ada' })
      await store.close()
      await put('notes/1/x', plain('eve'))
      await put('notes/1/y', aes1(plain('eve'), NEW))
      for (const take of [
        () => encrypt([NEW]),
        () => takeCensus(backend, createEncryption([NEW]), { signal }),
      ]) {
        const { hasMarker, notAuthentic } = await take()
        assert.deepEqual(
          [hasMarker, [...notAuthentic].toSorted()],
          [true, ['notes/1/x', 'notes/1/y']],
        )
      }
      assert.equal(await backend.read('notes/1/x'), plain('eve'))
      await takeCensus(backend, createEncryption([NEW]), { signal, deletes: true })
      assert.equal((await formats()).length, 1)
    })

    it('changes what another key encrypted, so that the key can be removed', async () => {
      const before = await open(OLD)
      await before.collection(NOTES).set('1/a', { by: 'ada' })
      await before.close()
      await (await open(NEW, OLD)).close()
      await assert.rejects(
        refused(open(NEW)),
        /a key \([0-9a-f]{8}\) that SIGHTSEER_STORE_KEY does not have/,
      )
      const census = await encrypt([NEW, OLD])
      assert.deepEqual(Object.fromEntries(census.counts.get('notes')!), { 'earlier key': 1 })
      const store = await open(NEW)
      const notes = store.collection(NOTES)
      assert.deepEqual(await notes.get('1/a'), { by: 'ada' })
      assert.deepEqual(await Array.fromAsync(notes.keysWith('user:ada')), [notes.storedKey('1/a')])
      await store.close()
    })

    it('refuses the keys of another store', async () => {
      await put('notes/1/a', aes1(plain('ada'), OLD))
      await put('meta/encryption', aes1('sightseer', OLD))
      await assert.rejects(encrypt([NEW], { deletes: true }), /encrypted with another key/)
      await encrypt([OLD, NEW])
      await assert.rejects(encrypt([NEW], { deletes: true }), /encrypted with another key/)
      await backend.delete('meta/strict')
      await assert.rejects(encrypt([NEW], { deletes: true }), /encrypted with another key/)
      assert.equal((await formats()).length, 1)
    })

    it('keeps the secret that hidden names were made with', async () => {
      const secret = randomBytes(32).toString('base64')
      await put('notes/1/a', plain('ada'))
      await put('meta/secret', createEncryption([NEW]).encrypt(secret, 'meta/secret'))
      await encrypt([NEW])
      const marker = (await backend.read('meta/strict'))!
      const text = createEncryption([NEW]).decrypt(marker, 'meta/strict')
      assert.equal(JSON.parse(text).secret, secret)
      assert.equal(await backend.read('meta/secret'), undefined)
      await backend.delete('meta/strict')
      await put('meta/secret', secret)
      await assert.rejects(
        encrypt([NEW]),
        /^ConfigError: The record meta\/secret .* cannot be decrypted/,
      )
    })

    it('makes earlier versions refuse to start', async () => {
      await put('notes/1/a', plain('ada'))
      await encrypt([NEW])
      // They compare this id with those of their keys.
      assert.match((await backend.read('meta/encryption'))!, /^aes1\.00000000\./)
      await backend.delete('meta/encryption')
      await (await open(NEW)).close()
      assert.match((await backend.read('meta/encryption'))!, /^aes1\.00000000\./)
    })
  })
}

describe('encrypting a file', () => {
  it('leaves nothing readable in it', async () => {
    const [, , start, openBackend] = BACKENDS[0]
    const database = start()
    const file = database.url.slice('sqlite:'.length)
    const earlier = await openStore({ url: database.url, log })
    const notes = earlier.collection(NOTES)
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => notes.set(`1/${i}`, { by: 'a-red-circle' })),
    )
    await earlier.close()
    assert.ok(readFileSync(file).includes('a-red-circle'))
    const backend = await openBackend(database.url, () => {})
    await encryptStore(backend, createEncryption([NEW]), { signal })
    await backend.close()
    assert.ok(!readFileSync(file).includes('a-red-circle'))
    await database.stop()
  })
})
