/** Writes server-sent events in order, and pings where there are none. */

import type { SSEStreamingApi } from 'hono/streaming'

/** Milliseconds of silence after which a comment is sent, so that nothing between takes it for dead. */
const PING_MS = 15_000

export type EventStream = Pick<SSEStreamingApi, 'write' | 'writeSSE'>

export class Outbox {
  readonly #stream: EventStream
  readonly #ping: NodeJS.Timeout
  #writing: Promise<unknown> = Promise.resolve()

  constructor(stream: EventStream, pingMs = PING_MS) {
    this.#stream = stream
    this.#ping = setInterval(() => this.#write(() => stream.write(': ping\n\n')), pingMs)
  }

  send(data: string): void {
    this.#ping.refresh()
    this.#write(() => this.#stream.writeSSE({ data }))
  }

  /** @param last a last event. Settles once everything is written. */
  async end(last?: string): Promise<void> {
    clearInterval(this.#ping)
    if (last !== undefined) {
      this.#write(() => this.#stream.writeSSE({ data: last }))
    }
    await this.#writing
  }

  #write(write: () => Promise<unknown>): void {
    this.#writing = this.#writing.then(write).catch(() => {}) // the client went away
  }
}
