/**
 * The records behind bot/memory/conversation-store.ts, as they are stored: for ConversationStore,
 * which reads them for a reader, and for Eraser, which deletes them. Other code must not read them,
 * because they are not yet filtered to what a reader may see.
 *
 * Every key starts with the server and the channel, so that a server or a channel is deleted by its
 * prefix, and nothing learned in one channel is used in another.
 */

import { z } from 'zod'
import { foundPictureSchema } from '../../commands/picture.ts'
import { DAY_MS, HOUR_MS } from '../../config/durations.ts'
import { STYLES } from '../../commands/guild-settings.ts'
import {
  type ChannelRecord,
  channelSchema,
  EMPTY_CHANNEL,
  type Conversation,
} from './conversation.ts'
import { peopleIn } from './conversation-reading.ts'
import { pruned, withoutPartial } from './conversation-changes.ts'
import { answersIn, type Dependents, dependentsOf, hashesOnlyIn } from './dependents.ts'
import type { PendingDeletions } from './pending-deletions.ts'
import type { Pictures } from '../pictures/pictures.ts'
import { type Place, prefixOf } from '../discord/place.ts'
import { SearchableRecords } from '../find/searchable-records.ts'
import { userTag } from '../store/keys.ts'
import type { Collection, CollectionSpec, Store } from '../store/types.ts'

/** An open form expires after this time. */
const FORM_LIFE_MS = HOUR_MS

/** No record of a server is stored for longer than this after its last use. */
const GUILD_LIFE_MS = 400 * DAY_MS

const answerSchema = z.object({
  /** User id of who asked for it. */
  asker: z.string(),
  kind: z.enum(['describe', 'ask', 'alt']),
  style: z.enum(STYLES),
  hidden: z.boolean(),
  /** False: nobody asked for it, and it is deleted with its picture. */
  asked: z.boolean().default(true),
  /** Whether it says which picture it is about. */
  named: z.boolean().default(false),
  /** Key of the request that posted its pictures with alternative text; null: none did. */
  reposted: z.string().nullable().default(null),
  /** Whether it is one text about all of its pictures. */
  together: z.boolean().optional(),
  /** One for each picture, in order. */
  parts: z.array(
    z.object({
      talk: z.string(),
      turn: z.string().nullable(),
      /** Its number, where an answer is about some of several pictures. */
      number: z.int().nullable().default(null),
    }),
  ),
  /** Questions on its buttons; `part` is an index into `parts`. */
  suggestions: z.array(z.object({ part: z.int(), question: z.string() })),
})

/** The record of an answer; its buttons carry its key. */
export type AnswerRecord = Readonly<z.infer<typeof answerSchema>>

const messageSchema = z.object({
  /** Key of the answer that this message is. */
  answer: z.string().nullable(),
  /** Ids of the conversations about this message's own pictures. */
  talks: z.array(z.string()),
  /** Other channels with such conversations: a link can name a picture of another channel. */
  channels: z.array(z.string()).default([]),
})

export type MessageRecord = Readonly<z.infer<typeof messageSchema>>

const formSchema = z.object({
  /** User id of who has it open. */
  by: z.string(),
  pictures: z.array(foundPictureSchema),
})

export type FormRecord = Readonly<z.infer<typeof formSchema>>

type Kind<T> = Pick<CollectionSpec<T>, 'name'> & {
  readonly schema: z.ZodType<T>
  readonly ttlMs?: number
  /** User ids of the people that a record names; it is found by them. */
  readonly people?: (record: T) => Iterable<string>
}

function kind<T>({ name, schema, ttlMs = DAY_MS, people }: Kind<T>): CollectionSpec<T> {
  return {
    name,
    ttlMs,
    decode: (data) => schema.parse(data),
    ...(people && { index: (record) => Array.from(people(record), userTag) }),
  }
}

const CHANNELS = kind({ name: 'conversations', schema: channelSchema, people: peopleIn })
const ANSWERS = kind({ name: 'answers', schema: answerSchema, people: ({ asker }) => [asker] })
const FORMS = kind({
  name: 'forms',
  schema: formSchema,
  ttlMs: FORM_LIFE_MS,
  people: ({ by }) => [by],
})
const GUILDS = kind({
  name: 'guilds',
  schema: z.object({ at: z.number() }),
  ttlMs: GUILD_LIFE_MS,
})

export class ConversationRecords {
  readonly channels: Collection<ChannelRecord>
  readonly answers: Collection<AnswerRecord>
  readonly messages: Collection<MessageRecord>
  /** Pictures that a form someone has open is about. Keys: place, message id, `.`, form key. */
  readonly forms: Collection<FormRecord>
  /** The pictures that /find looks through. */
  readonly searchable: SearchableRecords
  /** The servers that the bot is on, so that one that it left while it was down is noticed. */
  readonly guilds: Collection<{ readonly at: number }>
  readonly #pictures: Pick<Pictures, 'forget'>
  readonly #pending: PendingDeletions

  constructor(store: Store, pictures: Pick<Pictures, 'forget'>, pending: PendingDeletions) {
    this.channels = store.collection(CHANNELS)
    this.answers = store.collection(ANSWERS)
    this.messages = store.collection(kind({ name: 'messages', schema: messageSchema }))
    this.forms = store.collection(FORMS)
    this.searchable = new SearchableRecords(store)
    this.guilds = store.collection(GUILDS)
    this.#pictures = pictures
    this.#pending = pending
  }

  /** The record of a channel, without expired conversations. */
  async channel(place: Place): Promise<ChannelRecord> {
    return pruned((await this.channels.get(prefixOf(place))) ?? EMPTY_CHANNEL, Date.now())
  }

  /**
   * Changes a channel's record; the update is atomic. Records that depend only on deleted
   * conversations are deleted: answers, messages, and cached pictures.
   */
  async change(
    place: Place,
    change: (record: ChannelRecord) => ChannelRecord,
    ttlMs: number,
  ): Promise<{ readonly before: ChannelRecord; readonly after: ChannelRecord }> {
    const changeWhole = (record: ChannelRecord) => withoutPartial(change(record))
    const work = async () => {
      let before = EMPTY_CHANNEL
      const stored = await this.channels.update(
        prefixOf(place),
        (record) => {
          before = pruned(record ?? EMPTY_CHANNEL, Date.now())
          const next = changeWhole(before)
          return next.talks.length === 0 ? undefined : next
        },
        ttlMs,
      )
      const after = stored ?? EMPTY_CHANNEL
      await this.#deleteDependents(dependentsOf(place, { before, after, ttlMs }), after)
      await this.#pictures.forget({ hashes: hashesOnlyIn(before, after) })
      return { before, after }
    }
    const current = await this.channel(place)
    const dependents = dependentsOf(place, { before: current, after: changeWhole(current), ttlMs })
    const { answers, sources } = dependents
    return answers.length + sources.length === 0 ? work() : this.#pending.run(dependents, work)
  }

  /**
   * Does work that writes records of an answer one by one. If it is interrupted, those that the
   * channel's record does not name in the end are deleted.
   */
  whileStoring<R>(dependents: Dependents, work: () => Promise<R>): Promise<R> {
    return this.#pending.run(dependents, work)
  }

  /** Deletes the records that depend on conversations, unless the channel's record still has these. */
  async deleteDependents(dependents: Dependents): Promise<void> {
    await this.#deleteDependents(dependents, await this.channel(dependents.place))
  }

  /** @param prefix of the keys of a channel or of a server. */
  async deleteAll(prefix: string): Promise<void> {
    const hashes = new Set<string>()
    for await (const [, { talks }] of this.channels.entries(prefix)) {
      for (const { picture } of talks) {
        hashes.add(picture.hash)
      }
    }
    await this.#pictures.forget({ hashes: [...hashes] })
    const { channels, answers, messages, forms, searchable } = this
    for (const space of [channels, answers, messages, forms, searchable]) {
      await space.deleteAll(prefix)
    }
  }

  /** Records that a conversation is about a picture of a message. */
  async noteSource(
    place: Place,
    { id, picture: { source } }: Conversation,
    ttlMs: number,
  ): Promise<void> {
    if (!source) {
      return
    }
    const isElsewhere = source.channelId !== place.channelId
    await this.messages.update(
      sourceKey(place, source),
      (before) => ({
        answer: before?.answer ?? null,
        talks: [...new Set([...(before?.talks ?? []), id])],
        channels: [
          ...new Set([...(before?.channels ?? []), ...(isElsewhere ? [place.channelId] : [])]),
        ],
      }),
      ttlMs,
    )
  }

  async #deleteDependents(
    { place, ttlMs, answers, sources }: Dependents,
    { talks }: ChannelRecord,
  ): Promise<void> {
    const ids = new Set(talks.map(({ id }) => id))
    const keys = new Set(answersIn(talks).map(({ key }) => key))
    for (const { talk, ...source } of sources) {
      if (!ids.has(talk)) {
        await this.#deleteSource(place, { talk, source, talks, ttlMs })
      }
    }
    for (const { key, message } of answers) {
      if (keys.has(key)) {
        await this.#deleteSuggestions(prefixOf(place) + key, ids, ttlMs)
      } else {
        await this.answers.delete(prefixOf(place) + key)
        await this.messages.delete(prefixOf(place) + message)
      }
    }
  }

  /** An answer about several pictures loses its suggestions about a deleted one. */
  async #deleteSuggestions(key: string, talks: ReadonlySet<string>, ttlMs: number): Promise<void> {
    await this.answers.update(
      key,
      (answer) => {
        const isKept = ({ part }: AnswerRecord['suggestions'][number]) =>
          talks.has(answer?.parts[part]?.talk ?? '')
        return answer === undefined || answer.suggestions.every(isKept)
          ? answer
          : { ...answer, suggestions: answer.suggestions.filter(isKept) }
      },
      ttlMs,
    )
  }

  /** @param talks what the channel's record still has. */
  async #deleteSource(place: Place, { talk, source, talks, ttlMs }: DeletedSource): Promise<void> {
    const { channelId, messageId } = source
    const isUsedHere = talks.some(({ picture }) => picture.source?.messageId === messageId)
    await this.messages.update(
      sourceKey(place, { channelId, messageId }),
      (before) => {
        const others = before?.talks.filter((id) => id !== talk) ?? []
        return before && (before.answer !== null || others.length > 0)
          ? {
              ...before,
              talks: others,
              channels: before.channels.filter((id) => isUsedHere || id !== place.channelId),
            }
          : undefined
      },
      ttlMs,
    )
  }
}

type DeletedSource = {
  /** Id of a conversation. */
  readonly talk: string
  readonly source: { readonly channelId: string; readonly messageId: string }
  readonly talks: readonly Conversation[]
  readonly ttlMs: number
}

/** The message of a picture has its key in its own channel, also when the conversation is
 * elsewhere. */
function sourceKey(place: Place, source: { channelId: string; messageId: string }): string {
  return prefixOf({ ...place, channelId: source.channelId }) + source.messageId
}
