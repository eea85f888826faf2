/**
 * HTTP requests to the configured hosts and to no others: redirects are not followed, every wait has a
 * limit, and so has every body.
 */

import { Agent, request, type Dispatcher } from 'undici'
import { HostError, type HostFailure } from './host-error.ts'

const CONNECT_MS = 5000
/** Of an answer that is no stream: scores of 64 answers and the list of a server's models are shorter. */
const MAX_BODY_BYTES = 16 * 2 ** 20
/** Of a server's message about an error, in characters. */
const MAX_MESSAGE = 300

/** One server. */
export type Address = {
  /** With its path, such as `http://gpu:8080/v1`; no slash at the end. */
  readonly base: string
  /** Sent as a bearer token. Never print it. */
  readonly key: string | undefined
}

export type Sending = {
  readonly method: 'GET' | 'POST'
  /** After the base, such as `/models`. */
  readonly path: string
  /** JSON. */
  readonly body?: string
  readonly signal: AbortSignal
  /** Longest silence: until the headers, and between two pieces of the body. Milliseconds. */
  readonly silenceMs: number
}

export type HostAnswer = {
  readonly contentType: string
  readonly body: Dispatcher.ResponseData['body']
}

/** Sends requests; close it at the end. */
export class HttpClient {
  readonly #agent = new Agent({ connect: { timeout: CONNECT_MS } })

  /**
   * The caller must read or destroy the body.
   *
   * @throws {HostError} for every answer that is not of status 200.
   * @throws the signal's reason once it is aborted.
   */
  async send({ base, key }: Address, sending: Sending): Promise<HostAnswer> {
    const { method, path, body, signal, silenceMs } = sending
    let answer: Dispatcher.ResponseData
    try {
      answer = await request(`${base}${path}`, {
        dispatcher: this.#agent,
        method,
        headers: {
          accept: 'application/json, text/event-stream',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
        },
        body: body ?? null,
        signal,
        headersTimeout: silenceMs,
        bodyTimeout: silenceMs,
      })
    } catch (cause) {
      throw connectionError(base, cause, signal)
    }
    answer.body.on('error', () => {}) // whoever reads it is told; nobody may be reading it
    if (answer.statusCode !== 200) {
      throw await statusError(base, answer)
    }
    return { contentType: String(answer.headers['content-type'] ?? ''), body: answer.body }
  }

  /** The JSON of an answer. @throws {HostError} if it is none, or too long. */
  async json(address: Address, sending: Sending): Promise<unknown> {
    const { body } = await this.send(address, sending)
    const text = await textOf(address.base, body, sending.signal)
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new HostError('unreachable', `${address.base} did not answer with JSON`, { cause })
    }
  }

  /** Ends all connections. */
  close(): Promise<void> {
    return this.#agent.destroy()
  }
}

/** @throws the signal's reason once it is aborted. */
export function connectionError(base: string, cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    return signal.reason
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  return new HostError('unreachable', `${base} cannot be reached (${code})`, { cause })
}

async function textOf(
  base: string,
  body: HostAnswer['body'],
  signal: AbortSignal,
): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of body) {
      const bytes = Buffer.from(piece)
      length += bytes.length
      if (length > MAX_BODY_BYTES) {
        throw new HostError('unreachable', `${base} answers with over ${MAX_BODY_BYTES} bytes`)
      }
      pieces.push(bytes)
    }
  } catch (cause) {
    throw cause instanceof HostError ? cause : connectionError(base, cause, signal)
  }
  return Buffer.concat(pieces).toString('utf8')
}

const FAILURES: Readonly<Record<number, HostFailure>> = {
  401: 'refused',
  403: 'refused',
  404: 'refused',
  408: 'busy',
  429: 'busy',
  503: 'busy',
}

async function statusError(base: string, answer: Dispatcher.ResponseData): Promise<HostError> {
  const { statusCode, body } = answer
  const message = await firstOf(body).catch(() => '')
  const failure = FAILURES[statusCode] ?? otherFailure(statusCode)
  const said = message === '' ? '' : `: ${message}`
  return new HostError(failure, `${base} answered with status ${statusCode}${said}`)
}

function otherFailure(status: number): HostFailure {
  return status >= 400 && status < 500 ? 'rejected' : 'unreachable'
}

/** The beginning of a body, as one line; the rest is not read. */
async function firstOf(body: HostAnswer['body']): Promise<string> {
  let text = ''
  for await (const piece of body) {
    text += Buffer.from(piece).toString('utf8')
    if (text.length >= MAX_MESSAGE) {
      break // destroys the body
    }
  }
  return messageIn(text)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAX_MESSAGE)
}

/** OpenAI's error object, or the text itself. */
function messageIn(text: string): string {
  const [, message] = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text) ?? []
  return message ?? text
}
