/**
 * `npm run fleet`: bots and workers on this machine, as they run on many, without Docker. To try it, and
 * for one machine with several processors' worth of workers.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { readSettings } from '../../commands/terminal/environment.ts'
import { EXIT_HELP, readArguments } from '../../commands/terminal/options.ts'
import { DONE, FAILED, printLine, runCommand, UsageError } from '../../commands/terminal/run.ts'
import { withoutPassword } from '../../config/addresses.ts'
import { ConfigError } from '../../config/errors.ts'
import { openSandbox } from '../loopback.ts'

const NAME = 'fleet'
const ROOT = path.join(import.meta.dirname, '..', '..')
const MOST = 16
const REDIS_PORT = '6379'
const REDIS_TRIES = 50
const TRY_EVERY_MS = 100

const HELP = `Starts two bots and two workers on this machine, on the Redis at SIGHTSEER_WORKER_QUEUE, and
redis-server itself if that address is on this machine and nothing is there. Each bot is one shard of the
same account. Without DISCORD_TOKEN they run on one loopback Discord, which this prints the address of;
its server belongs to one of them, and direct messages to the first.

  npm run fleet -- [options]

Options
  --bots N      default 2; with --bots 1 it has all of SHARDS
  --workers N   default 2
  --help        print this help

Ctrl-C stops all of them. ${EXIT_HELP}
`

const OPTIONS = {
  bots: { type: 'string', default: '2' },
  workers: { type: 'string', default: '2' },
  help: { type: 'boolean', short: 'h' },
} as const

await runCommand(NAME, (signal) => main(process.argv.slice(2), signal))

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = readArguments(argv, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return DONE
  }
  const bots = countOf('--bots', values.bots)
  const workers = countOf('--workers', values.workers)
  const { workerQueue: url, store, discordToken } = readSettings()
  const key =
    store.keys.length > 0 ? process.env['SIGHTSEER_STORE_KEY'] : randomBytes(32).toString('base64') // good for as long as the processes run
  const processes: ChildProcess[] = []
  await using stack = new AsyncDisposableStack()
  try {
    if (!(await isThere(url))) {
      processes.push(await startRedis(url))
    }
    const common = { SIGHTSEER_STORE_KEY: key, SIGHTSEER_WORKER_QUEUE: url }
    const discord =
      discordToken === undefined
        ? await openLoopback(stack)
        : { SIGHTSEER_STORE: process.env['SIGHTSEER_STORE'] || url }
    for (let number = 1; number <= workers; number += 1) {
      processes.push(start(`worker ${number}`, 'bot/queue/worker.ts', common))
    }
    for (let number = 1; number <= bots; number += 1) {
      const shard = bots > 1 && { SHARDS: String(bots), SHARD_IDS: String(number - 1) }
      const environment = { ...common, ...discord, ...shard, SIGHTSEER_MODEL: url }
      processes.push(start(`bot ${number}`, 'bot/main.ts', environment))
    }
    const ended = processes.map(async (child) => {
      await once(child, 'exit')
      return child.exitCode
    })
    const interrupted = once(signal, 'abort').then(() => DONE)
    return (await Promise.race([interrupted, ...ended])) === DONE ? DONE : FAILED
  } finally {
    await stopAll(processes)
  }
}

/**
 * A loopback Discord in this process, closed with `stack`, and the settings of its bots. Their store is a
 * file of their own: on a store with servers of the real Discord they would delete those.
 */
async function openLoopback(stack: AsyncDisposableStack) {
  const sandbox = stack.adopt(await openSandbox(readSettings().sandboxPort, undefined), (opened) =>
    opened.close(),
  )
  const folder = stack.adopt(mkdtempSync(path.join(tmpdir(), 'sightseer-fleet-')), (made) =>
    rmSync(made, { recursive: true, force: true }),
  )
  printLine(
    `Open ${sandbox.url} in a browser. There is no DISCORD_TOKEN, so it is a Discord of your own.`,
  )
  return {
    DISCORD_TOKEN: sandbox.token,
    DISCORD_API: sandbox.api,
    SIGHTSEER_STORE: `sqlite:${path.join(folder, 'store.sqlite')}`,
  }
}

function countOf(name: string, text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > MOST) {
    throw new UsageError(`${name} takes a whole number from 1 to ${MOST}.`)
  }
  return count
}

/** Starts a program of ours; its lines have its name in front. */
function start(name: string, file: string, settings: Record<string, string | undefined>) {
  const child = spawn(process.execPath, [file], {
    cwd: ROOT,
    env: { ...process.env, npm_lifecycle_event: undefined, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => printLine(`${name} | ${line}`))
  }
  return child
}

/** Whether something listens at the address. */
async function isThere(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port || REDIS_PORT), hostname)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** @throws {ConfigError} if the address is elsewhere, or there is no redis-server. */
async function startRedis(url: string): Promise<ChildProcess> {
  const { hostname, port } = new URL(url)
  const missing = new ConfigError([
    `There is no Redis at ${withoutPassword(url)}, and redis-server cannot be started: install it (Debian: apt-get install redis-server), or set SIGHTSEER_WORKER_QUEUE.`,
  ])
  if (!['127.0.0.1', 'localhost'].includes(hostname)) {
    throw missing
  }
  const args = ['--port', port || REDIS_PORT, '--bind', '127.0.0.1', '--save', '']
  const child = spawn('redis-server', args, { stdio: 'ignore' })
  const failed = once(child, 'error').then(() => false)
  for (let tries = 0; tries < REDIS_TRIES; tries += 1) {
    if (!(await Promise.race([failed, delay(TRY_EVERY_MS, true)]))) {
      throw missing
    }
    if (await isThere(url)) {
      return child
    }
  }
  child.kill()
  throw missing
}

/** Ends the newest first, so that Redis ends last. */
async function stopAll(processes: readonly ChildProcess[]): Promise<void> {
  const [first, ...rest] = processes
  for (const group of [rest, first === undefined ? [] : [first]]) {
    await Promise.all(
      group.map(async (child) => {
        if (child.exitCode === null && child.signalCode === null) {
          const exited = once(child, 'exit')
          child.kill('SIGTERM')
          await exited
        }
      }),
    )
  }
}
