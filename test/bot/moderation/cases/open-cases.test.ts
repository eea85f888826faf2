import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { OpenCases } from '../../../../bot/moderation/cases/open-cases.ts'
import { thisProcess } from '../../../../bot/jobs/job-owner.ts'
import { openStore } from '../../../../bot/store/store.ts'
import type { Store } from '../../../../bot/store/types.ts'

/** A process of this machine that has ended: no process has this id. */
const dead = { ...thisProcess(), pid: 2 ** 22 + 1, instance: 'dead' }
/** A process on another machine. */
const far = { host: 'elsewhere', pid: 1, instance: 'far' }

describe('the attempts at a step of a case', () => {
  let store: Store
  let died = 0

  beforeEach(async () => {
    store = await openStore({ url: 'memory:', log: pino({ level: 'silent' }) })
  })
  afterEach(() => store.close())

  /** Begins the step in a process that ends during it. */
  async function die(owner = dead, step = 'post') {
    const begun = Promise.withResolvers<number>()
    died += 1
    const process = { ...owner, instance: `${owner.instance} ${died}` }
    void new OpenCases(store, process).attempt('1/2', step, async (attempt) => {
      begun.resolve(attempt)
      return new Promise<never>(() => {})
    })
    return begun.promise
  }

  it('are counted where a process ended, for the same step', async () => {
    assert.equal(await die(), 1)
    assert.equal(await die(), 2)
    const cases = new OpenCases(store)
    assert.equal(await cases.isSuspect('1/2'), true)
    assert.equal(await cases.attempt('1/2', 'post', async (attempt) => attempt), 3)
    assert.equal(await cases.isSuspect('1/2'), false)
    assert.equal(await cases.attempt('1/2', 'post', async (attempt) => attempt), 1)
    assert.equal(await die(), 1)
    assert.equal(await cases.attempt('1/2', 'sweep', async (attempt) => attempt), 1)
  })

  it('are not counted where a step failed, or another process is at it', async () => {
    const cases = new OpenCases(store)
    await assert.rejects(
      cases.attempt('1/2', 'post', () => Promise.reject(new Error('no'))),
      /no/,
    )
    assert.equal(await cases.attempt('1/2', 'post', async (attempt) => attempt), 1)
    assert.equal(await die(far), 1)
    assert.equal(await cases.isSuspect('1/2'), false)
  })

  it('are counted after a minute where nobody can tell whether the process ended', async (t) => {
    assert.equal(await die(far), 1)
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 61_000 })
    assert.equal(await new OpenCases(store).attempt('1/2', 'post', async (n) => n), 2)
  })
})
