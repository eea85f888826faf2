/**
 * A long run of the whole bot: many people in many channels use it at once while faults occur, and
 * every interaction must be answered exactly once, in time.
 *
 * The bot is a process of its own, with the demo model; the sandbox and the people are this one.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { SnowflakeUtil } from 'discord.js'
import type { Exchange } from 'loopback-discord/exchange'
import { type Sandbox, startSandbox } from 'loopback-discord'
import { ConfigError } from '../../config/errors.ts'
import { freePort } from '../../test/helpers/databases.ts'
import { writeResults } from '../report/results.ts'
import type { Health } from './bot.ts'
import { SOAK_FAULTS } from './faults.ts'
import { type Outcome, People } from './people.ts'
import { TimerLag } from './timer-lag.ts'

/** Targets: the 99th percentiles, in milliseconds. */
const MAX_LAG_MS = 25
const MAX_ACKNOWLEDGED_MS = 500
/** Interactions per fault. */
const FAULT_EVERY = 20
/** How long to wait for the last answers: discord.js retries 15 s after no response. */
const PATIENCE_MS = 120_000
const PARTS = 4
/** Discord's codes for a token that has expired or was not acknowledged in time. */
const DEAD = new Set([10_015, 10_062, 50_027])

/** `npm run bench -- soak`. */
export async function runSoakBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      interactions: { type: 'string', default: '2000' },
      members: { type: 'string', default: '200' },
      channels: { type: 'string', default: '20' },
      rate: { type: 'string', default: '5' },
    },
  })
  const { interactions, members, channels, rate } = values
  const numbers = [interactions, members, channels, rate].map(Number)
  if (!numbers.every((number) => number > 0)) {
    throw new ConfigError(['--interactions, --members, --channels and --rate are numbers above 0.'])
  }
  const [total = 0, people = 0, places = 0, perSecond = 0] = numbers
  const soak = await Soak.begin(people, places)
  try {
    const results = { members: people, channels: places, rate: perSecond }
    const whole = { ...results, ...(await soak.run(total, perSecond)) }
    print(whole)
    writeResults('soak', whole)
  } finally {
    await soak.close()
  }
}

/** The relevant requests to the REST API. */
class Watch {
  readonly acknowledged = createHistogram()
  late = 0

  see({ method, path: where, status, responseBody }: Exchange): void {
    const id = /^\/interactions\/(\d+)\/[^/]+\/callback$/.exec(where)?.[1]
    if (id !== undefined && status < 300) {
      const ms = Date.now() - SnowflakeUtil.timestampFrom(id)
      this.acknowledged.record(Math.max(1, Math.round(ms)))
    }
    const code: unknown =
      typeof responseBody === 'object' && responseBody !== null && 'code' in responseBody
        ? responseBody.code
        : undefined
    if (method !== 'GET' && typeof code === 'number' && DEAD.has(code)) {
      this.late += 1
    }
  }
}

class Soak {
  readonly #sandbox: Sandbox
  readonly #bot: ChildProcess
  readonly #people: People
  readonly #watch: Watch
  readonly #folder: string
  readonly #operations: string

  private constructor(parts: {
    sandbox: Sandbox
    bot: ChildProcess
    people: People
    watch: Watch
    folder: string
    operations: string
  }) {
    this.#sandbox = parts.sandbox
    this.#bot = parts.bot
    this.#people = parts.people
    this.#watch = parts.watch
    this.#folder = parts.folder
    this.#operations = parts.operations
  }

  static async begin(members: number, places: number): Promise<Soak> {
    const folder = await mkdtemp(path.join(tmpdir(), 'sightseer-soak-'))
    const watch = new Watch()
    const sandbox = await startSandbox({ observe: (exchange) => watch.see(exchange) })
    const { world } = sandbox
    const names = Array.from({ length: members }, (_, i) => `soak${i}`)
    for (const name of names) {
      world.addMember(world.guild, world.addUser(name, name).id)
    }
    const channels = Array.from(
      { length: places },
      (_, i) => world.addChannel(world.guild, { name: `soak-${i}`, position: 10 + i }).id,
    )
    const port = String(await freePort())
    const bot = fork(new URL('./bot.ts', import.meta.url), {
      env: {
        PATH: process.env['PATH'],
        DISCORD_TOKEN: sandbox.token,
        DISCORD_API: sandbox.api,
        SIGHTSEER_STORE: `sqlite:${path.join(folder, 'store')}`,
        SIGHTSEER_OPERATIONS_PORT: port,
      },
    })
    await once(bot, 'message')
    const people = await People.gather(sandbox.url, names, channels)
    const operations = `http://127.0.0.1:${port}/metrics`
    return new Soak({ sandbox, bot, people, watch, folder, operations })
  }

  async run(total: number, rate: number) {
    const health: Health[] = [await this.#health()]
    const since = performance.now()
    // The lag of a thread that is mostly idle tells how busy the machine is.
    const own = new TimerLag()
    for (let part = 1, turn = 0; part <= PARTS; part++) {
      const end = Math.round((total * part) / PARTS)
      turn = await this.#act(turn, end, rate)
      health.push(await this.#health())
    }
    await this.#settled(total)
    health.push(await this.#health())
    const { acknowledged, late } = this.#watch
    return {
      interactions: this.#people.used,
      seconds: (performance.now() - since) / 1000,
      faults: this.#sandbox.faults.list().reduce((sum, { applied }) => sum + applied, 0),
      ...this.#people.outcome(),
      afterTokenDied: late,
      acknowledgedMs: {
        p50: acknowledged.percentile(50),
        p99: acknowledged.percentile(99),
        max: acknowledged.max,
      },
      bot: health,
      benchLagMs: own.take(),
      loadAverage: loadavg()[1] ?? 0,
    }
  }

  /** Interactions `from` up to `end`, at a steady rate, with faults. */
  async #act(from: number, end: number, rate: number): Promise<number> {
    const start = performance.now()
    const acts: Promise<void>[] = []
    for (let turn = from; turn < end; turn++) {
      await wait(Math.max(0, start + ((turn - from) * 1000) / rate - performance.now()))
      if (turn % FAULT_EVERY === FAULT_EVERY - 1) {
        const next = SOAK_FAULTS[Math.floor(turn / FAULT_EVERY) % SOAK_FAULTS.length]
        if (next) {
          this.#sandbox.faults.add(next)
        }
      }
      acts.push(this.#people.act(turn))
    }
    await Promise.all(acts)
    return end
  }

  /** Waits until the bot has finished all interactions, or a limit has passed. */
  async #settled(total: number): Promise<void> {
    const givenUp = performance.now() + PATIENCE_MS
    while ((await this.#done()) < total && performance.now() < givenUp) {
      await wait(200)
    }
  }

  /** Interactions that the bot has finished; duplicates count once. */
  async #done(): Promise<number> {
    const text = await (await fetch(this.#operations)).text()
    return text
      .split('\n')
      .filter((line) => line.startsWith('sightseer_requests_total{') && !line.includes('"taken"'))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }

  async #health(): Promise<Health> {
    this.#bot.send({})
    const [health]: readonly Health[] = await once(this.#bot, 'message')
    if (!health) {
      throw new TypeError('expected how the bot is, got nothing')
    }
    return health
  }

  async close(): Promise<void> {
    const ended = once(this.#bot, 'exit')
    this.#people.close()
    this.#bot.disconnect()
    await ended
    await this.#sandbox.close()
    await rm(this.#folder, { recursive: true })
  }
}

function print(results: Outcome & Awaited<ReturnType<Soak['run']>>): void {
  const { acknowledgedMs: acknowledged, bot } = results
  say(
    `${results.interactions} interactions in ${results.seconds.toFixed(0)} s, ${results.faults} faults`,
  )
  say(`  answered once        ${results.answered}  (${results.ofThemSorry} with why there is none)`)
  say(`  not answered         ${results.unanswered}  (must be 0)`)
  say(`  answered twice       ${results.answeredTwice}  (must be 0)`)
  say(`  after the token died ${results.afterTokenDied}  (must be 0)`)
  say(
    `  acknowledged in ms   p50 ${acknowledged.p50}, p99 ${acknowledged.p99}, max ${acknowledged.max}  (p99 at most ${MAX_ACKNOWLEDGED_MS})`,
  )
  say(`  main thread late, ms, and memory, from part to part  (p99 at most ${MAX_LAG_MS})`)
  for (const { lagMs, heapMib, residentMib } of bot) {
    const [p50, p99, max] = [lagMs.p50, lagMs.p99, lagMs.max].map((ms) => ms.toFixed(1))
    const memory = `heap ${heapMib.toFixed(1)} MiB, resident ${residentMib.toFixed(0)} MiB`
    say(`    p50 ${p50}, p99 ${p99}, max ${max}; ${memory}`)
  }
  say(
    `  the bench's own thread is late by p99 ${results.benchLagMs.p99.toFixed(1)} ms; load average ${results.loadAverage.toFixed(1)} on ${availableParallelism()} cores`,
  )
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
