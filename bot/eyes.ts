/**
 * Gets a picture into the model's eyes once: downloads it, renews its link where that leads nowhere any more,
 * and keeps what the model made of it.
 */

import type { Client, REST } from 'discord.js'
import { z } from 'zod'
import type { FoundPicture, PictureLink } from '../commands/command.ts'
import { Said } from '../commands/i18n/catalogue.ts'
import type { ImageTokens, Model, RequestOptions } from '../inference/types.ts'
import { hashOf, type ImageTokenCache } from './image-tokens.ts'
import { picturesIn } from './images.ts'
import type { Place } from './memory.ts'
import { PictureError, type PictureProblem } from './pictures.ts'

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
  readonly client: Client
  readonly fetchPicture: (link: PictureLink, signal?: AbortSignal) => Promise<Uint8Array>
}

/** A fresh link may help: a link ends after a day, and a loopback Discord moves to another port. */
const STALE: ReadonlySet<PictureProblem> = new Set(['gone', 'elsewhere'])

export class Eyes {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The picture's bytes. @throws {InputError} if they are gone, too large or do not come. */
  async bytesOf(picture: FoundPicture, signal?: AbortSignal): Promise<Uint8Array> {
    const { fetchPicture } = this.#parts
    try {
      return await fetchPicture(picture, signal)
    } catch (error) {
      const stale = error instanceof PictureError && STALE.has(error.problem)
      const renewed = stale ? await this.#renewed(picture) : undefined
      if (renewed === undefined || renewed.url === picture.url) {
        throw error
      }
      return fetchPicture(renewed, signal)
    }
  }

  /** Looks at a picture, or remembers having looked at it. */
  async see(picture: FoundPicture, { place, ttlMs, options, keep }: Seeing): Promise<Seen> {
    const { model, cache } = this.#parts
    const bytes = await this.bytesOf(picture, options.signal)
    const hash = hashOf(bytes)
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
      throw new Said(({ errors }) => errors.pictureLost)
    }
    return image
  }

  /** The picture with a fresh link: its message has one; else Discord is asked to renew it. */
  async #renewed(picture: FoundPicture): Promise<PictureLink | undefined> {
    const { client } = this.#parts
    if (picture.source) {
      const { channelId, messageId } = picture.source
      const channel = await client.channels.fetch(channelId).catch(() => null)
      const message = channel?.isTextBased()
        ? await channel.messages.fetch({ message: messageId, force: true }).catch(() => null)
        : null
      const found = message && picturesIn(message).find(({ key }) => key === picture.key)
      if (found) {
        return found
      }
    }
    return refreshed(client.rest, picture)
  }
}

const refreshedSchema = z.object({
  refreshed_urls: z.array(z.object({ refreshed: z.string() })),
})

/** Not in Discord's documentation, but what its own clients use for links older than a day. */
async function refreshed(rest: REST, { url, size }: PictureLink): Promise<PictureLink | undefined> {
  const body = { attachment_urls: [url] }
  const answer = await rest.post('/attachments/refresh-urls', { body }).catch(() => undefined)
  const fresh = refreshedSchema.safeParse(answer).data?.refreshed_urls[0]?.refreshed
  return fresh === undefined ? undefined : { url: fresh, size }
}
