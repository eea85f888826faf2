/** The bot in a separate process, connected to a sandbox in the test's process. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Sandbox } from 'loopback-discord'
import { packageFor } from './packages.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', 'bot', 'main.ts')

export type BotProcess = {
  /** Every line of its log so far. */
  readonly log: readonly string[]
  isRunning(): boolean
  /** Ends the process if it is running. @returns exit code and signal. */
  end(signal: NodeJS.Signals): Promise<unknown[]>
}

/** Starts the bot and waits until it has joined. */
export async function startBotProcess(
  sandbox: Pick<Sandbox, 'api' | 'token'>,
  env: Readonly<Record<string, string>>,
): Promise<BotProcess> {
  const bot: ChildProcess = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'],
      DISCORD_TOKEN: sandbox.token,
      DISCORD_API: sandbox.api,
      SIGHTSEER_MODEL: await packageFor('base'),
      SIGHTSEER_THREADS: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(bot, 'exit')
  const log: string[] = []
  createInterface({ input: bot.stderr! }).on('line', (line) => log.push(line))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: bot.stdout! }).on('line', (line) => {
      if (line.startsWith('Joined')) {
        resolve()
      }
    })
    exited.then(() => reject(new Error(`the bot ended: ${log.join('\n')}`)), reject)
  })
  return {
    log,
    isRunning: () => bot.exitCode === null && bot.signalCode === null,
    end: (signal) => {
      bot.kill(signal)
      return exited
    },
  }
}
