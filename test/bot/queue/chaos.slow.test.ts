/**
 * Bots and workers while everything around them fails: workers are killed every few seconds, one hangs
 * for a while, one is slow, and Redis restarts twice. Each request is answered rightly or told why, once.
 */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { InputError } from '../../../config/errors.ts'
import { WorkerCrashError } from '../../../inference/contract/errors.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { freePort, WITH_REDIS } from '../../helpers/databases.ts'
import { FLEET_KEY, openFromQueue, until } from '../../helpers/fleet.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'
import { FIXTURES, loadParity } from '../../helpers/parity.ts'
import { locate } from '../../helpers/tools.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const REQUESTS = 300
const PER_SECOND = 5
const BOTS = 3
const WORKERS = 3
const MIB = 2 ** 20
const image = readFileSync(path.join(FIXTURES, loadParity('base').image))
const QUESTIONS = ['what color is it?', 'how many shapes are there?', 'is there a circle?']

describe('a fleet in trouble', WITH_REDIS, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-chaos-'))
  const workers: ChildProcess[] = []
  let port: number
  let redis: ChildProcess
  let expected: ReadonlyMap<string, string>

  /** With a file that is written at once, as an operator runs it. */
  const startRedis = async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always']
    redis = spawn(locate('redis'), [...args, ...durable], { stdio: 'ignore' })
    const client = createClient({ url: url(), disableOfflineQueue: true })
    client.on('error', () => {})
    await client.connect()
    await until(() =>
      client.ping().then(
        () => true,
        () => false,
      ),
    )
    client.destroy()
  }
  const url = () => `redis://127.0.0.1:${port}`
  const startWorker = (index: number) => {
    workers[index] = spawn(process.execPath, ['bot/queue/worker.ts'], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        SIGHTSEER_WORKER_QUEUE: url(),
        SIGHTSEER_STORE_KEY: Buffer.from(FLEET_KEY).toString('base64'),
        SIGHTSEER_THREADS: '1',
        LOG_LEVEL: 'error',
      },
      stdio: 'ignore',
    })
  }
  before(async () => {
    port = await freePort()
    await startRedis()
    const here = await openDemoModel()
    const answers = QUESTIONS.map(async (question) => {
      const { text } = await here.ask(image, question)
      return [question, text] as const
    })
    expected = new Map(await Promise.all(answers))
    await here.close()
  })
  after(async () => {
    await Promise.all(workers.map((worker) => end(worker, 'SIGKILL')))
    await end(redis, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  it('answers each request rightly or says why not, once, and leaves nothing behind', async () => {
    for (let index = 0; index < WORKERS; index += 1) {
      startWorker(index)
    }
    const bots = await Promise.all(Array.from({ length: BOTS }, () => openFromQueue(url())))
    const outcomes: string[] = []
    const asking = [...Array(REQUESTS).keys()].map(async (number) => {
      await delay((number * 1000) / PER_SECOND)
      outcomes.push(await outcomeOf(bots[number % BOTS]!, number))
    })
    const all = Promise.all(asking)
    const trouble = new AbortController()
    const troubled = makeTrouble(trouble.signal)
    const early = memory()
    await all
    trouble.abort()
    await troubled
    const counts = Map.groupBy(outcomes, (outcome) => outcome)
    const told = [...counts].map(([outcome, list]) => `${outcome}: ${list.length}`).join(', ')
    assert.equal(outcomes.length, REQUESTS)
    assert.equal(outcomes.filter((one) => one.startsWith('wrong')).length, 0, told)
    assert.ok((counts.get('answered')?.length ?? 0) > REQUESTS * 0.9, told)
    process.stdout.write(`# ${told}; ${memory() - early} MiB more\n`)
    assert.ok(memory() - early < 100, `${memory() - early} MiB more`)
    await Promise.all(bots.map((bot) => bot.close()))
    assert.deepEqual(await leftBehind(), [])
  })

  /** What became of a request; every failure must be one that a person is told in words. */
  async function outcomeOf(bot: Model, number: number): Promise<string> {
    const question = QUESTIONS[number % QUESTIONS.length] ?? ''
    const asker = { tenant: `server ${number % 7}`, user: `member ${number % 20}` }
    try {
      const deadline = Date.now() + 120_000
      const { text } = await bot.ask(image, question, { ...asker, deadline, onStep: () => {} })
      return text === expected.get(question) ? 'answered' : `wrong: ${text}`
    } catch (error) {
      if (error instanceof InputError) {
        return error.code
      }
      return error instanceof WorkerCrashError ? 'crashed' : `wrong: ${String(error)}`
    }
  }

  async function makeTrouble(signal: AbortSignal): Promise<void> {
    for (let round = 1; !signal.aborted; round += 1) {
      await delay(6000, null, { signal }).catch(() => {})
      const index = round % WORKERS
      const worker = workers[index]
      if (round === 3 || round === 6) {
        await end(redis, 'SIGTERM')
        await delay(1000)
        await startRedis()
      } else if (round === 4) {
        worker?.kill('SIGSTOP') // it hangs until its locks are lost, and then wakes up
        setTimeout(() => worker?.kill('SIGCONT'), 25_000)
      } else if (round === 5) {
        const slow = setInterval(() => {
          worker?.kill('SIGSTOP')
          setTimeout(() => worker?.kill('SIGCONT'), 700)
        }, 1000)
        setTimeout(() => clearInterval(slow), 15_000)
      } else if (!signal.aborted) {
        await end(worker, 'SIGKILL')
        startWorker(index)
      }
    }
  }

  /** Requests and answers that are still in Redis. */
  async function leftBehind(): Promise<string[]> {
    const client = await createClient({ url: url() }).connect()
    const names: string[] = []
    for await (const page of client.scanIterator()) {
      names.push(...page)
    }
    client.destroy()
    return names.filter((name) => /:(request|answers):/.test(name))
  }
})

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await exited
  }
}

/** Of this process, MiB. */
function memory(): number {
  return Math.round(process.memoryUsage().rss / MIB)
}
