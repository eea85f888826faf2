/**
 * Image tokens by the bytes of the picture, in a store of the caller's, so that a picture is seen
 * once and for all.
 *
 * Tokens are kept as float16, and are rounded to that before their first use too: an answer does
 * not depend on whether the picture was seen before. The store may lose what it likes and fail as
 * it likes: the picture is then seen again.
 */

import type { ModelCard } from './package/model-card.ts'
import type { CacheStats, ImageTokens } from './types.ts'

/** Where image tokens are kept between uses; Keyv fits. */
export type ImageTokenStore = {
  get(key: string): Promise<Uint8Array | undefined>
  set(key: string, value: Uint8Array): Promise<unknown>
}

export class ImageCache {
  readonly #store: ImageTokenStore
  readonly #model: string
  readonly #shape: readonly [number, number]
  #hits = 0
  #misses = 0

  constructor(store: ImageTokenStore, card: ModelCard) {
    this.#store = store
    const { queryTokens, embedSize } = card.dimensions
    this.#shape = [queryTokens, embedSize]
    // Tokens depend on these two graphs and their weights, and on nothing else of a package.
    this.#model = Object.entries(card.files)
      .filter(([name]) => name.startsWith('vision.') || name.startsWith('qformer.'))
      .map(([, { sha256 }]) => sha256.slice(0, 8))
      .join('')
  }

  /** Finds the tokens of a picture, or makes them and keeps them. */
  async tokens(bytes: Uint8Array, make: () => Promise<ImageTokens>): Promise<ImageTokens> {
    // subtle.digest hashes on another thread; 25 MB would hold this one up for 20 ms.
    const hash = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))
    const key = `image:${this.#model}:${Buffer.from(hash).toString('base64url')}`
    const known = await this.#store.get(key).catch(() => undefined)
    const [rows, width] = this.#shape
    if (known !== undefined && known.byteLength === rows * width * 2) {
      this.#hits += 1
      return this.#widen(new Uint8Array(known))
    }
    this.#misses += 1
    const made = await make()
    const halves = new Uint8Array(new Float16Array(made.data).buffer)
    await this.#store.set(key, halves).catch(() => undefined)
    const { timings } = made
    return { ...this.#widen(halves), ...(timings && { timings }) }
  }

  stats(): CacheStats {
    return { hits: this.#hits, misses: this.#misses }
  }

  /** @param halves float16, [rows, width], in an array of its own. */
  #widen(halves: Uint8Array<ArrayBuffer>): ImageTokens {
    return { data: new Float32Array(new Float16Array(halves.buffer)), shape: this.#shape }
  }
}
