/**
 * The bot of the soak, in a process of its own: the whole one, with the demo model, on the sandbox
 * that DISCORD_API names. SOAK_LOG is the level of its log. Sent `{}`, it answers with its state.
 */

import { pino } from 'pino'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startBot } from '../../bot/start.ts'
import { readConfig } from '../../config/config.ts'
import { type Lag, TimerLag } from './timer-lag.ts'

const MIB = 2 ** 20

/** The bot's state. Times in milliseconds. */
export type Health = {
  readonly heapMib: number
  readonly residentMib: number
  /** How late timers of the main thread fired since the last report. */
  readonly lagMs: Lag
}

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const lag = new TimerLag()

function health(): Health {
  const lagMs = lag.take()
  collect()
  collect()
  // Garbage collection for this report is not the bot's lag.
  lag.restart()
  const { heapUsed, rss } = process.memoryUsage()
  return { heapMib: heapUsed / MIB, residentMib: rss / MIB, lagMs }
}

const log = pino({ level: process.env['SOAK_LOG'] ?? 'error' }, pino.destination(2))
const bot = await startBot(readConfig(process.env), log)
process.on('message', () => process.send?.(health()))
process.once('disconnect', () => void bot.close())
process.send?.('ready')
