/**
 * The pictures that were posted in the channels where reposts are looked for: a record for each, and
 * those of the channels in use in memory. A record has no words, and does not say who posted it.
 */

import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { DAY_MS } from '../../../config/durations.ts'
import type { Place } from '../../discord/place.ts'
import {
  type Fingerprint,
  type Hash,
  isDetailHash,
  isHash,
  isSimilarInDetail,
} from '../../pictures/fingerprint.ts'
import type { Collection, Store } from '../../store/types.ts'
import { HashIndex } from '../hashes/hash-index.ts'

/** A picture expires 180 days after it was last posted. */
const PICTURE_LIFE_MS = 180 * DAY_MS
/** Pictures of one channel; further ones are not stored until others expire. */
const MAX_PICTURES = 20_000
/** Channels whose pictures are in memory at once. */
const MAX_LOADED = 20

const postedPictureSchema = z.object({
  hash: z.string().refine(isHash),
  /** Empty for a record of an older version: it matches nothing, and expires. */
  detail: z.string().refine(isDetailHash).default(''),
  messageId: z.string(),
  /** Identifies the picture within its message; empty: an older version did not note it. */
  picture: z.string().default(''),
  at: z.number(),
})

export type PostedPicture = Readonly<z.infer<typeof postedPictureSchema>>

/** A server and a channel in it. */
export type Channel = { readonly guildId: string; readonly channelId: string }

export class PostedPictures {
  readonly #records: Collection<PostedPicture>
  readonly #loaded = new LRUCache<string, Promise<HashIndex<PostedPicture>>>({ max: MAX_LOADED })

  constructor(store: Store) {
    this.#records = store.collection<PostedPicture>({
      name: 'moderation-first',
      ttlMs: PICTURE_LIFE_MS,
      whenNotAuthentic: 'skip',
      readableKeyParts: 3, // server, channel, message; then the hash
      decode: (data) => postedPictureSchema.parse(data),
    })
  }

  /** Those of a channel whose hashes differ in at most `distance` bits. */
  async near(channel: Channel, hash: Hash, distance: number): Promise<PostedPicture[]> {
    const index = await this.#indexOf(channel)
    return index.near(hash, distance).map(({ value }) => value)
  }

  /** Stores a picture, if its channel has room. */
  async add(channel: Channel, posted: PostedPicture): Promise<void> {
    const index = await this.#indexOf(channel)
    if (index.size < MAX_PICTURES) {
      index.add(posted.hash, posted)
      await this.#records.set(recordKey(channel, posted), posted)
    }
  }

  /** A picture was posted again. It stays deleted if it was deleted in the meantime. */
  async renew(channel: Channel, posted: PostedPicture): Promise<void> {
    await this.#records.update(recordKey(channel, posted), (old) => old)
  }

  async delete(channel: Channel, posted: PostedPicture): Promise<void> {
    await this.#records.delete(recordKey(channel, posted))
    const index = await this.#loaded.get(prefixOf(channel))
    // What is in memory may be another object than what was read.
    const same = index?.near(posted.hash, 0).filter(({ value }) => isSame(value, posted)) ?? []
    same.forEach(({ value }) => index?.remove(value))
  }

  /** Those of a message. */
  async ofMessage({ guildId, channelId }: Place, messageId: string): Promise<PostedPicture[]> {
    const prefix = `${guildId}/${channelId}/${messageId}/`
    const entries = await Array.fromAsync(this.#records.entries(prefix))
    return entries.map(([, posted]) => posted)
  }

  /** Deletes those of a channel. */
  async deleteChannel(channel: Channel): Promise<void> {
    await this.#records.deleteAll(prefixOf(channel))
    this.#loaded.delete(prefixOf(channel))
  }

  /** Deletes those of a server. */
  async deleteGuild(guildId: string): Promise<void> {
    const prefix = `${guildId}/`
    await this.#records.deleteAll(prefix)
    const loaded = [...this.#loaded.keys()].filter((key) => key.startsWith(prefix))
    loaded.forEach((key) => this.#loaded.delete(key))
  }

  #indexOf(channel: Channel): Promise<HashIndex<PostedPicture>> {
    const key = prefixOf(channel)
    const loaded = this.#loaded.get(key)
    if (loaded !== undefined) {
      return loaded
    }
    const loading = this.#load(key)
    this.#loaded.set(key, loading)
    loading.catch(() => this.#loaded.delete(key))
    return loading
  }

  async #load(prefix: string): Promise<HashIndex<PostedPicture>> {
    const index = new HashIndex<PostedPicture>()
    for await (const [, posted] of this.#records.entries(prefix)) {
      index.add(posted.hash, posted)
    }
    return index
  }
}

/** Whether a picture is the same as a posted one in every detail. */
export function isSameInDetail({ hash, detail }: PostedPicture, print: Fingerprint): boolean {
  return isSimilarInDetail({ whole: hash, detail }, print)
}

function isSame(a: PostedPicture, b: PostedPicture): boolean {
  return a.messageId === b.messageId && a.hash === b.hash
}

function prefixOf({ guildId, channelId }: Channel): string {
  return `${guildId}/${channelId}/`
}

function recordKey(channel: Channel, { messageId, hash }: PostedPicture): string {
  return `${prefixOf(channel)}${messageId}/${hash}`
}
