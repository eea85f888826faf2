/**
 * What the model computed from pictures alone, by the content hash of their files, so that a
 * picture passes through the vision tower once.
 *
 * Entries are the bridge's tokens where the bridge does not read the prompt: 320 kB a picture with
 * OPT-2.7b, against 1.4 MB for the vision tower's output, which is kept where the bridge does or where
 * a matcher needs it. They stay float32: float16 would hold twice as many, but would round what a first
 * answer is computed from, and 128 MiB hold 400.
 */

import { LRUCache } from 'lru-cache'
import { DAY_MS } from '../../config/durations.ts'
import type { ImageFeatures, ImageTokens } from '../families/common/runner.ts'

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

export class FeatureCache {
  readonly #entries: LRUCache<string, ImageData>

  /**
   * @param maxBytes of all entries together; 0 keeps none.
   * @param maxAgeMs after which an entry is deleted, however often it was used.
   */
  constructor(maxBytes: number, maxAgeMs: number = DAY_MS) {
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
    return this.#entries.get(key)
  }

  set(key: string, encoded: ImageData): void {
    this.#entries.set(key, encoded)
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** Size of all entries together. */
  get bytes(): number {
    return this.#entries.calculatedSize
  }
}
