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

/**
 * Characters that act on a terminal or hide text: controls, line separators, directional marks and
 * zero-width characters.
 */
const ACTING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200B-\u200D\u2060\uFEFF]/gu

/** Fields that are not listed as details. */
const COMMON = new Set(['level', 'time', 'msg', 'request', 'err'])

/** Writes each JSON line to `out` as text. */
export function logLines(out: { write(text: string): unknown }): DestinationStream {
  return {
    write(line) {
      const event: unknown = JSON.parse(line)
      out.write(`${isRecord(event) ? sentence(event) : visible(line.trim())}\n`)
    },
  }
}

/**
 * Passes JSON lines on; characters that act on a terminal are escaped as JSON does, because people
 * also read such logs at one. JSON.stringify escapes only the first 32 controls.
 */
export function jsonLines(out: { write(line: string): unknown }): DestinationStream {
  return {
    write(line) {
      out.write(`${line.trimEnd().replaceAll(ACTING, jsonEscape)}\n`)
    },
  }
}

function jsonEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function sentence(event: Readonly<Record<string, unknown>>): string {
  const { level, time, msg, err } = event
  const clock = new Date(Number(time)).toTimeString().slice(0, 8)
  const details = Object.entries(event)
    .filter(([name]) => !COMMON.has(name))
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const summary = `${clock} ${LEVELS[Number(level)] ?? ''}: ${String(msg)}`
  const more = details.length === 0 ? '' : ` (${details.join(', ')})`
  return [visible(`${summary}${more}`), ...errorLines(err)].join('\n  ')
}

/** The stack and fields of an error and of its causes. All are indented, so none looks like an event. */
function errorLines(error: unknown): string[] {
  if (!isRecord(error)) {
    return typeof error === 'string' ? [visible(error)] : []
  }
  const { type: _, message, stack, cause, ...rest } = error
  const more = Object.keys(rest).length === 0 ? [] : [visible(JSON.stringify(rest))]
  const lines = String(stack || message).split('\n')
  return [...lines.map(visible), ...more, ...errorLines(cause)]
}

/** Shows acting characters as escapes, such as `\\x1b`. */
function visible(text: string): string {
  return text.replaceAll(ACTING, (char) => {
    const code = char.codePointAt(0) ?? 0
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
