/**
 * The log for a terminal: one line per event with its time, level and message, followed by the error
 * if there is one. Programs get JSON (bot/operations/logs.ts).
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

/** Fields that are not listed as details. */
const COMMON = new Set(['level', 'time', 'msg', 'request', 'err'])

/** Writes each JSON line to `out` as text. */
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
    .filter(([name]) => !COMMON.has(name))
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const summary = `${clock} ${LEVELS[Number(level)] ?? ''}: ${String(msg)}`
  const more = details.length === 0 ? '' : ` (${details.join(', ')})`
  return `${summary}${more}${errorText(err)}`
}

/** The stack and fields of an error and of its causes. */
function errorText(error: unknown): string {
  if (!isRecord(error)) {
    return typeof error === 'string' ? `\n  ${error}` : ''
  }
  const { type: _, message, stack, cause, ...rest } = error
  const more = Object.keys(rest).length === 0 ? '' : `\n  ${JSON.stringify(rest)}`
  return `\n  ${String(stack || message)}${more}${errorText(cause)}`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
