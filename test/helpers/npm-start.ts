/** Runs `npm start` as a person does, in a temporary folder. */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Readable } from 'node:stream'

const MAIN = path.join(import.meta.dirname, '..', '..', 'bot', 'main.ts')
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/

/** The started program. */
export type Started = {
  readonly bot: ChildProcessByStdio<null, Readable, Readable>
  /** Exit code and signal. */
  readonly exited: Promise<unknown[]>
  /** Its output so far. */
  readonly said: { out: string; err: string }
  /** Resolves with the first match in what it prints. @throws {Error} if it ends before. */
  printed(pattern: RegExp): Promise<string>
  /** The address of the page, once it is printed. */
  address(): Promise<string>
}

/**
 * Starts it.
 *
 * @param cwd a folder without .env; by default the bot stores its data there.
 * @param env its settings; it gets nothing else of this process's environment.
 */
export function npmStart(
  cwd: string,
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Started {
  const bot = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(bot, 'exit')
  const said = { out: '', err: '' }
  bot.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  bot.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  const printed = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(said.out)
      if (match) {
        return match[0]
      }
      const news = await Promise.race([once(bot.stdout, 'data'), exited.then(() => null)])
      if (news === null && !pattern.test(said.out)) {
        throw new Error(`It ended after printing ${JSON.stringify(said)}`)
      }
    }
  }
  return { bot, exited, said, printed, address: () => printed(ADDRESS) }
}
