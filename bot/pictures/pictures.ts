/**
 * The one owner of pictures: whatever needs a picture asks here, and it is downloaded once and
 * decoded once for comparing, however many ask.
 *
 * Who asks for what is under way gets its result. What was made is kept in memory for a bounded time
 * and size. A picture is known by its message and its key in there, for its link changes; once its
 * file is there, by the SHA-256 of that, so that copies share what was made of one of them.
 */

import type { Client } from 'discord.js'
import { LRUCache } from 'lru-cache'
import type { FoundPicture } from '../../commands/picture.ts'
import { hasCode, InputError, type InputErrorCode } from '../../config/errors.ts'
import type { FetchPicture } from './download.ts'
import type { PictureFile } from './evidence.ts'
import { type Fingerprint, fingerprintOf } from './fingerprint.ts'
import { freshLink } from './fresh-link.ts'
import { InFlight } from './in-flight.ts'

/** Pictures of one message that are compared; Discord takes ten attachments. */
export const MAX_PICTURES = 10

const BYTES_MS = 60_000
/** As long as moderation compares what someone posts (bot/moderation/postings.ts). */
const KNOWN_MS = 60 * 60_000
const MAX_BYTES = 64 * 2 ** 20
const MAX_KNOWN = 10_000

/** A fresh link may help: a link ends after a day, and a loopback Discord moves to another port. */
const STALE: readonly InputErrorCode[] = ['image/gone', 'image/elsewhere']

export type PicturesOptions = {
  readonly client: Client
  readonly fetchPicture: FetchPicture
  /** Told of each look into a cache: `picture-files` (a miss is a download), `fingerprints`. */
  readonly looked?: (cache: string, hit: boolean) => void
  /** How long files are in memory, milliseconds. Default one minute. */
  readonly bytesMs?: number
  /** Bytes of files in memory at once. Default 64 MiB. */
  readonly maxBytes?: number
}

/** Whose pictures are to be deleted from memory. */
export type Forgotten = {
  readonly messages?: readonly string[]
  readonly channel?: string
  readonly author?: string
  /** SHA-256 of their files, hexadecimal. */
  readonly hashes?: readonly string[]
}

/** A picture that can be compared. */
export type Comparable = { readonly picture: FoundPicture; readonly print: Fingerprint }

export class Pictures {
  readonly #options: PicturesOptions
  /** The hash of a picture's file, by the picture's name. */
  readonly #hashes = new LRUCache<string, string>({
    max: MAX_KNOWN,
    ttl: KNOWN_MS,
    ttlAutopurge: true,
  })
  /** By hash. */
  readonly #bytes: LRUCache<string, Uint8Array>
  readonly #prints = new LRUCache<string, { readonly print: Fingerprint | null }>({
    max: MAX_KNOWN,
    ttl: KNOWN_MS,
    ttlAutopurge: true,
  })
  /** Downloads under way, by the picture's name. */
  readonly #downloads = new InFlight<PictureFile>()
  /** Decoding under way, by hash. */
  readonly #decodings = new InFlight<Fingerprint | null>()

  constructor(options: PicturesOptions) {
    this.#options = options
    this.#bytes = new LRUCache({
      maxSize: options.maxBytes ?? MAX_BYTES,
      sizeCalculation: ({ length }) => Math.max(length, 1),
      ttl: options.bytesMs ?? BYTES_MS,
      ttlAutopurge: true,
    })
  }

  /**
   * The picture's file.
   *
   * @throws {InputError} if it is gone, too large or does not come.
   * @throws the signal's reason once that is aborted; others who wait for it still get it.
   */
  async file(picture: FoundPicture, signal?: AbortSignal): Promise<PictureFile> {
    const name = nameOf(picture)
    const hash = this.#hashes.get(name)
    const bytes = hash === undefined ? undefined : this.#bytes.get(hash)
    this.#looked('picture-files', bytes !== undefined || this.#downloads.has(name))
    return hash !== undefined && bytes !== undefined
      ? { bytes, hash }
      : this.#downloads.run(name, (stop) => this.#download(picture, stop), signal)
  }

  /**
   * What is compared of a picture.
   *
   * @returns null for a picture of one brightness, which would resemble any other.
   * @throws {InputError} as `file` does, and if it is no picture, broken or over the limits.
   */
  async fingerprint(picture: FoundPicture): Promise<Fingerprint | null> {
    const name = nameOf(picture)
    const known = this.#prints.get(this.#hashes.get(name) ?? '')
    if (known) {
      this.#looked('fingerprints', true)
      return known.print
    }
    const { bytes, hash } = await this.file(picture)
    const ofCopy = this.#prints.get(hash)
    this.#looked('fingerprints', ofCopy !== undefined || this.#decodings.has(hash))
    if (ofCopy) {
      return ofCopy.print
    }
    if (this.#hashes.get(name) !== hash) {
      throw gone() // deleted meanwhile
    }
    return this.#decodings.run(hash, async (signal) => {
      const print = await fingerprintOf(bytes)
      signal.throwIfAborted() // deleted meanwhile
      this.#prints.set(hash, { print })
      return print
    })
  }

  /** Those of the first ten pictures that can be fetched, read and compared. */
  async fingerprintAll(pictures: readonly FoundPicture[]): Promise<Comparable[]> {
    const comparable = await Promise.all(
      pictures.slice(0, MAX_PICTURES).map(async (picture) => {
        try {
          const print = await this.fingerprint(picture)
          return print && { picture, print }
        } catch (error) {
          if (error instanceof InputError) {
            return null // gone already, or no picture: nobody asked about it
          }
          throw error
        }
      }),
    )
    return comparable.filter((one) => one !== null)
  }

  /**
   * Deletes what is in memory of pictures, also what is being made of them: who waits for it is told
   * that the picture is gone.
   */
  forget(forgotten: Forgotten): void {
    const messages = new Set(forgotten.messages)
    const isForgotten = (name: string) => {
      const [channel = '', message = '', author = ''] = name.split('/', 3)
      return messages.has(message) || channel === forgotten.channel || author === forgotten.author
    }
    const hashes = new Set(forgotten.hashes)
    for (const [name, hash] of this.#hashes.entries()) {
      if (isForgotten(name)) {
        hashes.add(hash)
      }
    }
    // A copy that is not deleted is downloaded again once someone asks for it.
    for (const [name, hash] of this.#hashes.entries()) {
      if (hashes.has(hash)) {
        this.#hashes.delete(name)
      }
    }
    for (const hash of hashes) {
      this.#bytes.delete(hash)
      this.#prints.delete(hash)
    }
    this.#downloads.abort(isForgotten, gone())
    this.#decodings.abort((hash) => hashes.has(hash), gone())
  }

  /** Deletes all that is in memory. */
  clear(): void {
    this.#hashes.clear()
    this.#bytes.clear()
    this.#prints.clear()
    this.#downloads.abort(() => true, gone())
    this.#decodings.abort(() => true, gone())
  }

  async #download(picture: FoundPicture, signal: AbortSignal): Promise<PictureFile> {
    const bytes = await this.#fetch(picture, signal)
    // On another thread; 25 MB would hold this one up for 20 ms.
    const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))
    const hash = Buffer.from(digest).toString('hex')
    signal.throwIfAborted() // deleted meanwhile
    const shared = this.#bytes.get(hash) ?? bytes
    this.#hashes.set(nameOf(picture), hash)
    this.#bytes.set(hash, shared)
    return { bytes: shared, hash }
  }

  async #fetch(picture: FoundPicture, signal: AbortSignal): Promise<Uint8Array> {
    const { client, fetchPicture } = this.#options
    try {
      return await fetchPicture(picture, signal)
    } catch (error) {
      const stale = hasCode(error, ...STALE)
      const renewed = stale ? await freshLink(client, picture) : undefined
      if (renewed === undefined || renewed.url === picture.url) {
        throw error
      }
      return fetchPicture(renewed, signal)
    }
  }

  #looked(cache: string, hit: boolean): void {
    this.#options.looked?.(cache, hit)
  }
}

/** Names a picture also after its links were renewed: its place, and its key in there. */
function nameOf({ key, source }: FoundPicture): string {
  return [source?.channelId, source?.messageId, source?.authorId, key].join('/')
}

function gone(): InputError {
  return new InputError('image/gone')
}
