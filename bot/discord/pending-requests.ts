/** Tracks requests to Discord that wait for their response, so that a shutdown can wait for them. */

import { setTimeout as wait } from 'node:timers/promises'
import { Readable } from 'node:stream'
import { DefaultRestOptions, type RESTOptions } from 'discord.js'

/** A queued request is sent within this time after the one before it. */
const NEXT_REQUEST_MS = 20

type Init = Parameters<RESTOptions['makeRequest']>[1]

export class PendingRequests {
  readonly #pending = new Set<Promise<unknown>>()

  /** For the option of the same name of discord.js. */
  readonly makeRequest: RESTOptions['makeRequest'] = async (url, init) => {
    const request = send(url, init)
    this.#pending.add(request)
    try {
      return await request
    } finally {
      this.#pending.delete(request)
    }
  }

  /** Waits until no request is pending, for about `limitMs` at most. */
  async settle(limitMs: number): Promise<void> {
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
}

/**
 * Sends a request such that a connection that ends at the wrong moment fails the request, and not the
 * process.
 */
async function send(url: string, init: Init): ReturnType<RESTOptions['makeRequest']> {
  const response = await DefaultRestOptions.makeRequest(url, await withWholeBody(init))
  if (response.body instanceof Readable) {
    response.body.on('error', () => {}) // who reads it gets the error; before that nobody listens
  }
  return response
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
