/**
 * The record of one channel: a conversation for each picture, with its own questions. Its stored
 * key is `talks`, and the stored key of a conversation's id is `talk`.
 *
 * Plain data, read by conversation-reading.ts and changed by conversation-changes.ts with pure functions;
 * conversation-store.ts keeps it in the store. Questions form a tree: each stores the id of the one it
 * follows, so two people can continue from the same answer separately.
 *
 * A private answer is visible to one person. A conversation that began with one is private as a
 * whole, and so is a private question about a public picture. A private conversation never gets a
 * public question: its answer would show the channel what only one person may see, so it is answered privately
 * too (bot/requests/questions/question-flow.ts). An answer is made only of what everyone who sees it may know, so no public
 * question follows a private one either.
 */

import { z } from 'zod'
import { foundPictureSchema } from '../../commands/picture.ts'

/** Public conversations of a channel; the least recently used is deleted first. */
export const MAX_CONVERSATIONS = 40
/** Public questions of one conversation; the oldest is deleted first. */
export const MAX_TURNS = 24

/** User id of the only one who may see it; null: everyone in the channel. */
const visibleToSchema = z.string().nullable()

/** Older records lack the field, so it is unknown who saw the answer; they are private. */
function withVisibility<T extends { by: string; visibleTo?: string | null | undefined }>(
  record: T,
): Omit<T, 'visibleTo'> & { visibleTo: string | null } {
  return { ...record, visibleTo: record.visibleTo === undefined ? record.by : record.visibleTo }
}

const turnSchema = z.object({
  id: z.string(),
  /** The question it follows; null: the description. */
  parent: z.string().nullable(),
  question: z.string(),
  answer: z.string(),
  /**
   * Whether the answer is not the model's: that what was asked about is not there, or the words that
   * were read in the picture.
   */
  absent: z.boolean().optional(),
  /**
   * Ids of the conversations about the pictures that it is about together, its own included, in order.
   * Each has this turn; it goes with the first of them that goes. Absent: its own picture alone.
   */
  together: z.array(z.string()).optional(),
  /** User id of who asked. */
  by: z.string(),
  visibleTo: visibleToSchema.optional(),
  /** Milliseconds since the epoch. */
  at: z.number(),
})

const conversationSchema = z.object({
  id: z.string(),
  /** `url` is where the bytes were; the link may have expired since. */
  picture: foundPictureSchema.omit({ altText: true }).extend({
    /** SHA-256 of the file's bytes, hexadecimal. */
    hash: z.string(),
    /** How many frames a moving picture has, up to 8; absent: it is a still, or seen as one. */
    frames: z.int().min(2).optional(),
  }),
  /** User id of who showed the picture to the bot. */
  by: z.string(),
  visibleTo: visibleToSchema.optional(),
  /** When it was shown, in milliseconds since the epoch. */
  at: z.number(),
  /** When it expires, in milliseconds since the epoch. */
  until: z.number(),
  /** Every description given, the newest last; empty when a question came first. */
  descriptions: z.array(z.string()),
  /** The words in the picture that its alternative text quotes; absent: it quotes none. */
  quote: z.string().optional(),
  turns: z.array(turnSchema.transform(withVisibility)),
  /** The answers about it: their keys, the ids of their messages, and the turn that each gave. */
  answers: z
    .array(z.object({ key: z.string(), message: z.string(), turn: z.string().nullable() }))
    .default([]),
})

export const channelSchema = z.object({
  talks: z.array(conversationSchema.transform(withVisibility)),
})

export type Conversation = Readonly<z.infer<typeof channelSchema>['talks'][number]>
export type TurnRecord = Readonly<Conversation['turns'][number]>
/** User id of who will see what is read; null: everyone in the channel. */
export type Reader = string | null
/** Conversations are ordered by their last use, the newest last. */
export type ChannelRecord = { readonly talks: readonly Conversation[] }

export const EMPTY_CHANNEL: ChannelRecord = { talks: [] }
