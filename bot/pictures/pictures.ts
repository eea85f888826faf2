/**
 * The one owner of pictures. Everything that needs a picture asks here, the model included, so that
 * it is downloaded once and decoded once for comparing.
 *
 * Concurrent calls share one download and one decoding. Results are kept in memory for a bounded
 * time and size. A picture is identified by its message and its key in that message, since its link
 * changes; once its file is downloaded, by the SHA-256 of the file, so that copies share results.
 */

import type { Client } from 'discord.js'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { FoundPicture } from '../../commands/picture.ts'
import { hasCode, InputError, type InputErrorCode } from '../../config/errors.ts'
import { DecodingPool } from '../../inference/image/decoding/pool.ts'
import type { ImageSource, Model } from '../../inference/contract/types.ts'
import { detached } from '../operations/detached.ts'
import { Deletions, nameOf, ownersOf, placesOf } from './deletions.ts'
import type { FetchPicture } from './download.ts'
import type { PictureFile } from './evidence.ts'
import { KnownFiles } from './known-files.ts'
import { type Fingerprint, fingerprintOf } from './fingerprint.ts'
import { freshLink } from './fresh-link.ts'
import { InFlight } from './in-flight.ts'
import { type Looking, MovingPictures, type SeenPicture } from './moving-pictures.ts'

/** Pictures of one message that are compared; Discord takes ten attachments. */
export const MAX_PICTURES = 10

const BYTES_MS = 60_000
const MAX_BYTES = 64 * 2 ** 20
/** As long as moderation compares what someone posts (bot/moderation/hashes/postings.ts). */
const PRINT_MS = 60 * 60_000
const MAX_KNOWN = 10_000
/** For the log. */
export const DECODER_DIED = 'a process that decodes pictures died'
/** Of a process that decodes for comparing and for evidence: both need less than the whole picture. */
const DECODER_MEMORY = 512 * 2 ** 20

/** A fresh link may help: a link ends after a day, and a loopback Discord moves to another port. */
const STALE: readonly InputErrorCode[] = ['image/gone', 'image/elsewhere']

export type PicturesOptions = {
  readonly client: Client
  readonly fetchPicture: FetchPicture
  readonly model: Pick<Model, 'forget'>
  readonly log: Logger
  /** Told of each look into a cache: `picture-files` (a miss is a download), `fingerprints`. */
  readonly looked?: (cache: string, hit: boolean) => void
  /** How long files are in memory, milliseconds. Default one minute. */
  readonly bytesMs?: number
  /** Bytes of files in memory at once. Default 64 MiB. */
  readonly maxBytes?: number
}

/** Whose pictures are to be deleted; any of these. */
export type Forgotten = {
  readonly messages?: readonly string[]
  /** Pictures that were edited out of their message, by their keys in there. */
  readonly picturesOf?: { readonly messageId: string; readonly keys: readonly string[] }
  /** A channel that was deleted. */
  readonly channel?: string
  /** A channel that stays, whose pictures are only to be forgotten. */
  readonly clearedChannel?: string
  readonly author?: string
  /** SHA-256 of their files, hexadecimal. */
  readonly hashes?: readonly string[]
}

/** A picture that can be fetched and decoded; without a fingerprint if it has too little structure. */
export type Decoded = { readonly picture: FoundPicture; readonly print: Fingerprint | null }
/** A picture that can be compared. */
export type Comparable = Decoded & { readonly print: Fingerprint }

export function isComparable(decoded: Decoded): decoded is Comparable {
  return decoded.print !== null
}

export class Pictures {
  /** Decodes for moderation: two pictures at once, in processes of their own. */
  readonly decoder: DecodingPool
  readonly #options: PicturesOptions
  readonly #hashes: KnownFiles
  /** By hash. */
  readonly #bytes: LRUCache<string, Uint8Array>
  readonly #prints = new LRUCache<string, { readonly print: Fingerprint | null }>({
    max: MAX_KNOWN,
    ttl: PRINT_MS,
    ttlAutopurge: true,
  })
  /** Downloads under way, by the picture's name. */
  readonly #downloads = new InFlight<PictureFile>()
  /** Decoding under way, by hash. */
  readonly #decodings = new InFlight<Fingerprint | null>()

  readonly #deletions = new Deletions()
  readonly #moving: MovingPictures

  constructor(options: PicturesOptions) {
    this.#options = options
    this.decoder = new DecodingPool({
      maxMemory: DECODER_MEMORY,
      onCrash: (error) => options.log.warn({ err: error }, DECODER_DIED),
    })
    this.#moving = new MovingPictures(this.decoder)
    // The model keeps nothing of a picture that cannot be found here when it is deleted.
    this.#hashes = new KnownFiles((hash) => {
      detached(options.log, 'the model could not delete a picture', () =>
        options.model.forget([hash]),
      )
    })
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
   * The picture as the model takes it: its file is fetched only where the model asks for it. The
   * caller must call `settle` when it no longer uses the source.
   *
   * @param picture with the hash of its file where that is known from before.
   * @throws {InputError} as `file` does; later where its message was deleted or has another file.
   */
  async source(
    picture: FoundPicture & { readonly hash?: string },
    signal?: AbortSignal,
  ): Promise<ImageSource> {
    const name = nameOf(picture)
    const { now } = this.#deletions
    const throwIfDeleted = () => {
      if (this.#deletions.isAfter(now, ...placesOf(name))) {
        throw gone()
      }
    }
    const key = picture.hash ?? this.#hashes.get(name) ?? (await this.file(picture, signal)).hash
    const bytes = async (stop?: AbortSignal) => {
      throwIfDeleted()
      const file = this.#deletions.isAfter(now, `hash/${key}`, ...ownersOf(name))
        ? await this.#downloadFor(picture, stop)
        : await this.file(picture, stop)
      throwIfDeleted()
      if (file.hash !== key) {
        throw gone()
      }
      return file.bytes
    }
    return { key, bytes }
  }

  /**
   * A source's picture as a model sees it that takes several pictures: where it moves, with frames of it.
   *
   * @throws {InputError} as `source` does.
   */
  seen(source: ImageSource, looking: Looking): Promise<SeenPicture> {
    const { now } = this.#deletions
    return this.#moving.seen(
      source,
      looking,
      () => !this.#deletions.isAfter(now, `hash/${source.key}`, 'all'),
    )
  }

  /**
   * Ends the use of sources. What was deleted meanwhile is deleted at the model again, since the
   * caller may have had it computed again.
   *
   * @param keep false: deletes the results of all of them, here too.
   */
  async settle(sources: readonly Pick<ImageSource, 'key'>[], keep = true): Promise<void> {
    const keys = sources.map(({ key }) => key).filter((key) => !keep || !this.#hashes.hasHash(key))
    await this.#drop(new Set(keys))
  }

  /**
   * What is compared of a picture.
   *
   * @returns null for a picture without structure, which would resemble any other.
   * @throws {InputError} as `file` does, and if it is no picture, broken or over the limits.
   */
  async fingerprint(picture: FoundPicture): Promise<Fingerprint | null> {
    const name = nameOf(picture)
    const { now } = this.#deletions
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
    const owner = picture.source?.authorId ?? ''
    return this.#decodings.run(hash, async (signal) => {
      const print = await fingerprintOf(bytes, (file, side) =>
        this.decoder.brightness(file, side, { signal, owner }),
      )
      // A copy that is deleted meanwhile must not hide the others from those who compare them.
      if (!this.#deletions.isAfter(now, `hash/${hash}`, ...ownersOf(name))) {
        this.#prints.set(hash, { print })
      }
      return print
    })
  }

  /** Those of the first ten pictures that can be fetched, decoded and compared. */
  async fingerprintAll(pictures: readonly FoundPicture[]): Promise<Comparable[]> {
    return (await this.decodeAll(pictures)).filter(isComparable)
  }

  /** Those of the first ten pictures that can be fetched and decoded. */
  async decodeAll(pictures: readonly FoundPicture[]): Promise<Decoded[]> {
    const decoded = await Promise.all(
      pictures.slice(0, MAX_PICTURES).map(async (picture) => {
        try {
          return { picture, print: await this.fingerprint(picture) }
        } catch (error) {
          if (error instanceof InputError) {
            return null // gone already, or no picture: nobody asked about it
          }
          throw error
        }
      }),
    )
    return decoded.filter((one) => one !== null)
  }

  /**
   * Deletes what was made of pictures, here and at the model; what is being made is not kept. A
   * download for a deleted message ends with `image/gone`.
   */
  async forget(forgotten: Forgotten): Promise<void> {
    const { messages = [], picturesOf, channel, clearedChannel, author, hashes = [] } = forgotten
    const owners = new Set([
      ...messages.map((id) => `message/${id}`),
      ...(picturesOf?.keys.map((key) => `picture/${picturesOf.messageId}/${key}`) ?? []),
      ...(channel === undefined ? [] : [`channel/${channel}`]),
      ...(clearedChannel === undefined ? [] : [`cleared/${clearedChannel}`]),
      ...(author === undefined ? [] : [`author/${author}`]),
    ])
    if (owners.size === 0 && hashes.length === 0) {
      return // each answer that is remembered comes by here
    }
    const keys = this.#hashes.hashesOf(owners).union(new Set(hashes))
    this.#deletions.add([...owners, ...keys.values().map((hash) => `hash/${hash}`)])
    // Only where the picture itself is gone: nobody can keep other pictures from moderation.
    this.#downloads.abort((name) => placesOf(name).some((place) => owners.has(place)), gone())
    await this.#drop(keys)
  }

  /** Deletes all that was made of pictures. */
  async clear(): Promise<void> {
    this.#deletions.add(['all'])
    await this.#drop(this.#hashes.hashesOf(['all']))
  }

  /** Ends what is being decoded. */
  close(): Promise<void> {
    return this.decoder.close()
  }

  /** Deletes what was made of files. A copy is downloaded again once someone asks for it. */
  async #drop(keys: ReadonlySet<string>): Promise<void> {
    if (keys.size === 0) {
      return
    }
    for (const hash of keys) {
      this.#hashes.deleteHash(hash)
      this.#bytes.delete(hash)
      this.#prints.delete(hash)
      this.#moving.forget(hash)
    }
    await this.#options.model.forget([...keys])
  }

  async #download(picture: FoundPicture, signal: AbortSignal): Promise<PictureFile> {
    const name = nameOf(picture)
    const { now } = this.#deletions
    const { bytes, hash } = await this.#downloadFor(picture, signal)
    signal.throwIfAborted()
    const shared = this.#bytes.get(hash) ?? bytes
    if (!this.#deletions.isAfter(now, ...ownersOf(name))) {
      this.#hashes.set(name, hash)
      this.#bytes.set(hash, shared)
    }
    return { bytes: shared, hash }
  }

  /** Downloads a picture for the caller alone; nothing of it is kept. */
  async #downloadFor(picture: FoundPicture, signal?: AbortSignal): Promise<PictureFile> {
    const bytes = await this.#fetch(picture, signal)
    // On another thread; 25 MB would hold this one up for 20 ms.
    const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))
    return { bytes, hash: Buffer.from(digest).toString('hex') }
  }

  async #fetch(picture: FoundPicture, signal?: AbortSignal): Promise<Uint8Array> {
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

function gone(): InputError {
  return new InputError('image/gone')
}
