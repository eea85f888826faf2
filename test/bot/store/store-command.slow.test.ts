/** `npm run store`, as an operator runs it. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { openSqlite } from '../../../bot/store/backends/sqlite.ts'
import { openStore } from '../../../bot/store/store.ts'
import { type Database, sqliteFile } from '../../helpers/databases.ts'
import { type Ran, runScript } from '../../helpers/run-command.ts'
import { TURNS } from '../../helpers/store-kinds.ts'

const log = pino({ level: 'silent' })
const KEY = randomBytes(32)

describe('npm run store', { timeout: 60_000 }, () => {
  let database: Database

  beforeEach(async () => {
    database = sqliteFile()
    const store = await openStore({ url: database.url, log })
    await store.collection(TURNS).set('1', ['a red circle'])
    await store.close()
  })
  afterEach(() => database.stop())

  function run(args: readonly string[], keys: readonly Buffer[] = [KEY]): Promise<Ran> {
    return runScript('bot/store/cli.ts', args, {
      env: {
        SIGHTSEER_STORE: database.url,
        SIGHTSEER_STORE_KEY: keys.map((key) => key.toString('base64')).join(),
      },
    })
  }

  it('encrypts what is there, says what it did, and may be run again', async () => {
    assert.deepEqual(await run(['encrypt']), {
      status: 0,
      stdout:
        'turns: 1 not encrypted\nDone: every record is encrypted with the first key, and the bot refuses others.\n',
      stderr: '',
    })
    const { status, stdout } = await run(['encrypt', '--json'])
    assert.equal(status, 0)
    assert.deepEqual(JSON.parse(stdout), {
      hadMarker: true,
      collections: { turns: { current: 1 } },
      notAuthentic: [],
    })
    const store = await openStore({ url: database.url, keys: [KEY], log })
    assert.deepEqual(await store.collection(TURNS).get('1'), ['a red circle'])
    await store.close()
  })

  it('lists what is not authentic, and deletes it when told to', async () => {
    await run(['encrypt'])
    const backend = await openSqlite(database.url, () => {})
    const value = '{"value":["forged"]}'
    await backend.write('turns/2', { value, expires: Date.now() + 60_000 })
    const checked = await run(['check'])
    assert.equal(checked.status, 1)
    assert.match(checked.stdout, /^turns: 1 encrypted with the first key, 1 not authentic$/m)
    assert.match(checked.stdout, /^not authentic: turns\/2$/m)
    const encrypted = await run(['encrypt'])
    assert.equal(encrypted.status, 1)
    assert.match(
      encrypted.stderr,
      /^Records that are not authentic: 1\. Restore them from a backup/,
    )
    assert.equal(await backend.read('turns/2'), value)
    const deleted = await run(['check', '--delete'])
    assert.equal(deleted.status, 0)
    assert.match(deleted.stdout, /^deleted: turns\/2$/m)
    assert.equal((await run(['check'])).status, 0)
    await backend.close()
  })

  it('says what it needs', async () => {
    const { status, stderr } = await run(['encrypt'], [])
    assert.deepEqual(
      [status, stderr],
      [1, 'SIGHTSEER_STORE_KEY is not set, so there is no key to encrypt with.\n'],
    )
    assert.equal((await run(['check'], [])).status, 0)
    await run(['encrypt'])
    assert.match((await run(['check'], [])).stderr, /encrypted, but SIGHTSEER_STORE_KEY is not set/)
    assert.match((await run(['check'], [randomBytes(32)])).stderr, /encrypted with another key/)
    for (const args of [
      ['encrypt', 'check'],
      ['encrypt', '--force'],
    ]) {
      const wrong = await run(args)
      assert.equal(wrong.status, 2)
      assert.match(wrong.stderr, /npm run store -- --help says more/)
    }
    assert.match((await run(['--help'])).stdout, /npm run store -- encrypt/)
  })
})
