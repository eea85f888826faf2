/**
 * What the model computed from pictures alone, by the content hash of their files, so that a
 * picture passes through the vision tower once.
 *
 * Entries are the bridge's tokens where the bridge does not read the prompt: 320 kB a picture with
 * OPT-2.7b, against 1.4 MB for the vision tower's output, which is kept where the bridge does or where
 * a matcher needs it. Those stay float32: 128 MiB hold 400. Where the bridge keeps each of a vision
 * tower's tokens, they are 9.4 MB (576 of 4,096), and 29 MB for a picture in many tiles; where a package is no
 * longer exact anyway, such are kept as float16.
 */

import { LRUCache } from 'lru-cache'
import { DAY_MS } from '../../config/durations.ts'
import type { ImageFeatures, ImageTokens } from '../families/common/runner.ts'

/** Tokens of fewer numbers stay float32. */
const HALVED_FROM = 2 ** 18
/** Larger ones are not there in float16. */
const MAX_HALF = 65_504

/** What depends on a picture alone. */
export type ImageData = {
  /** Null where nothing but the tokens is needed later. */
  readonly features: ImageFeatures | null
  /** Null where the bridge reads the prompt, and where there is none. */
  readonly tokens: ImageTokens | null
  /** From the model's domain, as a share of the card's limit; null without statistics. */
  readonly distance: number | null
}

/** An entry of the cache, as hosts of the same model give it to each other. */
export type CachedImage = {
  /** As in engine/images.ts: of the file, and of the detail. */
  readonly key: string
  readonly data: ImageData
}

/** As it is kept: tokens may be float16. */
type Entry = Omit<ImageData, 'tokens'> & {
  readonly tokens:
    | (Omit<ImageTokens, 'data'> & { readonly data: Float32Array | Float16Array })
    | null
}

export class FeatureCache {
  readonly #entries: LRUCache<string, Entry>
  readonly #halves: boolean

  /**
   * @param maxBytes of all entries together; 0 keeps none.
   * @param maxAgeMs after which an entry is deleted, however often it was used.
   * @param halves keeps large tokens as float16. Default false.
   */
  constructor(
    maxBytes: number,
    {
      maxAgeMs = DAY_MS,
      halves = false,
    }: { readonly maxAgeMs?: number; readonly halves?: boolean } = {},
  ) {
    this.#halves = halves
    this.#entries = new LRUCache({
      maxSize: Math.max(maxBytes, 1), // 0 would mean no limit
      sizeCalculation: ({ features, tokens }) =>
        Math.max((features?.data.byteLength ?? 0) + (tokens?.data.byteLength ?? 0), 1),
      ttl: maxAgeMs,
      ttlAutopurge: true, // an expired entry is deleted even if nobody asks for it again
    })
  }

  /** @param key SHA-256 of the picture's file, hexadecimal. */
  get(key: string): ImageData | undefined {
    const entry = this.#entries.get(key)
    return entry && widened(entry)
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  set(key: string, encoded: ImageData): void {
    this.#entries.set(key, this.#entryOf(encoded))
  }

  /** As `get` would give it: an answer is the same whether its picture was cached or not. */
  asKept(encoded: ImageData): ImageData {
    return widened(this.#entryOf(encoded))
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  #entryOf(encoded: ImageData): Entry {
    const { tokens } = encoded
    return this.#halves && tokens !== null && tokens.data.length >= HALVED_FROM
      ? { ...encoded, tokens: halved(tokens) }
      : encoded
  }

  /** Size of all entries together. */
  get bytes(): number {
    return this.#entries.calculatedSize
  }
}

/** The same as float16, or as they are where one is too large for it. */
function halved(tokens: ImageTokens): NonNullable<Entry['tokens']> {
  const fits = tokens.data.every((value) => Math.abs(value) <= MAX_HALF)
  return fits ? { ...tokens, data: Float16Array.from(tokens.data) } : tokens
}

/** The entry itself where its tokens are float32. */
function widened(entry: Entry): ImageData {
  return isWide(entry)
    ? entry
    : { ...entry, tokens: { ...entry.tokens!, data: Float32Array.from(entry.tokens!.data) } }
}

function isWide(entry: Entry): entry is ImageData {
  return entry.tokens === null || entry.tokens.data instanceof Float32Array
}
