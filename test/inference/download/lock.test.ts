import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ConfigError } from '../../../config/errors.ts'
import { withLock } from '../../../inference/download/lock.ts'

const HOLDER = path.join(import.meta.dirname, '../../helpers/lock-holder.ts')

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'))
  file = path.join(folder, 'models', '.lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

function lock<T>(work: () => Promise<T>): Promise<T> {
  return withLock(file, (holder) => `held by ${holder}`, work)
}

function isHeldBy(holder: string) {
  return (error: unknown) => error instanceof ConfigError && error.message === `held by ${holder}`
}

/** Another process with the lock. */
async function startHolder() {
  const child = spawn(process.execPath, [HOLDER, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

describe('withLock', () => {
  it('returns what the work returns, and leaves no file', async () => {
    assert.equal(await lock(async () => 7), 7)
    assert.deepEqual(readdirSync(path.dirname(file)), [])
  })

  it('ends with work that fails', async () => {
    await assert.rejects(
      lock(() => Promise.reject(new Error('broken'))),
      /broken/,
    )
    assert.equal(await lock(async () => 1), 1)
  })

  it('is held by one at a time in a process', async () => {
    await lock(async () => {
      await assert.rejects(
        lock(async () => assert.fail('ran')),
        isHeldBy('this process'),
      )
      assert.ok(existsSync(file))
    })
  })

  it('names the process that holds it, and outlives none', async () => {
    const child = await startHolder()
    const refused = lock(async () => assert.fail('ran'))
    await assert.rejects(refused, isHeldBy(`process ${child.pid}`))
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.ok(existsSync(file))
    assert.equal(await lock(async () => 1), 1)
    assert.ok(!existsSync(file))
  })

  it('keeps other processes out while it is held here', async () => {
    await lock(async () => {
      const child = spawn(process.execPath, [HOLDER, file], { stdio: ['ignore', 'ignore', 'pipe'] })
      let stderr = ''
      child.stderr.on('data', (data) => (stderr += String(data)))
      await once(child, 'exit')
      assert.match(stderr, new RegExp(`held by process ${process.pid}`))
    })
  })

  it('says so where there can be no lock', async () => {
    writeFileSync(path.join(folder, 'models'), 'a file')
    await assert.rejects(
      lock(async () => {}),
      /ENOTDIR|EEXIST/,
    )
    rmSync(path.join(folder, 'models'))
    writeFileSync(path.join(folder, 'other.lock'), 'x'.repeat(5000))
    file = path.join(folder, 'other.lock')
    await assert.rejects(
      lock(async () => {}),
      /other\.lock cannot be locked: file is not a database\. Delete it/,
    )
  })
})
