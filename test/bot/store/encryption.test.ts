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
import { createEncryption, encryptedWith } from '../../../bot/store/encryption/encryption.ts'
import { refused, TURNS } from '../../helpers/store-kinds.ts'

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

  it('decrypts what is not encrypted, or in the earlier format, only where it is asked to', () => {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', OLD, iv)
    const body = Buffer.concat([cipher.update('a red circle'), cipher.final()])
    const bytes = Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')
    const text = `aes1.${encryption.keyId}.${bytes}`
    assert.equal(encryption.decryptAny(text, 'turns/1'), 'a red circle')
    assert.equal(encryption.decryptAny('plain', 'turns/1'), 'plain')
    assert.throws(() => encryption.decrypt(text, 'turns/1'), /expected the format aes2, got aes1/)
    assert.throws(
      () => encryption.decrypt('plain', 'turns/1'),
      /expected the format aes2, got plain/,
    )
  })

  it('reads with every key and writes with the first', () => {
    const both = createEncryption([NEW, OLD])
    assert.equal(both.decrypt(encryption.encrypt('x', 'turns/1'), 'turns/1'), 'x')
    assert.throws(() => encryption.decrypt(both.encrypt('x', 'turns/1'), 'turns/1'), /not known/)
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
    await assert.rejects(refused(open(NEW)), {
      name: 'ConfigError',
      message: /another key \([0-9a-f]{8}\)/,
    })
    const store = await open(OLD)
    assert.deepEqual(await store.collection(TURNS).get('1'), ['a red circle'])
    await store.close()
  })

  it('does not open if its marker was changed, even with the right key', async () => {
    await keep(OLD)
    const database = new DatabaseSync(file)
    const change = (sql: string) =>
      database.exec(`UPDATE keyv SET value = ${sql} WHERE key = 'meta/strict'`)
    for (const sql of [
      "(SELECT value FROM keyv WHERE key = 'turns/1')",
      'substr(value, 1, 30)',
      "'sightseer'",
      `'{"secret":"${randomBytes(32).toString('base64')}","keys":[]}'`,
      "'aes1' || substr(value, 5)",
    ]) {
      change(sql)
      await assert.rejects(refused(open(OLD)), {
        name: 'ConfigError',
        message: /^The record meta\/strict of the store was changed or damaged\./,
      })
      await assert.rejects(refused(open(OLD)), /meta\/strict/) // the attempt has not mended it
    }
    database.close()
  })

  it('changes keys: the old one still reads, the new one writes', async () => {
    await keep(OLD)
    const store = await open(NEW, OLD)
    const turns = store.collection(TURNS)
    await turns.update('1', (old) => [...(old ?? []), 'and a star'])
    await store.close()
    const database = new DatabaseSync(file)
    const rows = database.prepare("SELECT value FROM keyv WHERE key = 'turns/1'").all()
    database.close()
    assert.equal(encryptedWith(String(rows[0]?.['value'])), createEncryption([NEW]).keyId)
  })

  it('does not open without a key that it may have records of', async () => {
    await keep(OLD)
    await (await open(NEW, OLD)).close()
    await assert.rejects(refused(open(NEW)), {
      name: 'ConfigError',
      message: new RegExp(
        `^The store may have records that are encrypted with a key \\(${createEncryption([OLD]).keyId}\\) .*npm run store -- encrypt`,
      ),
    })
    const store = await open(NEW, OLD)
    assert.deepEqual(await store.collection(TURNS).get('1'), ['a red circle'])
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
