/** Jobs whose process ended: which are resumed at once, one at a time, or not any more. */

import assert from 'node:assert/strict'
import { setImmediate as later } from 'node:timers/promises'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { thisProcess } from '../../../bot/jobs/job-owner.ts'
import type { Job } from '../../../bot/jobs/job-record.ts'
import type { JobContext } from '../../../bot/jobs/job-context.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'

const log = pino({ level: 'silent' })

function job(id: string, lifeMs = 60_000): Job {
  const answer = { to: 'message', channelId: '1', messageId: id } as const
  return { id, answer, request: 'what is it?', diesAt: Date.now() + lifeMs }
}

/** A process of this machine that has ended: no process has this id. */
const dead = { ...thisProcess(), pid: 2 ** 22 + 1, instance: 'dead' }
/** A process on another machine. */
const far = { host: 'elsewhere', pid: 1, instance: 'far' }

const ignored = async () => {}

/** Ids of the jobs that `jobs` takes over. */
async function resumedBy(jobs: Jobs): Promise<string[]> {
  const seen: string[] = []
  await jobs.resume(async ({ id }) => seen.push(id), ignored)
  await jobs.stop(10_000)
  return seen.sort((a, b) => (a < b ? -1 : 1))
}

describe('Jobs of processes that ended', () => {
  let store: Store
  let counts: string[]

  beforeEach(async () => {
    store = await openStore({ url: 'memory:', log })
    counts = []
  })
  afterEach(() => store.close())

  function jobsOf(owner = thisProcess()) {
    return new Jobs({ store, log, owner, count: (outcome) => counts.push(outcome) })
  }

  /** Begins or resumes jobs in a process that ends while the model has the pictures of `decoded`. */
  async function die(instance: string, start: string[], decoded: string[], ends: string) {
    const jobs = jobsOf({ ...dead, instance })
    const reached = Promise.withResolvers<void>()
    const resumed: string[] = []
    const work = async ({ id }: Job, { begin }: JobContext) => {
      resumed.push(id)
      if (decoded.includes(id)) {
        await begin()
      }
      if (id === ends) {
        reached.resolve()
      }
      return id === ends || !decoded.includes(id) ? new Promise<never>(() => {}) : id
    }
    for (const id of start) {
      void jobs.run(job(id), (context) => work(job(id), context))
    }
    await jobs.resume(work, ignored)
    await reached.promise
    return resumed
  }

  it('gives up a job whose picture ended three processes, and tells so', async () => {
    await die('first', ['1'], ['1'], '1')
    await die('second', [], ['1'], '1')
    await die('third', [], ['1'], '1')
    const told: string[] = []
    const jobs = jobsOf()
    await jobs.resume(
      async () => assert.fail('it ends the process'),
      async ({ id }, _, outcome) => told.push(`${id} ${outcome}`),
    )
    await jobs.stop(10_000)
    assert.deepEqual(told, ['1 given-up'])
    assert.equal(counts.at(-1), 'given-up')
    assert.deepEqual(await resumedBy(jobsOf()), [])
  })

  it('counts no end of the process against a job whose picture was not decoded', async () => {
    for (const instance of ['first', 'second', 'third', 'fourth']) {
      const start = instance === 'first' ? ['1', '2', '3'] : []
      assert.equal((await die(instance, start, [], '3')).length, 3)
    }
    assert.deepEqual(await resumedBy(jobsOf()), ['1', '2', '3'])
    assert.deepEqual(
      counts.filter((outcome) => outcome === 'given-up'),
      [],
    )
  })

  it('takes over first what expires first, of more jobs than fit in one batch', async () => {
    const first = jobsOf({ ...dead, instance: 'first' })
    const ids = Array.from({ length: 40 }, (_, index) => String(index + 10))
    const started = ids.map((id, index) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      // The last one has expired.
      void first.run(job(id, (39 - index) * 60_000 - 1), async () => {
        resolve()
        return new Promise<never>(() => {})
      })
      return promise
    })
    await Promise.all(started)
    const order: string[] = []
    const jobs = jobsOf()
    await jobs.resume(
      async ({ id }) => order.push(id),
      async ({ id }, _, outcome) => order.push(`${id} ${outcome}`),
    )
    await jobs.stop(10_000)
    assert.deepEqual(order, ['49 expired', ...ids.slice(0, -1).toReversed()])
  })

  it('resumes suspects one at a time, and the likeliest last', async () => {
    const held = new Set<string>()
    const first = jobsOf({ ...dead, instance: 'first' })
    const all = ['1', '2', '3'].map((id) => {
      const begun = Promise.withResolvers<void>()
      void first.run(job(id, id === '1' ? 50_000 : 60_000), async ({ begin }) => {
        await begin()
        begun.resolve()
        return new Promise<never>(() => {})
      })
      return begun.promise
    })
    await Promise.all(all)
    // The first to expire is resumed first; it ends the second process.
    assert.deepEqual(await die('second', [], ['1', '2', '3'], '1'), ['1'])
    const order: string[] = []
    const jobs = jobsOf()
    const done = Promise.withResolvers<void>()
    await jobs.resume(async ({ id }) => {
      assert.deepEqual([...held], [])
      held.add(id)
      await later()
      held.delete(id)
      order.push(id)
      if (order.length === 3) {
        done.resolve()
      }
    }, ignored)
    await done.promise
    assert.equal(order.at(-1), '1')
    await jobs.stop(10_000)
  })

  it('does not count an attempt that was handed back', async () => {
    for (const instance of ['1', '2', '3', '4']) {
      const jobs = jobsOf({ ...far, instance })
      const begun = Promise.withResolvers<void>()
      const work = async ({ begin }: JobContext) => {
        await begin()
        begun.resolve()
        return new Promise<never>(() => {})
      }
      const running = instance === '1' ? jobs.run(job('1'), work) : undefined
      running?.catch(() => {})
      await (running ? begun.promise : jobs.resume((_, context) => work(context), ignored))
      await begun.promise
      await jobs.stop(1)
    }
    assert.deepEqual(await resumedBy(jobsOf()), ['1'])
  })

  it('tells a job that expired, and knows the message that shows its progress', async () => {
    const posted = Promise.withResolvers<void>()
    void jobsOf(dead).run(job('1', 1), async (context) => {
      await context.posted('77')
      posted.resolve()
      return new Promise<never>(() => {})
    })
    await posted.promise
    const told: unknown[] = []
    const jobs = jobsOf()
    await jobs.resume(
      async () => assert.fail('too late'),
      async ({ id }, { reply }, outcome) => told.push([id, reply, outcome]),
    )
    await jobs.stop(10_000)
    assert.deepEqual(told, [['1', '77', 'expired']])
  })
})
