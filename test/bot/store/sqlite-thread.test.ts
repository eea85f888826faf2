/** The thread of the SQLite stores: it never delays the main thread, and its end is noticed. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { pino } from 'pino'
import { openStore } from '../../../bot/store/store.ts'
import { type Database, sqliteFile } from '../../helpers/databases.ts'
import { TURNS } from '../../helpers/store-kinds.ts'

const log = pino({ level: 'silent' })
const STORE_MODULE = new URL('../../../bot/store/store.ts', import.meta.url).href

describe('the thread of the SQLite stores', () => {
  let database: Database
  /** Threads that were started during these tests. */
  const threads: Worker[] = []
  const note = (thread: Worker) => threads.push(thread)

  beforeEach(() => {
    database = sqliteFile()
  })
  afterEach(() => database.stop())
  before(() => process.on('worker', note))
  after(() => process.off('worker', note))

  /** Runs a program with `store` and `turns`. @returns what it printed. */
  function run(program: string) {
    const code = `
      import { openStore } from ${JSON.stringify(STORE_MODULE)}
      const log = { error() {}, warn() {} }
      const store = await openStore({ url: ${JSON.stringify(database.url)}, log })
      const turns = store.collection({ name: 'turns', ttlMs: 60000, decode: (data) => data })
      ${program}`
    const args = ['--input-type=module', '--eval', code]
    return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
  }

  it('is one for all stores of a process', async () => {
    const first = await openStore({ url: 'memory:', log })
    const second = await openStore({ url: 'memory:', log })
    await first.collection(TURNS).set('a', ['first'])
    await second.collection(TURNS).set('a', ['second'])
    assert.deepEqual(await first.collection(TURNS).get('a'), ['first'])
    await first.close()
    assert.deepEqual(await second.collection(TURNS).get('a'), ['second'])
    await second.close()
    await second.close()
    assert.equal(threads.length, 1)
  })

  it('waits for a locked file while the main thread goes on', async () => {
    const store = await openStore({ url: database.url, log })
    const other = new DatabaseSync(database.url.slice('sqlite:'.length))
    other.exec('BEGIN IMMEDIATE')
    let isWritten = false
    const writing = store
      .collection(TURNS)
      .set('a', ['x'])
      .then(() => (isWritten = true))
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await wait(300)
    delay.disable()
    assert.equal(isWritten, false)
    assert.ok(delay.count > 10, 'timers ran while the write waited')
    other.exec('COMMIT')
    other.close()
    await writing
    assert.deepEqual(await store.collection(TURNS).get('a'), ['x'])
    await store.close()
  })

  it('gives errors of SQLite and of the file system with their codes', async () => {
    await assert.rejects(openStore({ url: 'sqlite:/dev/null/store', log }), (error: Error) => {
      assert.match(error.message, /ENOTDIR|EEXIST/)
      return error.cause instanceof Error && 'code' in error.cause && 'syscall' in error.cause
    })
  })

  it('fails every operation after its end, and a new store has a new thread', async () => {
    const lines: string[] = []
    const heard = pino({}, { write: (line: string) => lines.push(line) })
    const store = await openStore({ url: database.url, log: heard })
    const turns = store.collection(TURNS)
    await turns.set('a', ['x'])
    const thread = threads.at(-1) ?? assert.fail('no thread')
    const running = turns.get('a')
    await Promise.all([thread.terminate(), assert.rejects(running, /has ended/)])
    await assert.rejects(turns.get('a'), /has ended/)
    await assert.rejects(turns.set('a', ['y']), /has ended/)
    await assert.rejects(store.ping(), /has ended/)
    assert.match(lines.join(''), /the thread of the store has ended/)
    await store.close()
    const next = await openStore({ url: database.url, log })
    assert.deepEqual(await next.collection(TURNS).get('a'), ['x'])
    await next.close()
    assert.notEqual(threads.at(-1), thread)
  })

  it('keeps the process alive until an operation is done, and no longer', () => {
    const { status, stdout, stderr } = run(
      `turns.set('a', ['x']).then(() => turns.get('a')).then((turn) => console.log(turn[0]))`,
    )
    assert.equal(stderr, '')
    assert.equal(stdout, 'x\n')
    assert.equal(status, 0)
  })

  it('loses no write that is done when the process exits at once or is killed', async () => {
    assert.equal(run(`await turns.set('a', ['x']); process.exit(7)`).status, 7)
    assert.equal(
      run(`await turns.set('b', ['y']); process.kill(process.pid, 'SIGKILL')`).signal,
      'SIGKILL',
    )
    const store = await openStore({ url: database.url, log })
    assert.deepEqual(await store.collection(TURNS).get('a'), ['x'])
    assert.deepEqual(await store.collection(TURNS).get('b'), ['y'])
    await store.close()
  })
})
