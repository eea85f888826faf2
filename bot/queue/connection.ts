/** Connections to the Redis of the queue. */

import { createClient, RESP_TYPES } from '@redis/client'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { withoutPassword } from '../../config/addresses.ts'
import { ConfigError } from '../../config/errors.ts'
import { CONNECT_TIMEOUT_MS } from '../store/backends/backend.ts'
import { isAway, whyAway } from '../store/backends/outages.ts'
import { connectOnce } from '../store/backends/redis.ts'

/** How long one read of a stream waits. */
const BLOCK_MS = 5000
const ENTRIES_PER_READ = 256
const RETRY_MS = 200
/** How long a start waits for a Redis that does not answer, or is starting. */
const START_LIMIT_MS = 60_000
const MAX_RECONNECT_MS = 1000

export type QueueClient = ReturnType<typeof clientOf>

/** An entry of a stream. */
export type StreamEntry = { readonly id: string; readonly body: Buffer }

const bytes = z.instanceof(Buffer)
const readSchema = z.array(z.tuple([bytes, z.array(z.tuple([bytes, z.array(bytes)]))])).nullable()

/**
 * One connection, which reconnects by itself. While Redis is away, commands wait for it; those that
 * were on their way when it went fail.
 */
export class QueueConnection {
  readonly client: QueueClient
  /** Its address, for messages. */
  readonly shownUrl: string
  readonly #onError: (error: unknown) => void
  readonly #followers = new Set<QueueClient>()

  private constructor(client: QueueClient, url: string, onError: (error: unknown) => void) {
    this.client = client
    this.shownUrl = withoutPassword(url)
    this.#onError = onError
  }

  /**
   * @param onError called with errors of the connection; commands throw on their own.
   * @throws {ConfigError} if Redis cannot be reached.
   */
  static async open(url: string, onError: (error: unknown) => void): Promise<QueueConnection> {
    const client = clientOf(url)
    let isOpen = false
    client.on('error', (error: unknown) => isOpen && onError(error)) // before, the ConfigError says it
    try {
      await connectOnce(client)
    } catch (cause) {
      throw unreachable(withoutPassword(url), cause)
    }
    isOpen = true
    return new QueueConnection(client, url, onError)
  }

  get isReady(): boolean {
    return this.client.isReady
  }

  /** A command whose reply has strings as bytes. */
  command(...args: readonly (string | Buffer)[]): Promise<unknown> {
    return this.client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).sendCommand(args)
  }

  /** @returns the value; null: there is none. */
  async get(key: string): Promise<Buffer | null> {
    return bytes.nullable().parse(await this.command('GET', key))
  }

  /**
   * Yields the entries of a stream as they come, each with one field, until `signal` is aborted. It has
   * a connection of its own, and continues where it was when Redis comes back.
   *
   * @param after id of the entry before the first one; null: the last one that is there now.
   */
  async *follow(
    key: string,
    after: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEntry, void> {
    const client = this.client.duplicate()
    client.on('error', (error: unknown) => signal.aborted || this.#onError(error))
    this.#followers.add(client)
    const stop = () => client.destroy()
    try {
      await client.connect()
      signal.addEventListener('abort', stop, { once: true })
      const reader = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
      let last = after ?? (await this.#lastOf(key))
      const block = ['COUNT', String(ENTRIES_PER_READ), 'BLOCK', String(BLOCK_MS)]
      while (!signal.aborted) {
        const args = ['XREAD', ...block, 'STREAMS', key, last]
        const reply = await reader.sendCommand(args).catch(async (error: unknown) => {
          if (!signal.aborted) {
            this.#onError(error)
            await delay(RETRY_MS)
          }
          return null
        })
        for (const [id, [, body]] of readSchema.parse(reply)?.[0]?.[1] ?? []) {
          last = id.toString()
          if (body !== undefined) {
            yield { id: last, body }
          }
        }
      }
    } finally {
      signal.removeEventListener('abort', stop)
      this.#followers.delete(client)
      if (client.isOpen) {
        client.destroy()
      }
    }
  }

  /** The id of a stream's last entry. */
  async #lastOf(key: string): Promise<string> {
    const entries = await this.command('XREVRANGE', key, '+', '-', 'COUNT', '1')
    return (
      z
        .array(z.tuple([bytes, z.unknown()]))
        .parse(entries)[0]?.[0]
        .toString() ?? '0'
    )
  }

  async close(): Promise<void> {
    for (const client of this.#followers) {
      client.destroy()
    }
    if (this.client.isReady) {
      await this.client.close()
    } else if (this.client.isOpen) {
      this.client.destroy() // to close it would wait until Redis comes back
    }
  }
}

/**
 * Does what a start needs of Redis, and again while Redis does not answer.
 *
 * @param limitMs for how long; tests set less.
 * @throws {ConfigError} if it still does not answer then.
 */
export async function whileStarting<T>(
  { shownUrl }: Pick<QueueConnection, 'shownUrl'>,
  work: () => Promise<T>,
  limitMs: number = START_LIMIT_MS,
): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isAway(error)) {
        throw error
      }
      if (performance.now() > end) {
        throw unreachable(shownUrl, error)
      }
      await delay(RETRY_MS)
    }
  }
}

function unreachable(shownUrl: string, cause: unknown): ConfigError {
  const problem = `The queue at ${shownUrl} cannot be reached: ${whyAway(cause)}.`
  return new ConfigError([problem], { cause })
}

function clientOf(url: string) {
  return createClient({
    url,
    RESP: 2,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (attempts: number) => Math.min(MAX_RECONNECT_MS, 50 * 2 ** attempts),
    },
  })
}
