/** Jobs that survive their process: real processes, killed for real, on real stores. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate as later } from 'node:timers/promises'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { isGone, thisProcess } from '../../../bot/jobs/job-owner.ts'
import { type Job, JOBS } from '../../../bot/jobs/job-record.ts'
import { type JobContext, JobTakenError, RestartingError } from '../../../bot/jobs/job-context.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { type Database, sqliteFile, startRedis, WITH_REDIS } from '../../helpers/databases.ts'

const WORKER = path.join(import.meta.dirname, '..', '..', 'helpers', 'job-worker.ts')
const log = pino({ level: 'silent' })

function job(id: string, lifeMs = 60_000): Job {
  const answer = { to: 'message', channelId: '1', messageId: id } as const
  return { id, answer, request: 'what is it?', diesAt: Date.now() + lifeMs }
}

/** A process of this machine that has ended: no process has this id. */
const dead = { ...thisProcess(), pid: 2 ** 22 + 1, instance: 'dead' }
/** A process on another machine. */
const far = { host: 'elsewhere', pid: 1, instance: 'far' }

/** Work that waits until the test answers it. */
function heldWork() {
  const held = Promise.withResolvers<string>()
  const begun = Promise.withResolvers<JobContext>()
  const work = (context: JobContext) => {
    begun.resolve(context)
    context.signal.addEventListener('abort', () => held.reject(new Error('the model was stopped')))
    return held.promise
  }
  return { work, begun: begun.promise, answer: held.resolve }
}

const ignored = async () => {}

/** Ids of the jobs that `jobs` takes over. */
async function resumedBy(jobs: Jobs): Promise<string[]> {
  const seen: string[] = []
  await jobs.resume(async ({ id }) => seen.push(id), ignored)
  await jobs.stop(10_000)
  return seen.sort((a, b) => (a < b ? -1 : 1))
}

describe('Jobs', () => {
  let database: Database
  let store: Store
  let counts: string[]

  beforeEach(async () => {
    database = sqliteFile()
    store = await openStore({ url: database.url, log })
    counts = []
  })
  afterEach(async () => {
    await store.close()
    await database.stop()
  })

  function jobsOf(owner = thisProcess()) {
    return new Jobs({ store, log, owner, count: (outcome) => counts.push(outcome) })
  }

  it('gives the result of the work, and leaves nothing behind', async () => {
    assert.equal(await jobsOf(dead).run(job('1'), async () => 'a circle'), 'a circle')
    await assert.rejects(
      jobsOf(dead).run(job('2'), async () => {
        throw new Error('broken')
      }),
      /broken/,
    )
    assert.deepEqual(counts, ['answered', 'failed'])
    assert.deepEqual(await resumedBy(jobsOf()), [])
  })

  it('leaves a job to the process that has it, on this machine or another', async () => {
    const { work, begun, answer } = heldWork()
    const running = jobsOf(far).run(job('1'), work)
    await begun
    await assert.rejects(
      jobsOf().run(job('1'), async () => 'twice'),
      JobTakenError,
    )
    assert.deepEqual(await resumedBy(jobsOf()), [])
    answer('once')
    assert.equal(await running, 'once')
  })

  it('does not take the same job twice in one process', async () => {
    const jobs = jobsOf()
    const { work, begun, answer } = heldWork()
    const running = jobs.run(job('1'), work)
    await begun
    await assert.rejects(
      jobs.run(job('1'), async () => 'twice'),
      JobTakenError,
    )
    answer('once')
    await running
  })

  it('takes over from a dead process, once', async () => {
    const { work, begun } = heldWork()
    void jobsOf(dead).run(job('1'), work)
    await begun
    const others = [jobsOf(), jobsOf({ ...thisProcess(), instance: 'second' })]
    const seen = await Promise.all(others.map((jobs) => resumedBy(jobs)))
    assert.deepEqual(seen.flat(), ['1'])
  })

  it('takes over when a lease ran out, and only then', async (t) => {
    const { work, begun } = heldWork()
    void jobsOf(far).run(job('1', 600_000), work)
    await begun
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 29_000 })
    assert.deepEqual(await resumedBy(jobsOf()), [])
    t.mock.timers.tick(2_000)
    assert.deepEqual(await resumedBy(jobsOf()), ['1'])
  })

  it('finishes what it can within the limit when it stops, and takes nothing new', async () => {
    const jobs = jobsOf()
    const { work, begun, answer } = heldWork()
    const running = jobs.run(job('1'), work)
    await begun
    const stopped = jobs.stop(60_000)
    await assert.rejects(
      jobs.run(job('2'), async () => 'new'),
      (error) => error instanceof RestartingError && !error.comesLater,
    )
    answer('in time')
    assert.equal(await running, 'in time')
    await stopped
    assert.deepEqual(counts, ['answered'])
  })

  it('hands back what takes longer, and the next process has it at once', async () => {
    const jobs = jobsOf(far)
    const { work, begun } = heldWork()
    const running = jobs.run(job('1'), work)
    await begun
    const told = assert.rejects(
      running,
      (error) => error instanceof RestartingError && error.comesLater,
    )
    await jobs.stop(1)
    await told
    assert.deepEqual(await resumedBy(jobsOf()), ['1'])
    assert.deepEqual(counts, ['handed-back', 'resumed', 'answered'])
  })

  it('tells of the stop before another process can have the job, and does not wait long for that', async () => {
    const jobs = jobsOf(far)
    const owners: unknown[] = []
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const running = jobs.run(job('1'), async ({ beforeHandBack }) => {
      beforeHandBack(async ({ comesLater }) => {
        const record = await store.collection(JOBS).get('1')
        owners.push(comesLater, record?.owner?.instance)
        await new Promise(() => {}) // Discord is away
      })
      begin()
      return new Promise<never>(() => {})
    })
    const told = assert.rejects(running, RestartingError)
    await begun
    await jobs.stop(1)
    await told
    assert.deepEqual(owners, [true, 'far'])
    assert.deepEqual(await resumedBy(jobsOf()), ['1'])
  })

  it('does not wait for work that ignores its signal', async () => {
    const jobs = jobsOf(far)
    const running = jobs.run(job('1'), () => new Promise<never>(() => {}))
    const told = assert.rejects(running, RestartingError)
    while (jobs.running === 0) {
      await later()
    }
    await jobs.stop(1)
    await told
    assert.deepEqual(await resumedBy(jobsOf()), ['1'])
  })

  it('resumes a job that an earlier version stored with a kind', async () => {
    const spec = { name: JOBS.name, ttlMs: JOBS.ttlMs, decode: (data: unknown) => data }
    const old = { ...job('1'), kind: 'answer' }
    const record = { job: old, owner: null, leaseUntil: 0, attempts: 1 }
    await store.collection(spec).set('1', record)
    assert.deepEqual(await resumedBy(jobsOf()), ['1'])
    assert.deepEqual(counts, ['resumed', 'answered'])
  })

  it('gives a nonce that Discord takes', async () => {
    const id = '1234567890123456789'
    await jobsOf().run(job(id), async ({ nonce, resumed }) => {
      assert.equal(nonce, id)
      assert.equal(resumed, false)
    })
  })
})

describe('isGone', () => {
  const self = thisProcess()

  it('knows ended processes of this machine only', () => {
    assert.equal(isGone(dead, self), true)
    assert.equal(isGone({ ...dead, host: 'elsewhere' }, self), false)
    assert.equal(isGone({ ...self, pid: process.ppid, instance: 'parent' }, self), false)
  })

  it('takes a process with our own id for one from before the restart', () => {
    assert.equal(isGone({ ...self, instance: 'before' }, self), true)
    assert.equal(isGone(self, self), false)
  })

  it('names the machine', () => {
    assert.ok(self.host.startsWith(hostname()))
  })
})

for (const [name, options, start] of [
  ['SQLite', {}, sqliteFile],
  ['Redis', WITH_REDIS, startRedis],
] as const) {
  describe(`a process killed in the middle of its jobs, on ${name}`, options, () => {
    let database: Database
    let folder: string

    before(async () => {
      database = await start()
      folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
    })
    after(async () => {
      await database.stop()
      rmSync(folder, { recursive: true })
    })

    it('is answered for by the next ones, once, with all that was asked', async () => {
      const answers = path.join(folder, 'answers')
      const run = (mode: string) =>
        spawn(process.execPath, [WORKER, database.url, answers, mode], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
      const first = run('begin')
      await once(first.stdout, 'data')
      first.kill('SIGKILL')
      await once(first, 'exit')

      const next = [run('resume'), run('resume')]
      const printed = await Promise.all(
        next.map(async ({ stdout }) => (await stdout.setEncoding('utf8').toArray()).join('')),
      )

      const lines = readFileSync(answers, 'utf8').trim().split('\n')
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)).sort((a, b) => (a.id < b.id ? -1 : 1)),
        ['a', 'b'].map((id) => ({
          id,
          answer: { to: 'interaction', applicationId: '1', token: `token ${id}` },
          request: { picture: id },
          resumed: true,
        })),
      )
      const counted = printed
        .join(',')
        .split(',')
        .map((text) => text.trim())
        .filter(Boolean)
      assert.deepEqual(
        counted.sort((a, b) => (a < b ? -1 : 1)),
        ['answered', 'answered', 'expired', 'resumed', 'resumed'],
      )
    })
  })
}
