/**
 * What a queue between bots and workers costs, how throughput grows with workers, and how long requests
 * wait for up to 64 workers (simulated with the rates of `throughput`).
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { ConfigError } from '../../config/errors.ts'
import { openQueueModel } from '../../bot/queue/open.ts'
import { readConfig } from '../../config/config.ts'
import { findModel } from '../../config/models.ts'
import { openModel } from '../../inference/model.ts'
import type { Model } from '../../inference/contract/types.ts'
import { startRedis } from '../../test/helpers/databases.ts'
import { FIXTURES } from '../../test/helpers/parity.ts'
import { createRandom } from '../report/random.ts'
import { newestResult, writeResults } from '../report/results.ts'
import { formatTable, percent } from '../report/tally.ts'
import { type ChaosOptions, measureChaos } from './chaos.ts'
import { FULL_USE, type Rate, rateOf, simulate, USE } from './simulation.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const KEY = Buffer.alloc(32, 7)
const PEOPLE = 8
const WORKERS = [1, 2, 4]
const SIMULATED = [1, 2, 4, 8, 16, 32, 64]
const SERVERS = 150_000
const PLACES = 8
const REQUESTS = 20_000
/** As `npm run bench -- capacity` assumes. */
const PER_DAY = 20
const PEAK = 3
const SECONDS_OF_DAY = 86_400
const image = readFileSync(path.join(FIXTURES, 'images', 'parity.png'))

type Numbers = { readonly p50Ms: number; readonly p99Ms: number; readonly tokensPerSecond: number }

/** `npm run bench -- fleet`. */
export async function runFleetBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      requests: { type: 'string', default: '200' },
      interactions: { type: 'string', default: '3000' },
      rate: { type: 'string', default: '5' },
      every: { type: 'string', default: '6' },
      only: { type: 'string' },
      model: { type: 'string', default: 'demo' },
    },
  })
  if (values.only === 'chaos') {
    const [interactions = 0, rate = 0, every = 0] = [
      values.interactions,
      values.rate,
      values.every,
    ].map(Number)
    return runChaos({ interactions, rate, every })
  }
  const requests = Number(values.requests)
  const load = loadavg()[0]
  if (values.only === 'overhead') {
    const folder = findModel(values.model, readConfig(process.env).modelsFolder)
    writeResults('queue', { load, requests, ...(await measureOverhead(folder, requests)) })
    return
  }
  const measured = values.only === 'simulation' ? {} : await measure(requests)
  const simulated = simulateAll()
  print(simulated)
  writeResults('fleet', { load, ...measured, simulated })
}

async function runChaos(options: ChaosOptions): Promise<void> {
  if (!Object.values(options).every((value) => value > 0)) {
    throw new ConfigError(['--interactions, --rate and --every are numbers above 0.'])
  }
  const results = { load: loadavg()[0], ...(await measureChaos(options)) }
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
  writeResults('chaos', results)
}

/** What the queue costs beside the thread, with any model. */
async function measureOverhead(folder: string, requests: number) {
  const redis = await startRedis()
  const worker = startWorker(redis.url, folder)
  try {
    const here = await openModel(folder, { threads: 1 })
    const far = await openFar(redis.url)
    const overhead = await compare(here, far, requests)
    await here.close()
    await far.close()
    process.stdout.write(formatTable(overheadRows(overhead)))
    return { model: here.card.name, overhead }
  } finally {
    await stop(worker)
    await redis.stop()
  }
}

async function measure(requests: number) {
  const redis = await startRedis()
  const workers: ChildProcess[] = []
  try {
    const here = await openModel(findModel('demo'), { threads: 1 })
    workers.push(startWorker(redis.url))
    const far = await openFar(redis.url)
    const overhead = await compare(here, far, requests)
    await here.close()
    const scaling: { workers: number; answersPerSecond: number }[] = []
    for (const count of WORKERS) {
      while (workers.length < count) {
        workers.push(startWorker(redis.url))
      }
      await untilWorkers(far, count)
      scaling.push({
        workers: count,
        answersPerSecond: await rateWith(far, PEOPLE * count, requests),
      })
    }
    await far.close()
    process.stdout.write(
      formatTable([
        ...overheadRows(overhead),
        ['workers', 'answers a second', `of ${availableParallelism()} cores`],
        ...scaling.map((one) => [String(one.workers), one.answersPerSecond.toFixed(1), '']),
      ]),
    )
    return { overhead, scaling }
  } finally {
    await Promise.all(workers.map(stop))
    await redis.stop()
  }
}

const LABELS = {
  p50Ms: 'one person: p50, ms',
  p99Ms: 'one person: p99, ms',
  tokensPerSecond: `${PEOPLE} people: tokens a second`,
}

function overheadRows({
  thread,
  queue,
}: Readonly<Record<'thread' | 'queue', Numbers>>): string[][] {
  const names = ['p50Ms', 'p99Ms', 'tokensPerSecond'] as const
  return [
    ['', 'thread', 'queue'],
    ...names.map((name) => [LABELS[name], thread[name].toFixed(1), queue[name].toFixed(1)]),
    ['kept', '', percent(queue.tokensPerSecond / thread.tokensPerSecond)],
  ]
}

/** In turns, so that both have the same machine. */
async function compare(here: Model, far: Model, requests: number) {
  const models = { thread: here, queue: far }
  const times = { thread: [] as number[], queue: [] as number[] }
  const tokens = { thread: 0, queue: 0 }
  const seconds = { thread: 0, queue: 0 }
  const names = ['thread', 'queue'] as const
  for (const name of names) {
    await models[name].describe(image) // warm
  }
  for (let number = 0; number < requests; number += 1) {
    for (const name of names) {
      const from = performance.now()
      await models[name].describe(image, OPTIONS)
      times[name].push(performance.now() - from)
    }
  }
  for (let round = 0; round < 4; round += 1) {
    for (const name of names) {
      const from = performance.now()
      tokens[name] += await tokensOf(models[name], PEOPLE, Math.ceil(requests / 4))
      seconds[name] += (performance.now() - from) / 1000
    }
  }
  const numbers = (name: 'thread' | 'queue'): Numbers => ({
    p50Ms: quantile(times[name], 0.5),
    p99Ms: quantile(times[name], 0.99),
    tokensPerSecond: tokens[name] / seconds[name],
  })
  return { thread: numbers('thread'), queue: numbers('queue') }
}

/** Twenty tokens, whatever the picture; each step is told, as the bot asks for them. */
const OPTIONS = { beams: 1, maxNewTokens: 20, minNewTokens: 20, onStep: () => {} }

/** People who ask again at once. @returns the tokens they got. */
async function tokensOf(model: Model, people: number, requests: number): Promise<number> {
  let left = requests
  let tokens = 0
  const person = async () => {
    while (left-- > 0) {
      const { tokenIds } = await model.describe(image, OPTIONS)
      tokens += tokenIds.length // after the wait: others have added theirs meanwhile
    }
  }
  await Promise.all(Array.from({ length: people }, person))
  return tokens
}

async function rateWith(model: Model, people: number, requests: number): Promise<number> {
  const from = performance.now()
  await tokensOf(model, people, requests)
  return requests / ((performance.now() - from) / 1000)
}

function openFar(url: string): Promise<Model> {
  return openQueueModel({ url, keys: [KEY], log: pino({ level: 'silent' }) }, { queueLimit: 1000 })
}

function startWorker(url: string, model = 'demo'): ChildProcess {
  return spawn(process.execPath, ['bot/queue/worker.ts'], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      SIGHTSEER_WORKER_QUEUE: url,
      SIGHTSEER_STORE_KEY: KEY.toString('base64'),
      SIGHTSEER_MODEL: model,
      SIGHTSEER_THREADS: '1',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Each worker has answered once the counters of as many are there; they report every 5 s. */
async function untilWorkers(model: Model, count: number): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    await tokensOf(model, PEOPLE * count, PEOPLE * count)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    if (tries >= 15) {
      return
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
}

function simulateAll() {
  const { loads } = JSON.parse(readFileSync(newestResult('throughput.json'), 'utf8'))
  const rates: Rate[] = loads
    .map((load: { people: number; pictures: { descriptionsPerMinute: number } }) => ({
      atOnce: load.people,
      perMinute: load.pictures.descriptionsPerMinute,
    }))
    .filter(({ atOnce }: Rate) => atOnce <= PLACES)
  const perServer = (PER_DAY / SECONDS_OF_DAY) * PEAK
  const full = rateOf({ rates, speed: 1 }, PLACES)
  const one = (workers: number, servers: number, speed: number) => {
    const fleet = { workers, places: PLACES, rates, speed, servers, perSecond: servers * perServer }
    const served = simulate({ ...fleet, requests: REQUESTS }, createRandom(workers))
    const waits = served.slice(served.length / 10).map(({ waited }) => waited)
    const times = served.slice(served.length / 10).map(({ took }) => took)
    return {
      workers,
      servers,
      speed,
      waitP50S: quantile(waits, 0.5),
      waitP99S: quantile(waits, 0.99),
      p50S: quantile(times, 0.5),
      p99S: quantile(times, 0.99),
    }
  }
  const serversOf = (workers: number, use: number) => Math.floor((workers * full * use) / perServer)
  const most = SIMULATED.at(-1) ?? 1
  const speed = (SERVERS * perServer) / (most * full * USE)
  const needed = Math.ceil((SERVERS * perServer) / (full * USE))
  return [
    ...SIMULATED.map((workers) => one(workers, serversOf(workers, USE), 1)),
    ...SIMULATED.map((workers) => one(workers, serversOf(workers, FULL_USE), 1)),
    one(needed, SERVERS, 1),
    one(most, SERVERS, speed),
  ]
}

function print(simulated: ReturnType<typeof simulateAll>): void {
  process.stdout.write(
    formatTable([
      ['simulated workers', 'servers', 'speed', 'wait p50, s', 'p99', 'answer p50, s', 'p99'],
      ...simulated.map((one) => [
        String(one.workers),
        String(one.servers),
        one.speed.toFixed(2),
        one.waitP50S.toFixed(2),
        one.waitP99S.toFixed(2),
        one.p50S.toFixed(2),
        one.p99S.toFixed(2),
      ]),
    ]),
  )
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}
