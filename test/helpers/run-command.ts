/** Runs a terminal command as a person does, in a separate process. */

import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'

const ROOT = path.join(import.meta.dirname, '..', '..')

export type Ran = {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export type RunOptions = {
  /** What the command reads from standard input. Default: nothing. */
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Called once it runs, to send it a signal or to close a pipe. */
  readonly meanwhile?: (child: ChildProcess) => void
}

/** @param name such as `describe`; @returns once the process has ended. */
export function runTerminal(
  name: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  return runScript(`commands/terminal/${name}.ts`, args, options)
}

/** @param file from the root of the repository; @returns once the process has ended. */
export async function runScript(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [path.join(ROOT, file), ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, ...options.env },
  })
  child.stdin.on('error', () => {}) // a command that fails at once may not read
  child.stdin.end(options.input ?? '')
  options.meanwhile?.(child)
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => {
      child.once('close', resolve)
    }),
  ])
  return { status, stdout, stderr }
}

/** What any command may say of a result. */
export type Result = {
  readonly image?: string
  readonly images?: readonly string[]
  readonly question?: string
  readonly text?: string
  readonly tokenIds?: readonly number[]
  readonly model?: string
  readonly timings?: Readonly<Record<string, number>>
  readonly lines?: readonly object[]
  readonly codes?: readonly { readonly format: string; readonly text: string }[]
  readonly width?: number
  readonly height?: number
  readonly complete?: boolean
  readonly answers?: readonly { readonly answer: string; readonly probability: number }[]
}

/** The JSON objects of an output that has nothing else. */
export function jsonLines(stdout: string): Result[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Result => JSON.parse(line))
}
