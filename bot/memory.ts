/**
 * Keeps what the bot remembers: conversations by channel, which message belongs to which, and what
 * the model made of each picture.
 *
 * Every key starts with the server and the channel, so that leaving or forgetting one is deleting a
 * prefix, and nothing learnt in one channel is used in another.
 */

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { DAY_MS } from '../config/durations.ts'
import { STYLES } from '../config/guild-settings.ts'
import {
  type ChannelRecord,
  channelSchema,
  EMPTY,
  pruned,
  questionsIn,
  type Reader,
  recordsOf,
  type Talk,
  type TurnRecord,
  visibleTo,
  withoutPerson,
  withoutTalks,
  withoutTurn,
  withTalk,
  withTurn,
} from './channel-record.ts'
import { foundPictureSchema } from '../commands/picture.ts'
import type { Space, SpaceKind, Store } from './store-types.ts'

/** Wordings of one picture that are remembered, so that `Again` finds another. */
const MAX_DESCRIPTIONS = 10

/** Where something is said. `guildId` is null in direct messages. */
export type Place = { readonly guildId: string | null; readonly channelId: string }

const answerSchema = z.object({
  /** User id of who asked for it. */
  asker: z.string(),
  kind: z.enum(['describe', 'ask', 'alt']),
  style: z.enum(STYLES),
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

const formSchema = z.object({ by: z.string(), pictures: z.array(foundPictureSchema) })

type FormRecord = Readonly<z.infer<typeof formSchema>>

/** What was forgotten. */
export type Forgotten = {
  /** Pictures and questions that the one who had it forgotten could see. */
  readonly talks: number
  readonly turns: number
  /** Hashes of the pictures that nothing is remembered of any more. */
  readonly hashes: readonly string[]
}

const NOTHING: Forgotten = { talks: 0, turns: 0, hashes: [] }

type Forgetting = {
  /** Who has it forgotten; only what they could see is counted. */
  readonly as: Reader
  readonly ttlMs: number
}

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

/** The place of a key that `prefixOf` begins. */
function placeIn(key: string): Place {
  const [guild = 'dm', channelId = ''] = key.split('/')
  return { guildId: guild === 'dm' ? null : guild, channelId }
}

/** Nothing leaves it but what its reader may see (visibleTo in bot/channel-record.ts). */
export class Memory {
  readonly #channels: Space<ChannelRecord>
  readonly #answers: Space<AnswerRecord>
  readonly #messages: Space<MessageRecord>
  /** Pictures that a form someone has open is about. */
  readonly #forms: Space<FormRecord>
  readonly #now: () => number

  /** @param now milliseconds since the epoch; tests move it. */
  constructor(store: Store, now: () => number = Date.now) {
    this.#channels = store.space(kind('conversations', channelSchema))
    this.#answers = store.space(kind('answers', answerSchema))
    this.#messages = store.space(kind('messages', messageSchema))
    this.#forms = store.space(kind('forms', formSchema, FORM_MS))
    this.#now = now
  }

  /** What is remembered of a channel, as its reader may see it, without what has ended. */
  async channel(place: Place, reader: Reader): Promise<ChannelRecord> {
    const record = (await this.#channels.get(prefixOf(place))) ?? EMPTY
    return pruned(visibleTo(record, reader), this.#now())
  }

  /** A talk as its reader may see it; undefined if there is none for them. */
  async talk(place: Place, id: string, reader: Reader): Promise<Talk | undefined> {
    return (await this.channel(place, reader)).talks.find((talk) => talk.id === id)
  }

  /** Changes a channel's record; nothing another one wrote meanwhile is lost. */
  #change(
    place: Place,
    change: (record: ChannelRecord) => ChannelRecord,
    ttlMs: number,
  ): Promise<ChannelRecord | undefined> {
    return this.#channels.update(
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
    await this.#change(place, (record) => withTalk(record, talk), ttlMs)
    const { source } = talk.picture
    if (source) {
      const key = prefixOf({ ...place, channelId: source.channelId }) + source.messageId
      await this.#messages.update(
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
    await this.#change(place, (record) => withTurn(record, talkId, { turn, until }), ttlMs)
  }

  /** Remembers that a picture was described in other words too. */
  async addDescription(place: Place, talkId: string, text: string, ttlMs: number): Promise<void> {
    const until = this.#now() + ttlMs
    await this.#change(
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
    return this.#answers.set(prefixOf(place) + key, answer, ttlMs)
  }

  /** What an answer is about; undefined if there is none that the reader may see. */
  async answer(place: Place, key: string, reader: Reader): Promise<AnswerRecord | undefined> {
    const answer = await this.#answers.get(prefixOf(place) + key)
    return answer?.hidden && answer.asker !== reader ? undefined : answer
  }

  /** Notes which message an answer became. */
  async noteMessage(place: Place, messageId: string, answer: string, ttlMs: number) {
    await this.#messages.set(prefixOf(place) + messageId, { answer, talks: [] }, ttlMs)
  }

  /** The answer that a message is; undefined if there is none that the reader may see. */
  async answerOf(
    place: Place,
    messageId: string,
    reader: Reader,
  ): Promise<AnswerRecord | undefined> {
    const message = await this.#messages.get(prefixOf(place) + messageId)
    return message?.answer ? this.answer(place, message.answer, reader) : undefined
  }

  async keepForm(key: string, form: FormRecord): Promise<void> {
    await this.#forms.set(key, form)
  }

  /** The form that a person has open. */
  async form(key: string, by: string): Promise<FormRecord | undefined> {
    const form = await this.#forms.get(key)
    return form?.by === by ? form : undefined
  }

  /**
   * A message is gone: a picture's takes its conversation along, an answer's what it said; the last
   * answer of a conversation takes the rest along.
   */
  async messageGone(place: Place, messageId: string, ttlMs: number): Promise<Forgotten> {
    const key = prefixOf(place) + messageId
    const message = await this.#messages.get(key)
    if (!message) {
      return NOTHING
    }
    const answer = message.answer
      ? await this.#answers.get(prefixOf(place) + message.answer)
      : undefined
    const forgotten = await this.#erase(place, { as: null, ttlMs }, (before) => {
      let record = withoutTalks(before, ({ id }) => message.talks.includes(id))
      for (const { talk, turn } of answer?.parts ?? []) {
        record =
          turn === null
            ? withoutTalks(record, ({ id }) => id === talk)
            : withoutTurn(record, talk, turn)
      }
      return record
    })
    if (message.answer) {
      await this.#answers.delete(prefixOf(place) + message.answer)
    }
    await this.#messages.delete(key)
    return forgotten
  }

  /** Forgets a picture. */
  forgetTalk(place: Place, id: string, forgetting: Forgetting): Promise<Forgotten> {
    return this.#erase(place, forgetting, (record) =>
      withoutTalks(record, (talk) => talk.id === id),
    )
  }

  /** Forgets what a person asked in a channel, and the pictures that only they talked about. */
  forgetPerson(place: Place, userId: string, ttlMs: number): Promise<Forgotten> {
    return this.#erase(place, { as: userId, ttlMs }, (record) => withoutPerson(record, userId))
  }

  /** The channels that something is remembered of. */
  async *places(): AsyncGenerator<Place, void> {
    for await (const [key] of this.#channels.entries()) {
      yield placeIn(key)
    }
  }

  /** Deletes the answers that a person asked for, in all channels. @returns how many. */
  async forgetAnswers(userId: string): Promise<number> {
    let count = 0
    for await (const [key, { asker }] of this.#answers.entries()) {
      count += Number(asker === userId && (await this.#answers.delete(key)))
    }
    return count
  }

  /** Everything kept that names a person, each with where it is from. */
  async *recordsOf(userId: string): AsyncGenerator<object, void> {
    for await (const [key, record] of this.#channels.entries()) {
      const place = key.replace(/\/$/, '')
      yield* recordsOf(record, userId).map((about) => ({ place, ...about }))
    }
    for await (const [key, answer] of this.#answers.entries()) {
      if (answer.asker === userId) {
        yield { ...answer, kind: 'answer', place: key }
      }
    }
  }

  /**
   * Forgets everything of a channel or, without one, of a server.
   *
   * @returns the hashes of the pictures that were talked about.
   */
  async purge(guildId: string | null, channelId?: string): Promise<string[]> {
    const prefix =
      channelId === undefined ? `${guildId ?? 'dm'}/` : prefixOf({ guildId, channelId })
    const hashes: string[] = []
    for await (const [, { talks }] of this.#channels.entries(prefix)) {
      hashes.push(...talks.map(({ picture }) => picture.hash))
    }
    await this.#channels.deleteAll(prefix)
    await this.#answers.deleteAll(prefix)
    await this.#messages.deleteAll(prefix)
    return hashes
  }

  async #erase(
    place: Place,
    { as, ttlMs }: Forgetting,
    erase: (record: ChannelRecord) => ChannelRecord,
  ): Promise<Forgotten> {
    let before = EMPTY
    const change = (record: ChannelRecord) => erase((before = record))
    const after = (await this.#change(place, change, ttlMs)) ?? EMPTY
    const [seen, left] = [visibleTo(before, as), visibleTo(after, as)]
    const hashes = new Set(before.talks.map(({ picture }) => picture.hash))
    for (const { picture } of after.talks) {
      hashes.delete(picture.hash)
    }
    return {
      talks: seen.talks.length - left.talks.length,
      turns: questionsIn(seen) - questionsIn(left),
      hashes: [...hashes],
    }
  }
}
