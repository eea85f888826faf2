/**
 * The log: one event per line on stderr, without what users wrote or sent. The lines are JSON, or
 * text if stderr is a terminal (bot/operations/log-lines.ts).
 *
 * Errors of discord.js have the body of the failed request (message text) and its URL (with the
 * interaction's token). So only some fields of an error are logged, without links and tokens.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { type DestinationStream, destination, type Logger, pino } from 'pino'
import { jsonLines, logLines } from './log-lines.ts'

const requests = new AsyncLocalStorage<string>()

/** Fields whose values are never logged, at the first two levels. */
const SECRET = ['token', 'authorization', 'password', 'content', 'url', 'proxyURL', 'requestBody']

/** Fields of an error that are logged besides its message, if they are strings or numbers. */
const ERROR_FIELDS = ['code', 'status', 'method', 'syscall', 'errno'] as const

const MAX_CAUSES = 4

export type LogOptions = {
  readonly level: string
  /** Takes JSON lines. Default: stderr, as text if it is a terminal. */
  readonly stream?: DestinationStream
}

export function createLog({ level, stream = readable(process.stderr) }: LogOptions): Logger {
  return pino(
    {
      level,
      base: null, // the service manager adds the host and the process id
      redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`]), censor: '[removed]' },
      serializers: { err: serializedError },
      mixin: () => {
        const request = requests.getStore()
        return request === undefined ? {} : { request }
      },
    },
    stream,
  )
}

/** Writes JSON lines to stderr, or text if it is a terminal. */
export function readable(stderr: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>): DestinationStream {
  return stderr.isTTY ? logLines(stderr) : jsonLines(destination(2))
}

/** Does the work. Every line that it logs has the request's id. */
export function inRequest<R>(id: string, work: () => R): R {
  return requests.run(id, work)
}

/** Replaces links, tokens and quoted text, which the messages of errors may contain. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(/(\/(?:webhooks|interactions)\/\d+\/)[^/\s"']+/g, '$1[token]')
    .replaceAll(/\b(?:https?|wss?|rediss?|postgres(?:ql)?):\/\/[^\s"'<>)]+/g, '[link]')
    .replaceAll(/\b(Bearer) +[^\s"',]+/gi, '$1 [token]')
    .replaceAll(/\bhf_\w+/g, '[token]') // of the model hub
    .replaceAll(/'.{1,2}', (?:\.{3})?"[^]*"(?:\.{3})?(?= is not valid JSON)/gu, '[text]') // of JSON.parse
    .replaceAll(/\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}/g, '[token]')
}

function serializedError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) {
    return withoutSecrets(String(error))
  }
  const fields: Record<string, unknown> = {
    type: error.name,
    message: withoutSecrets(error.message),
    stack: withoutSecrets(error.stack ?? ''),
  }
  for (const name of ERROR_FIELDS) {
    const value: unknown = Reflect.get(error, name)
    if (typeof value === 'string' || typeof value === 'number') {
      fields[name] = value
    }
  }
  if (error.cause !== undefined && depth < MAX_CAUSES) {
    fields['cause'] = serializedError(error.cause, depth + 1)
  }
  return fields
}
