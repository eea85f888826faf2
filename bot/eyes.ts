/** Gets a picture into the model's eyes once, and keeps what the model made of it. */

import type { FoundPicture } from '../commands/picture.ts'
import { InputError } from '../config/errors.ts'
import type { ImageTokens, Model, RequestOptions } from '../inference/types.ts'
import type { ImageTokenCache } from './image-tokens.ts'
import type { Place } from './memory.ts'
import type { Pictures } from './pictures/pictures.ts'

/** A picture as the model has it. */
export type Seen = { readonly hash: string; readonly image: ImageTokens }

export type Seeing = {
  readonly place: Place
  readonly ttlMs: number
  readonly options: RequestOptions
  /** Whether what the model made of it is kept. */
  readonly keep: boolean
}

type Parts = {
  readonly model: Model
  readonly cache: ImageTokenCache
  readonly pictures: Pictures
}

export class Eyes {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Looks at a picture, or remembers having looked at it. */
  async see(picture: FoundPicture, { place, ttlMs, options, keep }: Seeing): Promise<Seen> {
    const { model, cache, pictures } = this.#parts
    const { bytes, hash } = await pictures.file(picture, options.signal)
    const known = await cache.find(place, hash, model)
    const image = known ?? (await model.embedImage(bytes, options))
    if (keep) {
      await cache.keep(place, hash, { model, image, ttlMs })
    }
    return { hash, image }
  }

  /** A picture talked about before; looks again only if what was seen is no longer kept. */
  async seeAgain(
    picture: FoundPicture & { readonly hash: string },
    seeing: Seeing,
  ): Promise<ImageTokens> {
    const { model, cache } = this.#parts
    const known = await cache.find(seeing.place, picture.hash, model)
    if (known) {
      await cache.keep(seeing.place, picture.hash, { model, image: known, ttlMs: seeing.ttlMs })
      return known
    }
    const { hash, image } = await this.see(picture, seeing)
    if (hash !== picture.hash) {
      throw new InputError('image/gone')
    }
    return image
  }

  /** The picture with a fresh link: its message has one; else Discord is asked to renew it. */
}
