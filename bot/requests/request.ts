/**
 * Requests to the bot as plain data, which can be stored and resumed after a restart.
 * Where the answer goes is in the job that holds it (bot/jobs/job-record.ts).
 */

import { z } from 'zod'
import { foundPictureSchema } from '../../commands/picture.ts'
import { STYLES } from '../../commands/guild-settings.ts'
import { newKey } from '../store/keys.ts'

const common = {
  /**
   * Key of the answer, and the prefix of the ids of its records. It stays the same after a restart,
   * so an answer that is sent twice is stored once.
   */
  key: z.string().default(newKey),
  /** User id of who asks. */
  asker: z.string(),
  place: z.object({ guildId: z.string().nullable(), channelId: z.string() }),
  /** Discord's locale of the answer. */
  locale: z.string(),
  /** Only the asker sees the answer. */
  hidden: z.boolean(),
  /** Whether someone asked, and is told of errors; else the bot answers by itself. */
  asked: z.boolean().default(true),
}

/** Whether the answer says which picture it is about, because nothing else shows that. */
const named = z.boolean().default(false)

/**
 * The number of a picture among those of its message or answer, from 1. It is shown where an answer
 * is about some of them; null: there is only one.
 */
const number = z.int().nullable()

/** What a question follows: a conversation, and the question before it there. */
const followed = { talk: z.string(), turn: z.string().nullable(), number: number.default(null) }

const style = z.enum(STYLES)

export const requestSchema = z.discriminatedUnion('kind', [
  /** Describes pictures or, with a question, answers that about each. */
  z.object({
    kind: z.literal('look'),
    ...common,
    pictures: z.array(foundPictureSchema).min(1),
    style,
    question: z.string().nullable(),
    /** Whether the answer repeats the question, because no message shows it. */
    quoted: z.boolean(),
    named,
    /**
     * The pictures were attached to a command, so only the answer can show them: files up to this
     * number of bytes. Null: it does not.
     */
    shows: z.number().nullable().default(null),
    /** Whether the answer was wanted to be about all together, and says so where it is not. */
    compared: z.boolean().default(false),
  }),
  /** Asks another question in a conversation. */
  z.object({
    kind: z.literal('ask'),
    ...common,
    ...followed,
    /** Further pictures that the same question is about. */
    others: z.array(z.object(followed)).default([]),
    /** Whether it is about all of them together. */
    together: z.boolean().default(false),
    question: z.string(),
    quoted: z.boolean(),
    named,
  }),
  /** Generates another wording. */
  z.object({ kind: z.literal('again'), ...common, answer: z.string() }),
  /** Posts the asker's own pictures again, with their descriptions as alt text. */
  z.object({
    kind: z.literal('repost'),
    ...common,
    answer: z.string(),
    /** The asker's display name. */
    name: z.string(),
    /** Largest file that may be posted there, in bytes. */
    maxBytes: z.number(),
    /** The alternative text of each picture, as its author left it; absent: the model's. */
    texts: z.array(z.string()).default([]),
  }),
  /** Writes alt text for pictures automatically. */
  z.object({
    kind: z.literal('alt-text'),
    ...common,
    pictures: z.array(foundPictureSchema).min(1),
    /** The number of each picture in its message. */
    numbers: z.array(number).default([]),
  }),
])

export type Request = z.infer<typeof requestSchema>
/** A request before its defaults are filled in. */
export type RequestFields = z.input<typeof requestSchema>
export type RequestOf<Kind extends Request['kind']> = Extract<Request, { kind: Kind }>

/** Keys that come from the interaction or the message. */
type Common = 'key' | 'asker' | 'place' | 'locale' | 'hidden'
/** A request without them. */
export type RequestInput = RequestFields extends infer Kind
  ? Kind extends RequestFields
    ? Omit<Kind, Common>
    : never
  : never
