/**
 * What hosts computed from pictures alone, for each other: a follow-up that goes to another host than the
 * first question does not run the vision tower again.
 *
 * An entry is sealed, its name reveals no picture, and it expires. It is deleted with the picture's
 * records: by the bot at once, and again by each host that hears of it, since one may be writing it.
 */

import type { Logger } from 'pino'
import { LRUCache } from 'lru-cache'
import { MINUTE_MS } from '../../config/durations.ts'
import type { InferenceBackend } from '../../inference/backends/backend.ts'
import { cachedImagesSchema } from '../../inference/backends/protocol.ts'
import { digestOf, type SealedQueue } from './hosts.ts'
import { FEATURES, featuresKey } from './keys.ts'
import { type Cards, pack, unpack } from './messages/messages.ts'

const LIFE_MS = 30 * MINUTE_MS
/** Pictures that Redis has at most; with OPT-2.7b 320 kB each. */
const MAX_PICTURES = 256
/** Of one picture; larger ones are computed again. */
const MAX_BYTES = 8 * 2 ** 20
/** Pictures that this host need not look for, since it had them a short time ago. */
const MAX_KNOWN = 1000
/** A host may hear of a deletion before it has written what was computed. */
const FORGOTTEN_MS = MINUTE_MS

type Options = {
  /** Absent: this is a bot, which only deletes. */
  readonly backend?: InferenceBackend
  readonly log: Logger
}

export class SharedFeatures {
  readonly #queue: SealedQueue
  readonly #model: string
  readonly #options: Options
  readonly #known = new LRUCache<string, true>({ max: MAX_KNOWN, ttl: LIFE_MS / 2 })
  readonly #forgotten = new LRUCache<string, true>({ max: MAX_KNOWN, ttl: FORGOTTEN_MS })
  readonly #storing = new Set<Promise<void>>()

  constructor(queue: SealedQueue, cards: Cards, options: Options) {
    this.#queue = queue
    this.#model = digestOf(cards)
    this.#options = options
  }

  /** Gives the model what other hosts computed of pictures. What fails is computed here. */
  async load(keys: readonly string[]): Promise<void> {
    const { backend, log } = this.#options
    for (const key of keys.filter((one) => !this.#known.has(one))) {
      try {
        const name = this.#nameOf(key)
        const sealed = this.#queue.connection.isReady
          ? await this.#queue.connection.get(name)
          : null
        if (sealed !== null) {
          backend?.take?.(unpack(this.#queue.sealer.open(sealed, name), cachedImagesSchema).value)
          this.#known.set(key, true)
        }
      } catch (error) {
        log.warn({ err: error }, 'what another worker computed cannot be used')
      }
    }
  }

  /** Stores what the model has computed of pictures, in the background. */
  store(keys: readonly string[]): void {
    const { log } = this.#options
    const storing = this.#storeAll(keys)
      .catch((error: unknown) => {
        log.warn({ err: error }, 'what was computed of a picture could not be shared')
      })
      .finally(() => this.#storing.delete(storing))
    this.#storing.add(storing)
  }

  /** Waits for what is being stored. */
  async settle(): Promise<void> {
    await Promise.all(this.#storing)
  }

  /** Deletes what was computed of pictures. */
  async forget(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#known.delete(key)
      this.#forgotten.set(key, true)
    }
    await this.#unlink(keys.map((key) => this.#nameOf(key)))
  }

  async #storeAll(keys: readonly string[]): Promise<void> {
    const { connection, sealer } = this.#queue
    const { backend } = this.#options
    for (const key of keys.filter((one) => !this.#known.has(one) && !this.#forgotten.has(one))) {
      const entries = (await backend?.cached?.([key])) ?? []
      const packed = pack(entries)
      if (entries.length === 0 || packed.length > MAX_BYTES || !connection.isReady) {
        continue
      }
      const name = this.#nameOf(key)
      await connection.command('SET', name, sealer.seal(packed, name), 'PX', String(LIFE_MS))
      await connection.command('ZADD', FEATURES, String(Date.now()), name)
      await connection.command('PEXPIRE', FEATURES, String(LIFE_MS))
      this.#known.set(key, true)
      if (this.#forgotten.has(key)) {
        await this.#unlink([name])
      }
      await this.#trim()
    }
  }

  async #trim(): Promise<void> {
    const { client } = this.#queue.connection
    const oldest = await client.zRange(FEATURES, 0, -(MAX_PICTURES + 1))
    await this.#unlink(oldest)
  }

  async #unlink(names: readonly string[]): Promise<void> {
    if (names.length > 0) {
      const { connection } = this.#queue
      await connection.command('UNLINK', ...names)
      await connection.command('ZREM', FEATURES, ...names)
    }
  }

  #nameOf(key: string): string {
    return featuresKey(this.#queue.sealer.nameOf(`features ${this.#model} ${key}`))
  }
}
