/**
 * Reads the text of pictures between the model's runs: one run of a reader's networks at a time, so
 * that an answer that is being generated waits for one at most. The reader is opened when the first
 * picture is to be read.
 */

import { LRUCache } from 'lru-cache'
import { DAY_MS } from '../../../config/durations.ts'
import type { DecodingPool } from '../../image/decoding/pool.ts'
import { type PictureText, readingOf } from '../../ocr/read-picture.ts'
import type { TextReader } from '../../ocr/reader.ts'
import { endThread } from '../../runtime/end-thread.ts'
import type { LiveRequest } from '../live-request.ts'
import type { LiveRequests } from '../live-requests.ts'

export type ReadingOptions = {
  /** Opens the reader. */
  readonly open: () => Promise<TextReader>
  readonly pictures: Pick<DecodingPool, 'page'>
}

/** Characters of all texts that are kept. */
const MAX_CHARACTERS = 4_000_000

/** A reading on its way. */
type Reading = {
  /** Null while its picture is decoded. */
  steps: AsyncGenerator<void, PictureText, void> | null
  failure: { readonly error: unknown } | null
  /** Whether its picture was forgotten meanwhile. */
  forgotten: boolean
}

export class Readings {
  readonly #live: LiveRequests
  readonly #options: ReadingOptions
  readonly #wake: () => void
  readonly #readings = new Map<LiveRequest, Reading>()
  readonly #texts = new LRUCache<string, PictureText>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ lines }) => lines.reduce((sum, { text }) => sum + text.length + 1, 1),
    ttl: DAY_MS,
    ttlAutopurge: true,
  })
  #reader: Promise<TextReader> | null = null

  /** @param wake called once a picture is decoded. */
  constructor(live: LiveRequests, options: ReadingOptions, wake: () => void) {
    this.#live = live
    this.#options = options
    this.#wake = wake
  }

  /** Whether a picture was read. @param key SHA-256 of its file, hexadecimal. */
  has(key: string): boolean {
    return this.#texts.has(key)
  }

  /** Has the picture of a request decoded that waits for its text. */
  begin(live: LiveRequest): void {
    if (live.work?.kind === 'read') {
      const reading: Reading = { steps: null, failure: null, forgotten: false }
      this.#readings.set(live, reading)
      this.#decode(live, reading).catch(endThread)
    }
  }

  /** Runs the networks once, for the request that was admitted first. */
  readonly run = async (): Promise<boolean> => {
    this.#dropEnded()
    const next = [...this.#readings].find(([, { steps, failure }]) => steps ?? failure)
    if (!next) {
      return false
    }
    const [live, { steps, failure }] = next
    try {
      if (failure) {
        throw failure.error
      }
      const { done, value } = await steps!.next()
      if (done) {
        await this.#finish(live, value)
      }
    } catch (error) {
      this.#readings.delete(live)
      await this.#live.fail(live, error)
    }
    return true
  }

  /** Deletes the texts of pictures; what is being read will not be kept. */
  forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#texts.delete(key)
    }
    for (const [{ request }, reading] of this.#readings) {
      reading.forgotten ||= keys.includes(request.image.key)
    }
  }

  /** Frees the reader, while nothing runs. */
  async close(): Promise<void> {
    this.#texts.clear()
    const reader = await this.#reader?.catch(() => null)
    await reader?.release()
    this.#reader = null
  }

  async #decode(live: LiveRequest, reading: Reading): Promise<void> {
    const { image, claim } = live.request
    try {
      const known = this.#texts.get(image.key)
      if (known) {
        reading.steps = ended(known)
      } else {
        const { tenant, user } = claim
        const call = { signal: image.unneeded.signal, owner: `${tenant}/${user}` }
        const reader = await this.#open()
        const { bytes } = image
        image.bytes = null
        reading.steps = await readingOf(reader, this.#options.pictures, bytes!, call)
      }
    } catch (error) {
      reading.failure = { error }
    }
    this.#wake()
  }

  /** A reader that could not be opened is opened again for the next request. */
  #open(): Promise<TextReader> {
    this.#reader ??= this.#options.open().catch((error: unknown) => {
      this.#reader = null
      throw error
    })
    return this.#reader
  }

  async #finish(live: LiveRequest, text: PictureText): Promise<void> {
    const { work, request } = live
    const isKept = request.image.cacheable && this.#readings.get(live)?.forgotten === false
    this.#readings.delete(live)
    if (work?.kind !== 'read') {
      return // its request has ended
    }
    if (isKept && text.complete) {
      this.#texts.set(request.image.key, text)
    }
    await this.#live.resume(live, () => work.done(text))
  }

  /** Requests that were cancelled or came too late. */
  #dropEnded(): void {
    for (const live of this.#readings.keys()) {
      if (!this.#live.all.includes(live)) {
        this.#readings.delete(live)
      }
    }
  }
}

/** A reading that has ended. */
// oxlint-disable-next-line require-yield
async function* ended(text: PictureText): AsyncGenerator<void, PictureText, void> {
  return text
}
