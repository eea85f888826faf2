/** Jobs that end while the store is away. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { thisProcess } from '../../../bot/jobs/job-owner.ts'
import { isFinished, type Job, JOBS } from '../../../bot/jobs/job-record.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Collection } from '../../../bot/store/types.ts'
import { FailingStore } from '../../helpers/failing-store.ts'
import { until } from '../../helpers/fleet.ts'

const log = pino({ level: 'silent' })
const JOB: Job = {
  id: '1',
  answer: { to: 'message', channelId: '2', messageId: '1' },
  request: 'what is it?',
  diesAt: Date.now() + 60_000,
  subjects: ['user/3'],
}

describe('a job that ends while the store is away', () => {
  let store: FailingStore
  let jobs: Jobs

  beforeEach(async () => {
    store = new FailingStore(await openStore({ url: 'memory:', log }))
    jobs = new Jobs({ store, log, endAgainMs: 20 })
  })
  afterEach(async () => {
    store.failing = new Set()
    await jobs.stop(0)
    await store.close()
  })

  const stored = () => store.collection(JOBS).get(JOB.id)
  /** Whether another process would do it again. */
  async function isLeft(): Promise<boolean> {
    const record = await stored()
    return record !== undefined && !isFinished(record)
  }

  it('is finished once the store is back', async () => {
    await jobs.run(JOB, async ({ finish }) => {
      store.failing = new Set(['set', 'update', 'delete'])
      await finish()
    })
    assert.ok(await isLeft())
    store.failing = new Set()
    await until(async () => !(await isLeft()))
    const record = await stored()
    assert.ok(record && isFinished(record))
  })

  it('leaves nothing if it is deleted before that', async () => {
    const slow = new Jobs({ store, log, endAgainMs: 60_000 })
    await slow.run(JOB, async ({ finish }) => {
      store.failing = new Set(['set'])
      await finish()
    })
    store.failing = new Set()
    await slow.forget({ subjects: ['user/3'] }, async () => assert.fail('nobody waits for it'))
    await slow.stop(0)
    assert.equal(await stored(), undefined)
  })

  it('is deleted once the store is back, if its work failed', async () => {
    await assert.rejects(
      jobs.run(JOB, async () => {
        store.failing = new Set(['delete'])
        throw new Error('no answer')
      }),
      /no answer/,
    )
    assert.ok(await isLeft())
    store.failing = new Set()
    await until(async () => (await stored()) === undefined)
  })

  it('is finished by the stop of its process at the latest', async () => {
    const slow = new Jobs({ store, log, endAgainMs: 60_000 })
    await slow.run(JOB, async ({ finish }) => {
      store.failing = new Set(['set'])
      await finish()
    })
    store.failing = new Set()
    await slow.stop(0)
    assert.equal(await isLeft(), false)
  })
})

describe('a job whose record was stored, but not confirmed', () => {
  it('is deleted, since its person is told that it failed', async () => {
    const store = await openStore({ url: 'memory:', log })
    const unconfirmed = {
      ...store,
      backend: store.backend,
      collection: <T>(spec: Parameters<typeof store.collection<T>>[0]): Collection<T> => {
        const records = store.collection(spec)
        let isLost = true
        return {
          ...records,
          async update(...args) {
            const record = await records.update(...args)
            if (isLost) {
              isLost = false
              throw new Error('the connection broke')
            }
            return record
          },
        }
      },
    }
    const jobs = new Jobs({ store: unconfirmed, log, owner: thisProcess(), endAgainMs: 20 })
    await assert.rejects(
      jobs.run(JOB, async () => assert.fail('it has no claim')),
      /connection broke/,
    )
    await until(async () => (await store.collection(JOBS).get(JOB.id)) === undefined)
    await jobs.stop(0)
    await store.close()
  })
})
