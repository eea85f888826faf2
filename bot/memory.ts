/**
 * Keeps what the bot remembers: conversations by channel, which message belongs to which, and what
 * the model made of each picture.
 *
 * Every key starts with the server and the channel, so that leaving or forgetting one is deleting a
 * prefix, and nothing learnt in one channel is used in another.
 */

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import {
  type ChannelRecord,
  channelSchema,
  EMPTY,
  pruned,
  type Talk,
  type TurnRecord,
  withoutTalks,
  withoutTurn,
  withTalk,
  withTurn,
} from './channel-record.ts'
import { pictureSchema } from './requests.ts'
import type { Space, SpaceKind, Store } from './store-types.ts'

/** Wordings of one picture that are remembered, so that `Again` finds another. */
const MAX_DESCRIPTIONS = 10
const DAY_MS = 24 * 60 * 60 * 1000

/** Where something is said. `guildId` is null in direct messages. */
export type Place = { readonly guildId: string | null; readonly channelId: string }

const answerSchema = z.object({
  /** User id of who asked for it. */
  asker: z.string(),
  kind: z.enum(['describe', 'ask', 'alt']),
  style: z.enum(['caption', 'detailed', 'alt']),
  hidden: z.boolean(),
  /** One for each picture, in order. */
  parts: z.array(z.object({ talk: z.string(), turn: z.string().nullable() })),
  /** Questions on its buttons; `part` is an index into `parts`. */
  suggestions: z.array(z.object({ part: z.int(), question: z.string() })),
})

/** What an answer is about; its buttons carry its key. */
export type AnswerRecord = Readonly<z.infer<typeof answerSchema>>

const messageSchema = z.object({
  /** Key of the answer that this message is. */
  answer: z.string().nullable(),
  /** Ids of the talks about this message's own pictures. */
  talks: z.array(z.string()),
})

type MessageRecord = Readonly<z.infer<typeof messageSchema>>

/** A form lies open for so long at most. */
const FORM_MS = 60 * 60 * 1000

const formSchema = z.object({ pictures: z.array(pictureSchema) })

function kind<T>(name: string, schema: z.ZodType<T>, ttlMs = DAY_MS): SpaceKind<T> {
  return { name, ttlMs, decode: (data) => schema.parse(data) }
}

/** A new key: 12 characters that nobody can guess. */
export function newKey(): string {
  return randomBytes(9).toString('base64url')
}

/** The start of every key of a place. */
export function prefixOf({ guildId, channelId }: Place): string {
  return `${guildId ?? 'dm'}/${channelId}/`
}

export class Memory {
  readonly channels: Space<ChannelRecord>
  readonly answers: Space<AnswerRecord>
  readonly messages: Space<MessageRecord>
  /** Pictures that a form someone has open is about. */
  readonly forms: Space<z.infer<typeof formSchema>>
  readonly #now: () => number

  /** @param now milliseconds since the epoch; tests move it. */
  constructor(store: Store, now: () => number = Date.now) {
    this.channels = store.space(kind('conversations', channelSchema))
    this.answers = store.space(kind('answers', answerSchema))
    this.messages = store.space(kind('messages', messageSchema))
    this.forms = store.space(kind('forms', formSchema, FORM_MS))
    this.#now = now
  }

  /** What is remembered of a channel, without what has ended. */
  async channel(place: Place): Promise<ChannelRecord> {
    return pruned((await this.channels.get(prefixOf(place))) ?? EMPTY, this.#now())
  }

  async talk(place: Place, id: string): Promise<Talk | undefined> {
    return (await this.channel(place)).talks.find((talk) => talk.id === id)
  }

  /** Changes a channel's record; nothing another one wrote meanwhile is lost. */
  change(
    place: Place,
    change: (record: ChannelRecord) => ChannelRecord,
    ttlMs: number,
  ): Promise<ChannelRecord | undefined> {
    return this.channels.update(
      prefixOf(place),
      (before) => {
        const next = change(pruned(before ?? EMPTY, this.#now()))
        return next.talks.length === 0 ? undefined : next
      },
      ttlMs,
    )
  }

  /** Remembers a picture, and which message it is in. */
  async remember(place: Place, talk: Talk, ttlMs: number): Promise<void> {
    await this.change(place, (record) => withTalk(record, talk), ttlMs)
    const { source } = talk.picture
    if (source) {
      const key = prefixOf({ ...place, channelId: source.channelId }) + source.messageId
      await this.messages.update(
        key,
        (before) => ({
          answer: before?.answer ?? null,
          talks: [...(before?.talks ?? []).filter((id) => id !== talk.id), talk.id],
        }),
        ttlMs,
      )
    }
  }

  /** Remembers a question and its answer. */
  async addTurn(place: Place, talkId: string, turn: TurnRecord, ttlMs: number): Promise<void> {
    const until = this.#now() + ttlMs
    await this.change(place, (record) => withTurn(record, talkId, { turn, until }), ttlMs)
  }

  /** Remembers that a picture was described in other words too. */
  async addDescription(place: Place, talkId: string, text: string, ttlMs: number): Promise<void> {
    const until = this.#now() + ttlMs
    await this.change(
      place,
      (record) => {
        const talk = record.talks.find(({ id }) => id === talkId)
        const descriptions = [...(talk?.descriptions ?? []), text].slice(-MAX_DESCRIPTIONS)
        return talk ? withTalk(record, { ...talk, descriptions, until }) : record
      },
      ttlMs,
    )
  }

  keepAnswer(place: Place, key: string, answer: AnswerRecord, ttlMs: number): Promise<void> {
    return this.answers.set(prefixOf(place) + key, answer, ttlMs)
  }

  answer(place: Place, key: string): Promise<AnswerRecord | undefined> {
    return this.answers.get(prefixOf(place) + key)
  }

  /** Notes which message an answer became. */
  async noteMessage(place: Place, messageId: string, answer: string, ttlMs: number) {
    await this.messages.set(prefixOf(place) + messageId, { answer, talks: [] }, ttlMs)
  }

  /** The answer that a message is. */
  async answerOf(place: Place, messageId: string): Promise<AnswerRecord | undefined> {
    const known = await this.messages.get(prefixOf(place) + messageId)
    return known?.answer ? this.answer(place, known.answer) : undefined
  }

  /** Whether nothing was said yet about the pictures of a message. */
  async isNew(place: Place, messageId: string): Promise<boolean> {
    return (await this.messages.get(prefixOf(place) + messageId)) === undefined
  }

  /**
   * A message is gone: a picture's takes its conversation along, an answer's what it said; the last
   * answer of a conversation takes the rest along.
   */
  async messageGone(place: Place, messageId: string, ttlMs: number): Promise<void> {
    const key = prefixOf(place) + messageId
    const known = await this.messages.get(key)
    if (!known) {
      return
    }
    const answer = known.answer ? await this.answer(place, known.answer) : undefined
    await this.change(
      place,
      (before) => {
        let record = withoutTalks(before, ({ id }) => known.talks.includes(id))
        for (const { talk, turn } of answer?.parts ?? []) {
          record =
            turn === null
              ? withoutTalks(record, ({ id }) => id === talk)
              : withoutTurn(record, talk, turn)
        }
        return record
      },
      ttlMs,
    )
    if (known.answer) {
      await this.answers.delete(prefixOf(place) + known.answer)
    }
    await this.messages.delete(key)
  }

  /** Forgets everything of a channel or, without one, of a server. */
  async purge(guildId: string | null, channelId?: string): Promise<void> {
    const prefix =
      channelId === undefined ? `${guildId ?? 'dm'}/` : prefixOf({ guildId, channelId })
    await this.channels.deleteAll(prefix)
    await this.answers.deleteAll(prefix)
    await this.messages.deleteAll(prefix)
  }
}
