/**
 * Shared by all terminal commands: exit status, signals, closed pipes, and the output of results and
 * errors.
 *
 * Only results go to stdout. Messages for the user go to stderr.
 */

import { ConfigError, InputError } from '../../config/errors.ts'
import { sentenceOf } from '../i18n/catalog.ts'
import { EN } from '../i18n/en.ts'

/** The command line is invalid; the message says why. */
export class UsageError extends Error {
  override name = 'UsageError' as const
}

export const DONE = 0
export const FAILED = 1
const INVALID_USE = 2
/** The shell's exit status after SIGINT: 128 plus the signal's number. */
const INTERRUPTED = 130

/** Reasons to abort a command. */
class Interrupted extends Error {
  override name = 'Interrupted' as const
}
class PipeClosed extends Error {
  override name = 'PipeClosed' as const
}

/**
 * Runs a command to its end and sets the exit status.
 *
 * @param name the npm script, for the hint after a UsageError.
 * @param command its signal is aborted by Ctrl-C, and when the reader of stdout closes the pipe.
 * @returns when the command has ended.
 */
export async function runCommand(
  name: string,
  command: (signal: AbortSignal) => Promise<number>,
): Promise<void> {
  const stop = new AbortController()
  const interrupt = () => stop.abort(new Interrupted('interrupted'))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error
    }
    stop.abort(new PipeClosed('nobody reads the output')) // as in `npm run describe | head -1`
  })
  try {
    process.exitCode = await command(stop.signal)
  } catch (error) {
    process.exitCode = statusOf(name, error)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

function statusOf(name: string, error: unknown): number {
  if (error instanceof Interrupted) {
    return INTERRUPTED
  }
  if (error instanceof PipeClosed) {
    return DONE
  }
  if (error instanceof UsageError) {
    printError(`${error.message}\nnpm run ${name} -- --help says more.`)
    return INVALID_USE
  }
  if (error instanceof InputError) {
    printError(sentenceOf(error, EN))
  } else if (error instanceof ConfigError) {
    printError(error.message)
  } else {
    printError(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  return FAILED
}

/** Prints a message to stderr. Replaces control characters, which file names may contain. */
export function printError(text: string): void {
  process.stderr.write(`${text.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD')}\n`)
}

/** Prints a result as one line, without control characters. */
export function printLine(text: string): void {
  process.stdout.write(`${oneLine(text)}\n`)
}

/**
 * Prints a line that grows.
 *
 * @returns `grow` prints what a longer text adds; `end` also ends the line.
 */
export function growingLine(): { grow(text: string): void; end(text: string): void } {
  let printed = ''
  const grow = (text: string) => {
    const line = oneLine(text)
    if (line.startsWith(printed)) {
      process.stdout.write(line.slice(printed.length))
      printed = line
    }
  }
  return {
    grow,
    end(text) {
      grow(text)
      process.stdout.write(printed === oneLine(text) ? '\n' : `\n${oneLine(text)}\n`)
    },
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
}

/** Prints a result as one line of JSON. JSON.stringify escapes only the first 32 control characters. */
export function printJson(value: object): void {
  const json = JSON.stringify(value).replaceAll(
    /\p{Cc}/gu,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  )
  process.stdout.write(`${json}\n`)
}
