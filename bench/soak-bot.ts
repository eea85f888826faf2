/**
 * The bot of the soak, in a process of its own: the whole one, with the demo model, on the sandbox
 * that DISCORD_API names. Asked for `{}` it tells how it is.
 */

import { createHistogram } from 'node:perf_hooks'
import { pino } from 'pino'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startBot } from '../bot/start.ts'
import { readConfig } from '../config/config.ts'

const MIB = 2 ** 20
const TICK_MS = 10

/** How the bot is. Times in milliseconds. */
export type Health = {
  readonly heapMib: number
  readonly residentMib: number
  /** How much later than it should a timer of the main thread rings, since it was last asked. */
  readonly lagMs: { readonly p50: number; readonly p99: number; readonly max: number }
}

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const lag = createHistogram()
let due = performance.now() + TICK_MS
setInterval(() => {
  const now = performance.now()
  lag.record(Math.max(1, Math.round((now - due) * 1000)))
  due = now + TICK_MS
}, TICK_MS)

function health(): Health {
  const [p50, p99, max] = [lag.percentile(50), lag.percentile(99), lag.max].map((us) => us / 1000)
  collect()
  collect()
  lag.reset()
  // What collecting took is no lag of the bot's.
  due = performance.now() + TICK_MS
  const { heapUsed, rss } = process.memoryUsage()
  return {
    heapMib: heapUsed / MIB,
    residentMib: rss / MIB,
    lagMs: { p50: p50 ?? 0, p99: p99 ?? 0, max: max ?? 0 },
  }
}

const bot = await startBot(readConfig(process.env), pino({ level: 'error' }, pino.destination(2)))
process.on('message', () => process.send?.(health()))
process.once('disconnect', () => void bot.close())
process.send?.('ready')
