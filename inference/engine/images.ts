/**
 * The pictures of the requests that wait or run. Requests for one picture share its decoding and
 * its vision run; a picture is dropped once no request needs it, unless the cache keeps it.
 */

import type { Pixels } from '../families/common/runner.ts'
import type { CachedImage, FeatureCache, ImageData } from './feature-cache.ts'
import type { EncodeTimings, ModelStats } from '../contract/types.ts'
import type { EngineImage } from '../contract/requests.ts'
import { type Detail, DETAILS } from '../image/tiles.ts'

const NO_TIMINGS: EncodeTimings = { preprocessMs: 0, visionMs: 0, bridgeMs: 0 }

/** The timings are those of the first request that takes it. */
export type EncodedImage = {
  readonly data: ImageData
  readonly timings: EncodeTimings
}

/** A picture on its way through the encoder: file, then pixels, then what depends on it alone. */
export type LiveImage = {
  /** Of the file, and of the detail where it is not the usual one. */
  readonly key: string
  readonly detail: Detail
  /** Requests that need it. */
  users: number
  /** Null once it is being decoded. */
  bytes: Uint8Array | null
  /** Aborted once no request needs it: its decoding ends at once. */
  readonly unneeded: AbortController
  /** From its decoding to its vision run. */
  pixels: Pixels | null
  preprocessMs: number
  encoded: EncodedImage | null
  /** Why it cannot be encoded. */
  failure: { readonly error: unknown } | null
  /** Whether what is computed from it may be cached. */
  cacheable: boolean
}

/** See ImageEncoder. */
type DetailFor = (wanted: Detail, pictures: number) => Detail

export class Images {
  readonly #cache: FeatureCache
  readonly #detailFor: DetailFor
  readonly #live = new Map<string, LiveImage>()
  /** Those of one request alone. */
  readonly #files = new Set<LiveImage>()
  #hits = 0
  #misses = 0

  /** @param detailFor of the model; by default each detail gives other pixels. */
  constructor(cache: FeatureCache, detailFor: DetailFor = (wanted) => wanted) {
    this.#cache = cache
    this.#detailFor = detailFor
  }

  /**
   * The pictures for one more request, which must release them when it ends.
   *
   * @param cacheable whether what is computed for the request may be cached.
   * @returns the keys of those that are not here and whose files did not come with the request; then
   *   none is claimed.
   */
  claim(
    images: readonly EngineImage[],
    cacheable: boolean,
  ): { readonly images: readonly LiveImage[] } | { readonly missing: readonly string[] } {
    const isHere = (key: string) => this.#live.has(key) || this.#cache.has(key)
    const wanted = images.map((image) => {
      return { ...image, detail: this.#detailFor(image.detail ?? 'auto', images.length) }
    })
    const missing = wanted.filter(({ key, detail, bytes }) => !bytes && !isHere(keyOf(key, detail)))
    return missing.length > 0
      ? { missing: missing.map(({ key }) => key) }
      : { images: wanted.map((image) => this.#claimOne(image, cacheable)) }
  }

  #claimOne({ key: file, detail, bytes }: EngineImage, cacheable: boolean): LiveImage {
    const key = keyOf(file, detail)
    let live = this.#live.get(key)
    const cached = live ? undefined : this.#cache.get(key)
    if (!live) {
      live = liveImage(key, cached ? null : bytes, { detail, data: cached })
      live.cacheable = cacheable
      this.#live.set(key, live)
    }
    if (cached || live.users > 0) {
      this.#hits += 1
    } else {
      this.#misses += 1
    }
    live.users += 1
    return live
  }

  /** A picture for one request alone, which needs its file whatever is cached; to be released, too. */
  claimFile({ key, bytes }: EngineImage, cacheable: boolean): LiveImage {
    const image: LiveImage = { ...liveImage(key, bytes), cacheable, users: 1 }
    this.#files.add(image)
    return image
  }

  /** Says that a request no longer needs its pictures. */
  release(images: readonly LiveImage[]): void {
    for (const image of images) {
      image.users -= 1
      if (image.users === 0) {
        this.#remove(image)
        this.#files.delete(image)
        image.unneeded.abort()
      }
    }
  }

  /**
   * Takes what the encoder computed. It is not cached where no request needs it any more: such a
   * picture is not among those that `forget` marks.
   */
  finish(image: LiveImage, encoded: EncodedImage): void {
    const data = this.#cache.asKept(encoded.data)
    image.encoded = { ...encoded, data }
    if (image.cacheable && this.#live.get(image.key) === image) {
      this.#cache.set(image.key, data)
    }
  }

  /** Records why a picture cannot be encoded; a new request tries again. */
  fail(image: LiveImage, error: unknown): void {
    image.failure = { error }
    this.#remove(image)
  }

  /** Deletes what was computed from pictures; what is being computed will not be cached. */
  forget(keys: readonly string[]): void {
    for (const key of keysOf(keys)) {
      this.#cache.delete(key)
      const live = this.#live.get(key)
      if (live) {
        live.cacheable = false
        this.#live.delete(key)
      }
    }
    for (const image of this.#files) {
      image.cacheable &&= !keys.includes(image.key)
    }
  }

  /** What is cached of files, of every detail. */
  cached(files: readonly string[]): CachedImage[] {
    return keysOf(files).flatMap((key) => {
      const data = this.#cache.get(key)
      return data === undefined ? [] : [{ key, data }]
    })
  }

  /** Caches what another host computed. */
  take(entries: readonly CachedImage[]): void {
    for (const { key, data } of entries) {
      if (!this.#live.has(key)) {
        this.#cache.set(key, data)
      }
    }
  }

  clear(): void {
    this.#cache.clear()
  }

  stats(): ModelStats['caches']['images'] {
    return { hits: this.#hits, misses: this.#misses, bytes: this.#cache.bytes }
  }

  #remove(image: LiveImage): void {
    if (this.#live.get(image.key) === image) {
      this.#live.delete(image.key)
    }
  }
}

/** What the encoder computed, with its timings for the first request that takes it only. */
export function takeEncoded(image: LiveImage): EncodedImage | null {
  const { encoded } = image
  if (encoded) {
    image.encoded = { ...encoded, timings: NO_TIMINGS }
  }
  return encoded
}

/** What was computed from a picture depends on its detail; after the colon, as `forget` of the sequences expects. */
function keyOf(file: string, detail: Detail = 'auto'): string {
  return detail === 'auto' ? file : `${file}:${detail}`
}

function keysOf(files: readonly string[]): string[] {
  return files.flatMap((file) => DETAILS.map((detail) => keyOf(file, detail)))
}

function liveImage(
  key: string,
  bytes: Uint8Array | null,
  known: { readonly detail?: Detail | undefined; readonly data?: ImageData | undefined } = {},
): LiveImage {
  const { detail = 'auto', data } = known
  return {
    key,
    detail,
    users: 0,
    bytes,
    unneeded: new AbortController(),
    pixels: null,
    preprocessMs: 0,
    encoded: data ? { data, timings: NO_TIMINGS } : null,
    failure: null,
    cacheable: true,
  }
}
