/**
 * What /find knows of posted pictures: a record for each, in channels that the server made searchable.
 * It goes with the message, its author and its channel, by the same deletions as conversations
 * (bot/memory/).
 */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { DAY_MS } from '../../config/durations.ts'
import { type Place, placeIn, prefixOf } from '../discord/place.ts'
import { userTag } from '../store/keys.ts'
import type { CollectionSpec } from '../store/types.ts'

/** Of the words of one picture, in UTF-16 units. */
export const MAX_WORDS = 4000

const searchableSchema = z.object({
  /** User id. */
  author: z.string(),
  /** Identifies the picture within its message. */
  picture: z.string(),
  spoiler: z.boolean(),
  /** Lines of words in the picture, then what its codes say; MAX_WORDS in all. */
  words: z.array(z.string()),
  /** When it was posted, in milliseconds since the epoch. */
  at: z.number(),
  /** When this record expires, in milliseconds since the epoch; null: an earlier version wrote it. */
  until: z.number().nullable().default(null),
  /** What a model for matching made of it; null: none did. */
  meaning: z
    .object({
      /** Which model, as `spaceOf` names it. */
      space: z.string(),
      /** The mean of its vectors, as bot/find/picture-vectors.ts packs it. */
      mean: z.string(),
    })
    .nullable()
    .default(null),
})

export type SearchablePicture = Readonly<z.infer<typeof searchableSchema>>

/** Keys: place, message id, `/`, hash of the picture's key, which may be a path with any character. */
export const SEARCHABLE: CollectionSpec<SearchablePicture> = {
  name: 'searchable',
  ttlMs: DAY_MS,
  decode: (data) => searchableSchema.parse(data),
  index: ({ author }) => [userTag(author)],
}

const vectorsSchema = z.object({
  /** All vectors of the picture, as bot/find/picture-vectors.ts packs them. */
  vectors: z.string(),
})

/** Under the same keys, and apart, because a search reads those of the best pictures only. */
export const SEARCHABLE_VECTORS: CollectionSpec<z.infer<typeof vectorsSchema>> = {
  name: 'searchable-vectors',
  ttlMs: DAY_MS,
  decode: (data) => vectorsSchema.parse(data),
}

/** The prefix of the keys of a message's pictures. */
export function messagePrefix(place: Place, messageId: string): string {
  return `${prefixOf(place)}${messageId}/`
}

export function searchableKey(place: Place, messageId: string, picture: string): string {
  const hash = createHash('sha256').update(picture).digest('hex').slice(0, 32)
  return messagePrefix(place, messageId) + hash
}

/** Where the picture of a key was posted. */
export function postedAt(key: string): { readonly place: Place; readonly messageId: string } {
  const [, , messageId = ''] = key.split('/')
  return { place: placeIn(key), messageId }
}
