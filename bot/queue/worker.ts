/** `npm run worker`: carries out the requests of bots on other machines, which come through Redis. */

import { parseArgs } from 'node:util'
import { readSettings } from '../../commands/terminal/environment.ts'
import { withoutPassword } from '../../config/addresses.ts'
import { settings } from '../../config/environment.ts'
import { ConfigError } from '../../config/errors.ts'
import type { Config } from '../../config/config.ts'
import { openConfiguredBackends } from '../../inference/configured-model.ts'
import type { OpenBackends } from '../../inference/model.ts'
import { serveHealth } from '../operations/health.ts'
import { createLog } from '../operations/logs.ts'
import { endOnUncaught, stopOnSignals } from '../operations/shutdown.ts'
import { Host } from './host/host.ts'
import { createHostMetrics } from './host/host-metrics.ts'
import { openQueue } from './open.ts'

const USAGE = `npm run worker

Opens the model and carries out the requests of bots on other machines. They come through the Redis at
SIGHTSEER_WORKER_QUEUE; the bots have the same address as SIGHTSEER_MODEL. All have the same
SIGHTSEER_STORE_KEY. Start as many workers as there are machines, one on each. Ctrl-C stops one: it
finishes what it works on, or hands it to another. docs/many-machines.md has more.

Settings, in the environment or in .env:
`

/** What concerns a worker. */
const NAMES = [
  /^SIGHTSEER_(WORKER_QUEUE|STORE_KEY|MODELS?|MATCHER|READER|THREADS|PREPARE)$/,
  /^SIGHTSEER_(MAX_|CONVERSATION|IMAGE_CACHE|SHARED|OPERATIONS|STOP)/,
  /^(PROVIDER|LOG_LEVEL)$/,
]
/** As the engine's own default. */
const DEFAULT_SEQUENCES = 8

await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<void> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h' } },
    })
    if (values.help) {
      process.stdout.write(USAGE + about())
      return
    }
  } catch {
    process.stderr.write('npm run worker takes no arguments; --help lists its settings.\n')
    process.exitCode = 2
    return
  }
  try {
    await start(readSettings())
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error
    }
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

function about(): string {
  return settings()
    .filter(({ name }) => NAMES.some((pattern) => pattern.test(name)))
    .map(({ name, about }) => `\n  ${name}\n    ${about}\n`)
    .join('')
}

async function start(config: Config): Promise<void> {
  const { workerQueue: url, store, operations, maxSequences, bot } = config
  const log = createLog({ level: config.logLevel })
  endOnUncaught(log)
  await using started = new AsyncDisposableStack()
  const queue = await openQueue({ url, keys: store.keys, log })
  started.defer(() => queue.connection.close())
  process.stdout.write(`Opening the model "${config.model}" …\n`)
  const model = await openConfiguredBackends(config)
  started.defer(() => closeModel(model))
  const sequences = maxSequences ?? DEFAULT_SEQUENCES
  const host = await Host.start({ queue, model, sequences, log, onFatal })
  if (operations !== undefined) {
    const metrics = createHostMetrics(() => ({
      stats: model.backend.stats(),
      running: host.running,
    }))
    const checks = { queue: () => queue.connection.isReady }
    const health = await serveHealth({ ...operations, metrics, checks })
    started.defer(() => health.close())
  }
  started.defer(() => host.stop(bot.stopLimitMs))
  const running = started.move()
  stopOnSignals({
    stop: () => running.disposeAsync(),
    limitMs: bot.stopLimitMs,
    log,
    endsWithParent: process.env['npm_lifecycle_event'] !== undefined,
  })
  process.stdout.write(`Takes requests from ${withoutPassword(url)}. Ctrl-C stops it.\n`)
}

/** Ends the process without waiting for its model, which may never end. */
function onFatal(): void {
  process.kill(process.pid, 'SIGKILL')
}

async function closeModel({ backend, matching }: OpenBackends): Promise<void> {
  await Promise.all(
    [...new Set([backend, ...(matching ? [matching.backend] : [])])].map((one) => one.close()),
  )
}
