/**
 * The connection of a member: the events received, and the requests sent from its current channel.
 *
 * It never sleeps; a wait that times out rejects with a list of the events received.
 */

import { EventEmitter, once } from 'node:events'
import type { APIMessage } from 'discord-api-types/v10'
import { WebSocket } from 'ws'
import { toForm } from './form.ts'
import type { LocalFile } from './form.ts'
import { describeEvents, isFinished } from './member-events.ts'
import type { MemberEvent } from './member-events.ts'
import { rawText } from '../gateway/connection.ts'

const PATIENCE_MS = 30_000

export type MemberOptions = {
  readonly channel?: string
  readonly locale?: string
  /**
   * Recognizes what the application shows until its answer is there. Discord does not mark it, and how
   * much of it is seen depends on the speed of the machine. Default: nothing is.
   */
  readonly isProgress?: (message: APIMessage) => boolean
}

/** A member's connection, in one current channel. */
export class Connection {
  readonly id: string
  /** All events so far, oldest first. */
  readonly events: MemberEvent[]
  readonly #url: string
  readonly #locale: string
  readonly #isProgress: (message: APIMessage) => boolean
  readonly #socket: WebSocket
  readonly #events = new EventEmitter<{ event: [] }>()
  /** The id of the current channel. */
  channelId: string

  private constructor(
    url: string,
    socket: WebSocket,
    events: MemberEvent[],
    options: MemberOptions,
  ) {
    this.#url = url
    this.#locale = options.locale ?? 'en-US'
    this.#isProgress = options.isProgress ?? (() => false)
    this.#socket = socket
    this.events = events
    this.id = events[0]?.you?.id ?? ''
    this.channelId = this.channelOf(options.channel ?? 'general')
    // Each wait adds a listener, and a test may have any number of them.
    this.#events.setMaxListeners(0)
    socket.on('message', () => this.#events.emit('event'))
    socket.on('close', () => this.#events.emit('event'))
  }

  /** Connects as the member of that name; `url` is the page's address. */
  static async connect(url: string, name: string, options: MemberOptions): Promise<Connection> {
    const query = new URLSearchParams({ as: name, locale: options.locale ?? 'en-US' })
    const socket = new WebSocket(`${url.replace('http', 'ws')}/sandbox/live?${query.toString()}`)
    const events: MemberEvent[] = []
    socket.on('message', (data) => events.push(JSON.parse(rawText(data))))
    await new Promise((resolve, reject) => {
      socket.once('message', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error(`There is no member "${name}".`)))
    })
    return new Connection(url, socket, events, options)
  }

  /** The id of a known channel, by its name or id. */
  channelOf(channel: string): string {
    const channels = this.events.flatMap((t) => [
      ...(t.channels ?? []),
      ...(t.channel ? [t.channel] : []),
    ])
    return channels.findLast((c) => c.name === channel)?.id ?? channel
  }

  /** Whether the event is a finished message, and no progress. @param interactionId that it responds to. */
  isAnswer(event: MemberEvent, interactionId?: string): boolean {
    return isFinished(event, interactionId) && !(event.message && this.#isProgress(event.message))
  }

  /** Waits for an event, including earlier ones. */
  async until(
    wanted: (event: MemberEvent) => boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<MemberEvent> {
    const signal = AbortSignal.timeout(patienceMs)
    for (let from = 0; ;) {
      const event = this.events.slice(from).find(wanted)
      if (event) {
        return event
      }
      from = this.events.length
      if (this.#socket.readyState === WebSocket.CLOSED) {
        throw new Error(`The sandbox went away. Events: ${describeEvents(this.events)}`)
      }
      await once(this.#events, 'event', { signal }).catch((error: unknown) => {
        const eventList = describeEvents(this.events)
        throw new Error(`Nothing like it within ${patienceMs} ms. Events: ${eventList}`, {
          cause: error,
        })
      })
    }
  }

  /** Closes the connection. */
  close(): void {
    this.#socket.terminate()
  }

  /** Sends a request of the members API. @throws {Error} with the answer if it is refused. */
  async post<T = { id: string } & APIMessage>(
    kind: string,
    payload: object,
    files: readonly LocalFile[] = [],
  ): Promise<T> {
    const query = new URLSearchParams({
      as: this.id,
      channel: this.channelId,
      locale: this.#locale,
    })
    const response = await fetch(`${this.#url}/sandbox/${kind}?${query.toString()}`, {
      method: 'POST',
      body: toForm(payload, files),
    })
    if (!response.ok) {
      throw new Error(`${response.status}: ${await response.text()}`)
    }
    const answer: T = JSON.parse(await response.text())
    return answer
  }
}
