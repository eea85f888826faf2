/** Tracks requests to Discord that wait for their response, so that a shutdown can wait for them. */

import { setTimeout as wait } from 'node:timers/promises'
import { DefaultRestOptions, type RESTOptions } from 'discord.js'

/** A queued request is sent within this time after the one before it. */
const NEXT_REQUEST_MS = 20

export class PendingRequests {
  readonly #pending = new Set<Promise<unknown>>()

  /** For the option of the same name of discord.js. */
  readonly makeRequest: RESTOptions['makeRequest'] = async (url, init) => {
    const request = DefaultRestOptions.makeRequest(url, init)
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
