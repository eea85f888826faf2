/**
 * The log as a person at a terminal reads it: one line an event, the time first, what went wrong
 * last. What a program reads stays JSON (bot/operations/logs.ts).
 */

import type { DestinationStream } from 'pino'

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warning',
  50: 'error',
  60: 'fatal',
}

/** What each line has anyway. */
const USUAL = new Set(['level', 'time', 'msg', 'request', 'err'])

/** Writes each JSON line that it is given to `out` as a sentence. */
export function logLines(out: { write(text: string): unknown }): DestinationStream {
  return {
    write(line) {
      const event: unknown = JSON.parse(line)
      out.write(`${isRecord(event) ? sentence(event) : line.trim()}\n`)
    },
  }
}

function sentence(event: Readonly<Record<string, unknown>>): string {
  const { level, time, msg, err } = event
  const clock = new Date(Number(time)).toTimeString().slice(0, 8)
  const details = Object.entries(event)
    .filter(([name]) => !USUAL.has(name))
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const said = `${clock} ${LEVELS[Number(level)] ?? ''}: ${String(msg)}`
  const more = details.length === 0 ? '' : ` (${details.join(', ')})`
  return `${said}${more}${told(err)}`
}

/** Where an error is from, what else is known of it, and the same of what caused it. */
function told(error: unknown): string {
  if (!isRecord(error)) {
    return typeof error === 'string' ? `\n  ${error}` : ''
  }
  const { type: _, message, stack, cause, ...rest } = error
  const more = Object.keys(rest).length === 0 ? '' : `\n  ${JSON.stringify(rest)}`
  return `\n  ${String(stack || message)}${more}${told(cause)}`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
