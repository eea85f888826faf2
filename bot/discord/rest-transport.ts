/**
 * Sends the requests to Discord. Each is retried for a while after errors of the way, so that a short
 * outage or a broken connection loses nothing, whatever is asked. discord.js itself retries at once,
 * three times, and only some of these errors, so its own retries are off.
 *
 * It also tracks the requests that wait for their response, so that a shutdown can wait for them.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { DefaultRestOptions, HTTPError, type RESTOptions } from 'discord.js'
import { withRetries } from '../operations/retries.ts'

type Init = Parameters<RESTOptions['makeRequest']>[1]
type RestResponse = Awaited<ReturnType<RESTOptions['makeRequest']>>

/** A queued request is sent within this time after the one before it. */
const NEXT_REQUEST_MS = 20

/** Pauses before the next attempts, milliseconds; the last one repeats. */
const PAUSES_MS = [250, 500, 1_000, 2_000, 4_000] as const
/** No attempt gets a longer time for its response. */
const ATTEMPT_MS = 15_000

/** For how long attempts are made. Requests of one route wait for each other, so this is short. */
const LIMIT_MS = 8_000
/** What is only read can be waited for: nothing else waits for it. */
const READING_LIMIT_MS = 60_000
/** For how long requests are retried while the bot stops. */
const LEAVING_MS = 1_000
/** Discord takes no first response later than 3 s after the interaction. */
const CALLBACK_LIMIT_MS = 2_800

const CALLBACK = /\/interactions\/\d+\/[^/]+\/callback/
/** Sent once, at the start, which waits for it. */
const COMMANDS = /\/applications\/\d+\/(?:guilds\/\d+\/)?commands$/
/** Without it the bot cannot start, and the operator wants to know that soon. */
const GATEWAY = /\/gateway\/bot$/

/** Milliseconds. Tests set shorter ones. */
type Times = { readonly pausesMs?: readonly number[]; readonly attemptMs?: number }

export class RestTransport {
  readonly #pending = new Set<Promise<unknown>>()
  readonly #leaving = new AbortController()
  readonly #times: Required<Times>

  constructor({ pausesMs = PAUSES_MS, attemptMs = ATTEMPT_MS }: Times = {}) {
    this.#times = { pausesMs, attemptMs }
  }

  /** Options of discord.js for its REST client. */
  get options(): Pick<RESTOptions, 'makeRequest' | 'retries' | 'timeout'> {
    return { makeRequest: this.makeRequest, retries: 0, timeout: READING_LIMIT_MS + ATTEMPT_MS }
  }

  /**
   * Sends a request, and again after errors of the way. A message is not posted twice by that: it has
   * a nonce, and an interaction takes one first response. A follow-up whose response was lost may show
   * twice, which is better than not at all.
   *
   * @throws {HTTPError} for a 5xx; a client error is a response.
   */
  readonly makeRequest: RESTOptions['makeRequest'] = async (url, init) => {
    const request = this.#sendWithRetries(url, init)
    this.#pending.add(request)
    try {
      return await request
    } finally {
      this.#pending.delete(request)
    }
  }

  /** The bot is stopping: after a moment nothing is retried, as Discord may be away for longer. */
  leave(afterMs: number = LEAVING_MS): void {
    setTimeout(() => this.#leaving.abort(), afterMs).unref()
  }

  /** Waits until no request is pending, for about `limitMs` at most. Nothing is retried any more. */
  async settle(limitMs: number): Promise<void> {
    this.#leaving.abort()
    const limit = new AbortController()
    const reached = wait(limitMs, undefined, { signal: limit.signal }).catch(() => {})
    await Promise.race([this.#settle(limit.signal), reached])
    limit.abort()
  }

  async #settle(signal: AbortSignal): Promise<void> {
    do {
      await Promise.allSettled(this.#pending)
      await wait(NEXT_REQUEST_MS)
    } while (this.#pending.size > 0 && !signal.aborted)
  }

  async #sendWithRetries(url: string, init: Init): Promise<RestResponse> {
    const { signal } = init
    const stops = signal ? [this.#leaving.signal, signal] : [this.#leaving.signal]
    const whole = await withWholeBody(init)
    const { pausesMs, attemptMs } = this.#times
    return withRetries(() => attempt(url, whole, attemptMs), {
      until: Date.now() + limitOf(url, init.method),
      signal: AbortSignal.any(stops),
      pausesMs,
    })
  }
}

function limitOf(url: string, method: string | null | undefined): number {
  if (CALLBACK.test(url)) {
    return CALLBACK_LIMIT_MS
  }
  const mayWait = (method === 'GET' && !GATEWAY.test(url)) || COMMANDS.test(url)
  return mayWait ? READING_LIMIT_MS : LIMIT_MS
}

/** Sends a request and reads its response whole, so that a connection that breaks later breaks nothing. */
async function attempt(url: string, init: Init, limitMs: number): Promise<RestResponse> {
  const timeout = AbortSignal.timeout(limitMs)
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout
  const response = await DefaultRestOptions.makeRequest(url, { ...init, signal })
  const { status, statusText, headers } = response
  const body = await response.arrayBuffer()
  if (status >= 500) {
    throw new HTTPError(status, statusText, init.method ?? 'GET', url, {})
  }
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers })
}

/**
 * A form with files is sent as bytes. fetch reads a form while it is sent; if the connection ends in
 * between, that reading throws where nobody catches it, and the process ends.
 * Source: lib/web/fetch/body.js of undici, extractBody.
 */
async function withWholeBody(init: Init): Promise<Init> {
  if (!(init.body instanceof FormData)) {
    return init
  }
  const form = new Response(init.body)
  const body = new Uint8Array(await form.arrayBuffer())
  // discord.js gives them as a plain object.
  const headers = Object.entries(init.headers ?? {}).map(([name, value]) => [name, String(value)])
  return { ...init, body, headers: Object.fromEntries([...headers, ...form.headers]) }
}
