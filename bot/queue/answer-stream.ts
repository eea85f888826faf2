/** What hosts tell this process: a stream in Redis that is there while the process is. */

import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { detached } from '../operations/detached.ts'
import type { SealedQueue } from './hosts.ts'
import { answersKey } from './keys.ts'
import { type AnswerMessage, answerSchema, unpack } from './messages/messages.ts'

/** Hosts drop what is for a bot that has not renewed its stream for this long. */
const TTL_MS = 60_000
const RENEW_EVERY_MS = 5000
/** Entries that were read and are not deleted yet. */
const TRIM_AFTER = 64

export class AnswerStream {
  /** The name of this process among all bots. */
  readonly bot = randomUUID()
  readonly #queue: SealedQueue
  readonly #log: Logger
  readonly #receive: (message: AnswerMessage) => void
  readonly #key: string
  readonly #closing = new AbortController()
  #last = '0'
  #read = 0
  #timer: NodeJS.Timeout | undefined
  #following: Promise<void> = Promise.resolve()

  constructor(queue: SealedQueue, log: Logger, receive: (message: AnswerMessage) => void) {
    this.#queue = queue
    this.#log = log
    this.#receive = receive
    this.#key = answersKey(this.bot)
  }

  async open(): Promise<void> {
    await this.#renew()
    this.#timer = setInterval(() => {
      detached(this.#log, 'the stream of answers could not be renewed', () => this.#renew())
    }, RENEW_EVERY_MS).unref()
    this.#following = this.#follow()
    this.#following.catch((error: unknown) => {
      this.#log.fatal({ err: error }, 'answers of hosts are not read any more')
    })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing.abort()
    await this.#following.catch(() => {})
    const { connection } = this.#queue
    if (connection.isReady) {
      await connection.command('UNLINK', this.#key)
    }
  }

  async #follow(): Promise<void> {
    const { connection, sealer } = this.#queue
    for await (const { id, body } of connection.follow(this.#key, '0', this.#closing.signal)) {
      this.#last = id
      this.#read += 1
      if (body.length > 0) {
        try {
          this.#receive(unpack(sealer.open(body, this.#key), answerSchema).value)
        } catch (error) {
          this.#log.error({ err: error }, 'an answer of a host could not be read')
        }
      }
      if (this.#read >= TRIM_AFTER) {
        detached(this.#log, 'read answers could not be deleted', () => this.#trim())
      }
    }
  }

  /** Makes the stream, unless it is there, keeps it, and deletes what was read. */
  async #renew(): Promise<void> {
    const { connection } = this.#queue
    if (!connection.isReady) {
      return
    }
    const isThere = await connection.command('PEXPIRE', this.#key, String(TTL_MS))
    if (isThere === 0) {
      await connection.command('XADD', this.#key, '*', 'm', '')
      await connection.command('PEXPIRE', this.#key, String(TTL_MS))
    }
    await this.#trim()
  }

  /** Deletes what was read, except for the last entry. */
  async #trim(): Promise<void> {
    if (this.#read > 0) {
      this.#read = 0
      await this.#queue.connection.command('XTRIM', this.#key, 'MINID', this.#last)
    }
  }
}
