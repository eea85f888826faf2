/**
 * The log: one event a line, on stderr, without what people wrote or sent. JSON for programs; where
 * stderr is a terminal, sentences for a person (bot/operations/log-lines.ts).
 *
 * Errors of discord.js carry the body of the request that failed (message text) and its address
 * (which holds the interaction's token). So an error is written field by field, links and tokens
 * cut out, and never as it is.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { type DestinationStream, destination, type Logger, pino } from 'pino'
import { logLines } from './log-lines.ts'

const requests = new AsyncLocalStorage<string>()

/** Names of fields whose values are never written, at any depth up to two. */
const SECRET = ['token', 'authorization', 'password', 'content', 'url', 'proxyURL', 'requestBody']

/** What an error may tell besides its message; plain values only. */
const TOLD = ['code', 'status', 'method', 'syscall', 'errno'] as const

const MAX_CAUSES = 4

export type LogOptions = {
  readonly level: string
  /** Gets JSON lines. Default: stderr, as whoever reads it there likes it. */
  readonly stream?: DestinationStream
}

export function createLog({ level, stream = readable(process.stderr) }: LogOptions): Logger {
  return pino(
    {
      level,
      base: null, // the host and process id are the service manager's to add
      redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`]), censor: '[removed]' },
      serializers: { err: toldError },
      mixin: () => {
        const request = requests.getStore()
        return request === undefined ? {} : { request }
      },
    },
    stream,
  )
}

/** Takes JSON lines and leaves them so, except at a terminal. */
export function readable(stderr: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>): DestinationStream {
  return stderr.isTTY ? logLines(stderr) : destination(2)
}

/** Does the work such that every line logged in it, however deep, names the request. */
export function inRequest<R>(id: string, work: () => R): R {
  return requests.run(id, work)
}

/** Without links and tokens, which errors like to quote. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(\/(?:webhooks|interactions)\/\d+\/)[^/\s"']+/g, '$1[token]')
    .replaceAll(/\b(?:https?|wss?|rediss?|postgres(?:ql)?):\/\/[^\s"'<>)]+/g, '[link]')
    .replaceAll(/\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}/g, '[token]')
}

function toldError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) {
    return withoutSecrets(String(error))
  }
  const told: Record<string, unknown> = {
    type: error.name,
    message: withoutSecrets(error.message),
    stack: withoutSecrets(error.stack ?? ''),
  }
  for (const name of TOLD) {
    const value: unknown = Reflect.get(error, name)
    if (typeof value === 'string' || typeof value === 'number') {
      told[name] = value
    }
  }
  if (error.cause !== undefined && depth < MAX_CAUSES) {
    told['cause'] = toldError(error.cause, depth + 1)
  }
  return told
}
