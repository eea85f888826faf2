/**
 * Reads the text of pictures between the model's runs: one run of a reader's networks at a time, so
 * that an answer that is being generated waits for one at most. Requests for one picture share its
 * reading. The reader is opened when the first picture is to be read.
 */

import { LRUCache } from 'lru-cache'
import type { CacheStats, ModelStats } from '../../contract/types.ts'
import { DAY_MS } from '../../../config/durations.ts'
import type { DecodingPool } from '../../image/decoding/pool.ts'
import { type PictureText, readingOf } from '../../ocr/read-picture.ts'
import type { TextReader } from '../../ocr/reader.ts'
import { endThread } from '../../runtime/end-thread.ts'
import { type LiveRequest, onlyImage } from '../live-request.ts'
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
  /** Whether another request has the same picture read. */
  waits: boolean
  /** Null while its picture is decoded. */
  steps: AsyncGenerator<void, PictureText, void> | null
  failure: { readonly error: unknown } | null
}

export class Readings {
  readonly #live: LiveRequests
  readonly #options: ReadingOptions
  readonly #wake: () => void
  readonly #readings = new Map<LiveRequest, Reading>()
  readonly #texts = new LRUCache<string, PictureText>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ lines, codes }) =>
      [...lines, ...codes].reduce((sum, { text }) => sum + text.length + 1, 1),
    ttl: DAY_MS,
    ttlAutopurge: true,
  })
  #reader: Promise<TextReader> | null = null
  readonly #runs = { runs: 0, ms: 0 }
  readonly #lookups = { hits: 0, misses: 0 }

  /** @param wake called once a picture is decoded. */
  constructor(live: LiveRequests, options: ReadingOptions, wake: () => void) {
    this.#live = live
    this.#options = options
    this.#wake = wake
  }

  /** What was read in a picture; null: it was not read. @param key SHA-256 of its file, hexadecimal. */
  textOf(key: string): PictureText | null {
    return this.#texts.get(key) ?? null
  }

  /** Has the picture of a request decoded that waits for its text. */
  begin(live: LiveRequest): void {
    if (live.work?.kind === 'read') {
      const { key } = onlyImage(live.request)
      const known = live.request.text ?? this.textOf(key)
      const waits = !known && this.#of(key).some(([{ request }]) => onlyImage(request).cacheable)
      const steps = known && ended(known)
      const reading: Reading = { waits, steps, failure: null }
      const isHit = waits || known !== null
      this.#lookups[isHit ? 'hits' : 'misses'] += 1
      this.#readings.set(live, reading)
      if (!waits && !steps) {
        this.#decode(live, reading).catch(endThread)
      }
    }
  }

  /** What was read, and how often that was needed. */
  stats(): { readonly runs: ModelStats['reading']; readonly lookups: CacheStats } {
    return { runs: { ...this.#runs }, lookups: { ...this.#lookups } }
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
      const start = performance.now()
      const { done, value } = await steps!.next()
      if (done) {
        await this.#finish(live, value)
      } else {
        this.#runs.runs += 1
        this.#runs.ms += performance.now() - start
      }
    } catch (error) {
      this.#delete(live)
      await this.#live.fail(live, error)
    }
    return true
  }

  /** Deletes the texts of pictures; `Images.forget` sees to those that wait or are being read. */
  forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#texts.delete(key)
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
    const image = onlyImage(live.request)
    try {
      const { tenant, user } = live.request.claim
      const call = { signal: image.unneeded.signal, owner: `${tenant}/${user}` }
      const reader = await this.#open()
      const { bytes } = image
      image.bytes = null
      reading.steps = await readingOf(reader, this.#options.pictures, bytes!, call)
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
    const image = onlyImage(live.request)
    if (image.cacheable && text.complete) {
      this.#texts.set(image.key, text)
    }
    const sharing = this.#of(image.key).filter(([, { waits }]) => waits)
    for (const each of [live, ...sharing.map(([other]) => other)]) {
      this.#readings.delete(each)
      const { work } = each
      if (work?.kind === 'read') {
        await this.#live.resume(each, () => work.done(text))
      }
    }
  }

  /** The readings of a picture, in the order in which they were admitted. */
  #of(key: string): [LiveRequest, Reading][] {
    return [...this.#readings].filter(([{ request }]) => onlyImage(request).key === key)
  }

  /** Ends a reading without its text; the next request for the picture has it read. */
  #delete(live: LiveRequest): void {
    const { waits } = this.#readings.get(live) ?? { waits: true }
    this.#readings.delete(live)
    const [next] = this.#of(onlyImage(live.request).key).filter(([, reading]) => reading.waits)
    if (!waits && next) {
      next[1].waits = false
      this.#decode(...next).catch(endThread)
    }
  }

  /** Requests that were cancelled or came too late. */
  #dropEnded(): void {
    for (const live of this.#readings.keys()) {
      if (!this.#live.all.includes(live)) {
        this.#delete(live)
      }
    }
  }
}

/** A reading that has ended. */
// oxlint-disable-next-line require-yield
async function* ended(text: PictureText): AsyncGenerator<void, PictureText, void> {
  return text
}
