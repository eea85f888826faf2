/**
 * What every terminal command shares: the exit status, interruptions, closed pipes, and where
 * errors end.
 *
 * Results go to stdout and nothing else does; sentences for the person go to stderr.
 */

import { ConfigError, InputError } from '../../config/errors.ts'
import { sentenceOf } from '../i18n/catalogue.ts'
import { EN } from '../i18n/en.ts'

/** The command line cannot be understood; the message says why. */
export class UsageError extends Error {
  override name = 'UsageError' as const
}

export const DONE = 0
export const FAILED = 1
const WRONG_USE = 2
/** As a shell counts a program ended by a signal: 128 and the signal's number. */
const INTERRUPTED = 130

/** Why a command was told to stop. */
class Interrupted extends Error {
  override name = 'Interrupted' as const
}
class PipeClosed extends Error {
  override name = 'PipeClosed' as const
}

/**
 * Runs a command to its end and sets the exit status.
 *
 * @param name the npm script, for the hint after wrong use.
 * @param command gets a signal that is aborted by Ctrl-C or when nobody reads stdout any more.
 * @returns when everything the command opened should be closed.
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
    return WRONG_USE
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

/** Prints a sentence or more for the person, without what in a file's name would steer the terminal. */
export function printError(text: string): void {
  process.stderr.write(`${text.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD')}\n`)
}

/** Prints a result: one line, whatever is in it, and nothing that would steer the terminal. */
export function printLine(text: string): void {
  process.stdout.write(`${oneLine(text)}\n`)
}

/**
 * Prints a line that is still being written.
 *
 * @returns prints what a longer text adds; with `end` it ends the line.
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

/** Prints a result as one JSON object on a line; JSON itself escapes only the first 32 controls. */
export function printJson(value: object): void {
  const json = JSON.stringify(value).replaceAll(
    /\p{Cc}/gu,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  )
  process.stdout.write(`${json}\n`)
}
