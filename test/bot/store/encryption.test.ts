/** What lies in the store when it is encrypted, and what a missing, wrong or changed key does. */

import assert from 'node:assert/strict'
import { createCipheriv, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { openStore } from '../../../bot/store/store.ts'
import { createEncryption } from '../../../bot/store/encryption/encryption.ts'
import { TURNS } from '../../helpers/store-kinds.ts'

const OLD = randomBytes(32)
const NEW = randomBytes(32)

describe('createEncryption', () => {
  const encryption = createEncryption([OLD])

  it('gives back what it encrypted, and never the same text twice', () => {
    const one = encryption.encrypt('ä red circle', 'turns/1')
    assert.equal(encryption.decrypt(one, 'turns/1'), 'ä red circle')
    assert.notEqual(encryption.encrypt('ä red circle', 'turns/1'), one)
    assert.doesNotMatch(Buffer.from(one.split('.')[2]!, 'base64').toString('latin1'), /circle/)
  })

  it('notices a changed byte', () => {
    const [name, id, body] = encryption.encrypt('a red circle', 'turns/1').split('.')
    const bytes = Buffer.from(body!, 'base64')
    bytes[bytes.length - 1]! ^= 1
    assert.throws(() => encryption.decrypt(`${name}.${id}.${bytes.toString('base64')}`, 'turns/1'))
    assert.throws(() => encryption.decrypt(`${name}.${id}.`, 'turns/1'))
  })

  it('decrypts text only where it was encrypted for', () => {
    const text = encryption.encrypt('a red circle', 'turns/1')
    assert.equal(encryption.decrypt(text, 'turns/1'), 'a red circle')
    assert.throws(() => encryption.decrypt(text, 'turns/2'))
    assert.throws(() => encryption.decrypt(text.replace('aes2', 'aes1'), 'turns/1'))
  })

  it('reads what the earlier format encrypted', () => {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', OLD, iv)
    const body = Buffer.concat([cipher.update('a red circle'), cipher.final()])
    const bytes = Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')
    const text = `aes1.${encryption.keyId}.${bytes}`
    assert.equal(encryption.decrypt(text, 'turns/1'), 'a red circle')
  })

  it('reads with every key and writes with the first', () => {
    const both = createEncryption([NEW, OLD])
    assert.equal(both.decrypt(encryption.encrypt('x', 'turns/1'), 'turns/1'), 'x')
    assert.ok(encryption.isForeign(both.encrypt('x', 'turns/1')))
    assert.ok(!both.isForeign(encryption.encrypt('x', 'turns/1')))
  })

  it('refuses a key of another length', () => {
    assert.throws(() => createEncryption([randomBytes(16)]), RangeError)
  })
})

describe('an encrypted store', () => {
  let folder: string
  let file: string
  let lines: string[]

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
    file = path.join(folder, 'store.sqlite')
    lines = []
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function open(...keys: Uint8Array[]) {
    const log = pino({}, { write: (line: string) => lines.push(line) })
    return openStore({ url: `sqlite:${file}`, keys, log })
  }

  async function keep(...keys: Uint8Array[]) {
    const store = await open(...keys)
    await store.collection(TURNS).set('1', ['a red circle'])
    await store.close()
  }

  it('has nothing readable in its file', async () => {
    await keep(OLD)
    assert.ok(!readFileSync(file).includes('red circle'))
    const store = await open(OLD)
    assert.deepEqual(await store.collection(TURNS).get('1'), ['a red circle'])
    await store.close()
    await keep()
      .then(() => assert.fail('opened without a key'))
      .catch(({ name, message }) => {
        assert.deepEqual(
          [name, message],
          ['ConfigError', 'The store is encrypted, but SIGHTSEER_STORE_KEY is not set.'],
        )
      })
  })

  it('does not open with another key, and is not harmed by the attempt', async () => {
    await keep(OLD)
    await assert.rejects(open(NEW), { name: 'ConfigError', message: /another key \([0-9a-f]{8}\)/ })
    const store = await open(OLD)
    assert.deepEqual(await store.collection(TURNS).get('1'), ['a red circle'])
    await store.close()
  })

  it('does not open if its marker was changed, even with the right key', async () => {
    await keep(OLD)
    const database = new DatabaseSync(file)
    const change = (sql: string) =>
      database.exec(`UPDATE keyv SET value = ${sql} WHERE key = 'meta/encryption'`)
    for (const sql of [
      "(SELECT value FROM keyv WHERE key = 'turns/1')",
      'substr(value, 1, 30)',
      "'sightseer'",
    ]) {
      change(sql)
      await assert.rejects(open(OLD), {
        name: 'ConfigError',
        message: /^The record meta\/encryption of the store was changed or damaged\./,
      })
      await assert.rejects(open(OLD), /meta\/encryption/) // the attempt has not mended it
    }
    database.close()
  })

  it('changes keys: the old one still reads, the new one writes', async () => {
    await keep(OLD)
    const store = await open(NEW, OLD)
    const turns = store.collection(TURNS)
    await turns.update('1', (old) => [...(old ?? []), 'and a star'])
    await store.close()
    const later = await open(NEW)
    assert.deepEqual(await later.collection(TURNS).get('1'), ['a red circle', 'and a star'])
    await later.close()
  })

  it('keeps a record whose key was taken away too early, in case it comes back', async () => {
    await keep(OLD)
    await (await open(NEW, OLD)).close()
    const early = await open(NEW)
    assert.equal(await early.collection(TURNS).get('1'), undefined)
    await early.close()
    assert.match(lines.join(''), /a key that is not known/)
    const store = await open(NEW, OLD)
    assert.deepEqual(await store.collection(TURNS).get('1'), ['a red circle'])
    await store.close()
  })

  it('reads what was kept before there was a key', async () => {
    await keep()
    const store = await open(NEW)
    assert.deepEqual(await store.collection(TURNS).get('1'), ['a red circle'])
    await store.close()
  })

  it('does not read a value that was copied from another record', async () => {
    const earlier = await open(OLD)
    await earlier.collection(TURNS).set('1', ['a red circle'])
    await earlier.collection(TURNS).set('2', ['a star'])
    await earlier.close()
    const database = new DatabaseSync(file)
    database.exec(`UPDATE keyv SET value = (SELECT value FROM keyv WHERE key = 'turns/1')
      WHERE key = 'turns/2'`)
    database.close()
    const store = await open(OLD)
    assert.equal(await store.collection(TURNS).get('2'), undefined)
    assert.deepEqual(await store.collection(TURNS).get('1'), ['a red circle'])
    await store.close()
    assert.match(lines.join(''), /could not be read and is dropped/)
  })

  it('drops a damaged record and says so once', async () => {
    await keep(OLD)
    const database = new DatabaseSync(file)
    database.exec("UPDATE keyv SET value = substr(value, 1, 30) || 'AAAA' WHERE key = 'turns/1'")
    database.close()
    const store = await open(OLD)
    assert.equal(await store.collection(TURNS).get('1'), undefined)
    assert.equal(await store.collection(TURNS).get('1'), undefined)
    assert.equal(lines.filter((line) => line.includes('is dropped')).length, 1)
    assert.deepEqual(await store.collection(TURNS).update('1', () => ['new']), ['new'])
    await store.close()
  })
})

describe('openStore', () => {
  const log = pino({ level: 'silent' })

  it('says that a server cannot be reached, without the password', async () => {
    for (const scheme of ['redis', 'postgres']) {
      await assert.rejects(
        openStore({ url: `${scheme}://me:hunter2@127.0.0.1:1/0`, log }),
        (error) => {
          assert.ok(error instanceof Error)
          assert.equal(error.name, 'ConfigError')
          assert.match(
            error.message,
            /^SIGHTSEER_STORE \(\w+:\/\/127\.0\.0\.1:1\/0\) cannot be opened/,
          )
          assert.doesNotMatch(error.message, /hunter2/)
          return true
        },
      )
    }
  })

  it('shows no password of an address, wherever it is', async () => {
    for (const url of [
      'redis://hunter2@127.0.0.1:1/0',
      'redis://127.0.0.1:1/0?password=hunter2',
      'redis://me:hun#hunter2@127.0.0.1:1/0',
      'postgres://me@127.0.0.1:1/x?password=hunter2',
      'postgres://me:a#hunter2@127.0.0.1:1/x',
    ]) {
      await assert.rejects(openStore({ url, log }), (error) => {
        assert.ok(error instanceof Error)
        assert.match(error.message, /^SIGHTSEER_STORE \(/)
        assert.doesNotMatch(error.message, /hunter2/, url)
        return true
      })
    }
  })

  it('says that a file is not a store', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
    const file = path.join(folder, 'note.txt')
    writeFileSync(
      file,
      'not a database, and long enough to be taken for the header of one. '.repeat(20),
    )
    await assert.rejects(openStore({ url: `sqlite:${file}`, log }), {
      name: 'ConfigError',
      message: `SIGHTSEER_STORE (sqlite:${file}) cannot be opened: file is not a database.`,
    })
    rmSync(folder, { recursive: true })
  })
})
