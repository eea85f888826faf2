/**
 * Whether the loopback Discord keeps up: members use a command at a steady rate, discord.js
 * answers, and the server's own time and memory are taken inside its process.
 *
 * Server, bot and members are three processes. The server's time of a request is from its headers'
 * arrival to the last byte handed to the system; the delay of its event loop says what a request
 * waited before that.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Sandbox, startSandbox } from 'loopback-discord'
import type { Timing } from 'loopback-discord/timing'
import { ConfigError } from '../../config/errors.ts'
import { JumpClock } from './jump-clock.ts'
import { writeResults } from '../report/results.ts'
import type { Work } from './members.ts'

const MIB = 2 ** 20
const WARM_UP_SECONDS = 10

/** After this many milliseconds only the answer of an interaction is kept. */
const FORGOTTEN_AFTER_MS = 2 * 60 * 60 * 1000

/** Messages that the channel keeps: as many as the warm-up brings. */
const KEPT_MESSAGES = 500

/** Target: p99 of the server's own time, in milliseconds. */
const MAX_P99_MS = 50

/** Target: from nothing loaded to listening, in milliseconds. */
const MAX_START_MS = 300
const STARTS = 5

type Milliseconds = { readonly p50: number; readonly p99: number; readonly max: number }

/** Median milliseconds without and with Node's compile cache. */
type Starts = { readonly plain: number; readonly cached: number }

type Memory = {
  readonly at: string
  readonly heapMib: number
  readonly residentMib: number
}

/** `npm run bench -- sandbox`. */
export async function runSandboxBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      rate: { type: 'string', default: '50' },
      members: { type: 'string', default: '200' },
    },
  })
  const [seconds, rate, members] = [values.seconds, values.rate, values.members].map(Number)
  if (!(seconds! > 0 && rate! > 0 && members! > 0)) {
    throw new ConfigError(['--seconds, --rate and --members are numbers above 0.'])
  }
  const timings = new Timings()
  const startMs = await timeStarts()
  const clock = new JumpClock()
  const measure = (timing: Timing) => timings.note(timing)
  const sandbox = await startSandbox({ clock, measure, rateLimits: 'discord' })
  const load = new Load(sandbox, clock, members!, rate!)
  try {
    const results = { members, rate, seconds, startMs, ...(await load.run(seconds!, timings)) }
    print(results)
    writeResults('sandbox', results)
  } finally {
    await load.close()
  }
}

/** From nothing loaded to listening, in milliseconds: the median of some starts. */
async function timeStarts(): Promise<Starts> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sightseer-bench-'))
  try {
    const plain = await medianStart({})
    // Node caches the compiled TypeScript files if it is told to.
    const cache = { NODE_COMPILE_CACHE: folder }
    await medianStart(cache)
    return { plain, cached: await medianStart(cache) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function medianStart(environment: Readonly<Record<string, string>>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < STARTS; i++) {
    const file = new URL('./start.ts', import.meta.url)
    const child = fork(file, { env: { ...process.env, ...environment } })
    const ended = once(child, 'exit')
    const [ms]: readonly number[] = await once(child, 'message')
    times.push(ms ?? NaN)
    await ended
  }
  return times.toSorted((x, y) => x - y)[STARTS >> 1] ?? NaN
}

// Microseconds, so that memory stays flat whatever the number of requests.
class Timings {
  readonly #byPart = new Map<string, RecordableHistogram>()

  note({ part, ms }: Timing): void {
    const known = this.#byPart.get(part)
    const histogram = known ?? createHistogram()
    if (!known) {
      this.#byPart.set(part, histogram)
    }
    histogram.record(Math.max(1, Math.round(ms * 1000)))
  }

  reset(): void {
    this.#byPart.clear()
  }

  describe() {
    return Object.fromEntries(
      [...this.#byPart].map(([part, histogram]) => [
        part,
        { count: histogram.count, ...inMilliseconds(histogram, 1000) },
      ]),
    )
  }
}

class Load {
  readonly #sandbox: Sandbox
  readonly #clock: JumpClock
  readonly #bot: ChildProcess
  readonly #members: ChildProcess

  constructor(sandbox: Sandbox, clock: JumpClock, members: number, rate: number) {
    this.#sandbox = sandbox
    this.#clock = clock
    const { world } = sandbox
    world.keptMessages = KEPT_MESSAGES
    const names = Array.from({ length: members }, (_, i) => `load${i}`)
    for (const name of names) {
      world.addMember(world.guild, world.addUser(name, name).id)
    }
    const channel = world.channelsOf(world.guild).find(({ name }) => name === 'general')
    if (!channel) {
      throw new RangeError('expected a channel "general", got none')
    }
    this.#bot = fork(new URL('./bot.ts', import.meta.url), [sandbox.api, sandbox.token])
    this.#members = fork(new URL('./members.ts', import.meta.url), [
      sandbox.url,
      channel.id,
      names.join(),
      String(rate),
    ])
  }

  async run(seconds: number, timings: Timings) {
    await Promise.all([once(this.#bot, 'message'), once(this.#members, 'message')])
    await this.#work(WARM_UP_SECONDS)
    timings.reset()
    const memory: Memory[] = [takeMemory('start')]
    const delay = monitorEventLoopDelay({ resolution: 10 })
    delay.enable()
    const halves = [await this.#work(seconds / 2)]
    memory.push(takeMemory('middle'))
    halves.push(await this.#work(seconds / 2))
    delay.disable()
    memory.push(takeMemory('end'))
    // An interaction's token lives for 15 minutes and is known for an hour: that much must grow.
    this.#clock.jump(FORGOTTEN_AFTER_MS)
    memory.push(takeMemory('2 h later'))
    return {
      used: sum(halves.map(({ used }) => used)),
      answered: sum(halves.map(({ answered }) => answered)),
      refused: sum(halves.map(({ refused }) => refused)),
      serverMs: timings.describe(),
      loopDelayMs: inMilliseconds(delay, 1e6),
      roundTripMs: halves.map(({ roundTrip }) => roundTrip),
      memory,
    }
  }

  async close(): Promise<void> {
    const children = [this.#bot, this.#members]
    const ended = Promise.all(children.map((child) => once(child, 'exit')))
    for (const child of children) {
      child.kill()
    }
    await ended
    await this.#sandbox.close()
  }

  async #work(seconds: number): Promise<Work> {
    this.#members.send({ seconds })
    const [done]: readonly Work[] = await once(this.#members, 'message')
    if (!done) {
      throw new TypeError('expected the work of the members, got nothing')
    }
    return done
  }
}

function takeMemory(at: string): Memory {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  collect()
  const { heapUsed, rss } = process.memoryUsage()
  return { at, heapMib: heapUsed / MIB, residentMib: rss / MIB }
}

function inMilliseconds(
  histogram: { percentile(p: number): number; readonly max: number },
  perMs: number,
): Milliseconds {
  const [p50, p99] = [50, 99].map((p) => histogram.percentile(p) / perMs)
  return { p50: p50!, p99: p99!, max: histogram.max / perMs }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}

function print(results: Awaited<ReturnType<Load['run']>> & { readonly startMs: Starts }): void {
  const { plain, cached } = results.startMs
  say(
    `start ${plain.toFixed(0)} ms, with Node's compile cache ${cached.toFixed(0)} ms (at most ${MAX_START_MS})`,
  )
  say(`used ${results.used}, answered ${results.answered}, refused ${results.refused}`)
  say(`  ${'milliseconds'.padEnd(22)} ${['p50', 'p99', 'max'].map((n) => n.padStart(9)).join(' ')}`)
  for (const [part, times] of Object.entries(results.serverMs)) {
    row(`server, ${part}`, times, `  of ${times.count}, p99 at most ${MAX_P99_MS}`)
  }
  row('event loop delay', results.loopDelayMs)
  for (const times of results.roundTripMs) {
    row('as a member waits', times)
  }
  for (const { at, heapMib, residentMib } of results.memory) {
    say(`  heap, ${at.padEnd(9)} ${heapMib.toFixed(1)} MiB, resident ${residentMib.toFixed(0)} MiB`)
  }
}

function row(name: string, { p50, p99, max }: Milliseconds, extra = ''): void {
  const numbers = [p50, p99, max].map((n) => n.toFixed(2).padStart(9))
  say(`  ${name.padEnd(22)} ${numbers.join(' ')}${extra}`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
