/**
 * What the model made of the pictures, kept so that a question never sends one through it again.
 *
 * Stored as 16-bit floats: 164 kB a picture for OPT-2.7b. Keyed by channel and content, so that a
 * picture posted twice is looked at once, and forgetting a channel forgets its pictures.
 */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ImageTokens, Model } from '../inference/types.ts'
import { type Place, prefixOf } from './memory.ts'
import type { Space, SpaceKind, Store } from './store-types.ts'

const DAY_MS = 24 * 60 * 60 * 1000

type Kept = { readonly model: string; readonly image: ImageTokens }

const keptSchema = z.object({
  model: z.string(),
  shape: z.tuple([z.int(), z.int()]),
  /** Little-endian 16-bit floats, base64. */
  data: z.string(),
})

const KIND: SpaceKind<Kept> = {
  name: 'image-tokens',
  ttlMs: DAY_MS,
  encode: ({ model, image }) => ({ model, shape: image.shape, data: toHalf(image.data) }),
  decode: (stored) => {
    const { model, shape, data } = keptSchema.parse(stored)
    const floats = fromHalf(data)
    if (floats.length !== shape[0] * shape[1]) {
      throw new RangeError(`expected ${shape.join(' x ')} values, got ${floats.length}`)
    }
    return { model, image: { data: floats, shape } }
  },
}

export class ImageTokenCache {
  readonly #space: Space<Kept>

  constructor(store: Store) {
    this.#space = store.space(KIND)
  }

  /** What this very model made of a picture, if it is still kept. */
  async find(place: Place, hash: string, model: Model): Promise<ImageTokens | undefined> {
    const kept = await this.#space.get(prefixOf(place) + hash)
    return kept?.model === identityOf(model) ? kept.image : undefined
  }

  async keep(
    place: Place,
    hash: string,
    { model, image, ttlMs }: { model: Model; image: ImageTokens; ttlMs: number },
  ): Promise<void> {
    await this.#space.set(prefixOf(place) + hash, { model: identityOf(model), image }, ttlMs)
  }

  async forget(place: Place, hash: string): Promise<void> {
    await this.#space.delete(prefixOf(place) + hash)
  }

  /** Forgets everything whose key starts so. */
  async purge(prefix: string): Promise<void> {
    await this.#space.deleteAll(prefix)
  }
}

/** Another model's image tokens mean nothing to this one. */
function identityOf({ card }: Model): string {
  const files = Object.keys(card.files).toSorted()
  const hash = createHash('sha256')
  for (const file of files.filter((name) => /^(vision|qformer)\./.test(name))) {
    hash.update(card.files[file]!.sha256)
  }
  return `${card.name}:${hash.digest('hex').slice(0, 16)}`
}

function toHalf(data: Float32Array): string {
  const half = new Float16Array(data)
  return Buffer.from(half.buffer).toString('base64')
}

function fromHalf(text: string): Float32Array {
  const bytes = new Uint8Array(Buffer.from(text, 'base64')) // aligned, unlike a pooled Buffer
  return new Float32Array(new Float16Array(bytes.buffer))
}
