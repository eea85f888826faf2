/**
 * What people ask the bot for, as plain data: it can be kept, and carried out after a restart.
 * Where the answer goes is in the job that holds it (bot/jobs/job-record.ts).
 */

import { z } from 'zod'
import { foundPictureSchema } from '../../commands/picture.ts'
import { STYLES } from '../../commands/guild-settings.ts'
import { newKey } from '../store/keys.ts'

const common = {
  /**
   * Key of the answer, and the start of the ids of what is remembered of it. It stays the same over
   * a restart, so that an answer that is given twice is remembered once.
   */
  key: z.string().default(newKey),
  /** User id of who asks. */
  asker: z.string(),
  place: z.object({ guildId: z.string().nullable(), channelId: z.string() }),
  /** Discord's name of the language to answer in. */
  locale: z.string(),
  /** Only the asker sees the answer. */
  hidden: z.boolean(),
}

const style = z.enum(STYLES)

export const requestSchema = z.discriminatedUnion('kind', [
  /** Describes pictures or, with a question, answers that about each. */
  z.object({
    kind: z.literal('look'),
    ...common,
    pictures: z.array(foundPictureSchema).min(1),
    style,
    question: z.string().nullable(),
    /** The question is not to be seen otherwise, so the answer repeats it. */
    quoted: z.boolean(),
  }),
  /** Goes on talking about a picture. */
  z.object({
    kind: z.literal('ask'),
    ...common,
    talk: z.string(),
    /** The question before this one. */
    turn: z.string().nullable(),
    question: z.string(),
    quoted: z.boolean(),
  }),
  /** Says the same in other words. */
  z.object({ kind: z.literal('again'), ...common, answer: z.string() }),
  /** Posts the asker's own pictures again, with what was said of them as alt text. */
  z.object({
    kind: z.literal('repost'),
    ...common,
    answer: z.string(),
    /** What the asker is called there. */
    name: z.string(),
    /** Largest file that may be posted there, in bytes. */
    maxBytes: z.number(),
  }),
  /** Gives pictures their alt text without being asked. */
  z.object({
    kind: z.literal('alt-text'),
    ...common,
    pictures: z.array(foundPictureSchema).min(1),
  }),
])

export type Request = z.infer<typeof requestSchema>
export type RequestOf<Kind extends Request['kind']> = Extract<Request, { kind: Kind }>
