/**
 * Workers and a durable Redis of which something fails every few seconds: a worker is killed, one hangs
 * until its locks are lost, one is slow, and Redis restarts twice.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { freePort } from './databases.ts'
import { FLEET_KEY, until } from './fleet.ts'
import { locate } from './tools.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const EVERY_MS = 6000
/** The rounds in which something else happens than a kill. */
const RESTARTS: readonly number[] = [3, 6]
const HANG = 4
const SLOW = 5
const DOWN_MS = 1000
/** Longer than a lock of BullMQ, so that another worker has the requests when it wakes up. */
const HANG_MS = 25_000
const SLOW_MS = 15_000
/** A slow worker stands still for 0.7 of each second. */
const STOPPED_MS = 700

export type TroubleCounts = { kills: number; restarts: number; hangs: number; slowed: number }

export class TroubledFleet {
  readonly url: string
  readonly counts: TroubleCounts = { kills: 0, restarts: 0, hangs: 0, slowed: 0 }
  readonly #port: number
  readonly #everyMs: number
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'sightseer-chaos-'))
  readonly #workers: ChildProcess[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #redis: ChildProcess | undefined

  private constructor(port: number, everyMs: number) {
    this.#port = port
    this.#everyMs = everyMs
    this.url = `redis://127.0.0.1:${port}`
  }

  /** Starts Redis and the workers, which are not ready yet. @param everyMs between two troubles. */
  static async start(workers: number, everyMs = EVERY_MS): Promise<TroubledFleet> {
    const fleet = new TroubledFleet(await freePort(), everyMs)
    await fleet.#startRedis()
    for (let index = 0; index < workers; index += 1) {
      fleet.#startWorker(index)
    }
    return fleet
  }

  /** Makes trouble until the signal is aborted. */
  async trouble(signal: AbortSignal): Promise<void> {
    for (let round = 1; ; round += 1) {
      await delay(this.#everyMs, null, { signal }).catch(() => {})
      if (signal.aborted) {
        return
      }
      await this.#troubleOf(round)
    }
  }

  /** Requests and answers that are still in Redis. */
  async leftBehind(): Promise<string[]> {
    const client = await createClient({ url: this.url }).connect()
    const names: string[] = []
    for await (const page of client.scanIterator()) {
      names.push(...page)
    }
    client.destroy()
    return names.filter((name) => /:(request|answers):/.test(name))
  }

  async stop(): Promise<void> {
    this.#timers.forEach((timer) => clearInterval(timer))
    await Promise.all(this.#workers.map((worker) => end(worker, 'SIGKILL')))
    await end(this.#redis, 'SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #troubleOf(round: number): Promise<void> {
    const index = round % this.#workers.length
    const worker = this.#workers[index]
    if (RESTARTS.includes(round)) {
      this.counts.restarts += 1
      await end(this.#redis, 'SIGTERM')
      await delay(DOWN_MS)
      await this.#startRedis()
    } else if (round === HANG) {
      this.counts.hangs += 1
      worker?.kill('SIGSTOP')
      this.#later(HANG_MS, () => worker?.kill('SIGCONT'))
    } else if (round === SLOW) {
      this.counts.slowed += 1
      const slow = setInterval(() => {
        worker?.kill('SIGSTOP')
        this.#later(STOPPED_MS, () => worker?.kill('SIGCONT'))
      }, 1000)
      this.#timers.add(slow)
      this.#later(SLOW_MS, () => clearInterval(slow))
    } else {
      this.counts.kills += 1
      await end(worker, 'SIGKILL')
      this.#startWorker(index)
    }
  }

  #later(ms: number, work: () => void): void {
    this.#timers.add(setTimeout(work, ms))
  }

  /** With a file that is written at once, as an operator runs it. */
  async #startRedis(): Promise<void> {
    const place = ['--port', String(this.#port), '--bind', '127.0.0.1', '--dir', this.#folder]
    const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always']
    this.#redis = spawn(locate('redis'), [...place, ...durable], { stdio: 'ignore' })
    const client = createClient({ url: this.url, disableOfflineQueue: true })
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

  #startWorker(index: number): void {
    this.#workers[index] = spawn(process.execPath, ['bot/queue/worker.ts'], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        SIGHTSEER_WORKER_QUEUE: this.url,
        SIGHTSEER_STORE_KEY: Buffer.from(FLEET_KEY).toString('base64'),
        SIGHTSEER_THREADS: '1',
        LOG_LEVEL: 'error',
      },
      stdio: 'ignore',
    })
  }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await exited
  }
}
