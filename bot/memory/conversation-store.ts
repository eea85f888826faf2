/**
 * Reads and writes what the bot stores: the conversations of a channel, and the record and message
 * of each answer.
 *
 * Every read returns only what its reader may see (visibleTo in bot/memory/conversation-reading.ts).
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { ChannelRecord, Reader, Conversation } from './conversation.ts'
import { recordsOf, visibleTo } from './conversation-reading.ts'
import { withAnswer } from './conversation-changes.ts'
import { sourcesOf } from './dependents.ts'
import type { AnswerRecord, FormRecord, ConversationRecords } from './records.ts'
import { type Place, prefixOf } from '../discord/place.ts'
import { userTag } from '../store/keys.ts'

/** How long reads wait for the record of an answer that is being delivered. */
const DELIVERY_WAIT_MS = 500

/** A delivered answer, and its change of the channel's record. */
export type PublishedAnswer = {
  readonly key: string
  /** Id of its message. */
  readonly message: string
  readonly answer: AnswerRecord
  readonly change: (record: ChannelRecord) => ChannelRecord
  readonly ttlMs: number
}

export class ConversationStore {
  readonly #records: ConversationRecords
  /** Answers that are being delivered, by place. */
  readonly #deliveries = new Map<string, Set<Promise<unknown>>>()

  constructor(records: ConversationRecords) {
    this.#records = records
  }

  /** The record of a channel, as its reader may see it. */
  async channel(place: Place, reader: Reader): Promise<ChannelRecord> {
    await this.#settleDeliveries(place)
    const { talks } = visibleTo(await this.#records.channel(place), reader)
    // A conversation that only private use renewed has expired for this reader.
    return { talks: talks.filter(({ until }) => until > Date.now()) }
  }

  /** A conversation as its reader may see it; undefined if they may see none of that id. */
  async conversation(place: Place, id: string, reader: Reader): Promise<Conversation | undefined> {
    return (await this.channel(place, reader)).talks.find((conversation) => conversation.id === id)
  }

  /** The record of an answer; undefined if there is none that the reader may see. */
  async answer(place: Place, key: string, reader: Reader): Promise<AnswerRecord | undefined> {
    await this.#settleDeliveries(place)
    const answer = await this.#records.answers.get(prefixOf(place) + key)
    return answer?.hidden && answer.asker !== reader ? undefined : answer
  }

  /** The record of the answer in a message; undefined if there is none that the reader may see. */
  async answerByMessage(
    place: Place,
    messageId: string,
    reader: Reader,
  ): Promise<AnswerRecord | undefined> {
    await this.#settleDeliveries(place)
    const message = await this.#records.messages.get(prefixOf(place) + messageId)
    return message?.answer ? this.answer(place, message.answer, reader) : undefined
  }

  /**
   * Delivers an answer and stores it. It is stored after delivery, so that an answer that failed
   * leaves no record; reads in between wait for the record.
   */
  async whileDelivering<R>(place: Place, deliver: () => Promise<R>): Promise<R> {
    const key = prefixOf(place)
    const coming = this.#deliveries.get(key) ?? new Set()
    this.#deliveries.set(key, coming)
    const delivery = deliver()
    coming.add(delivery)
    try {
      return await delivery
    } finally {
      coming.delete(delivery)
      if (coming.size === 0) {
        this.#deliveries.delete(key)
      }
    }
  }

  /**
   * Stores an answer, unless all of its conversations were deleted in the meantime. What a deletion
   * finds the rest by is stored first.
   */
  async remember(
    place: Place,
    { key, message, answer, change, ttlMs }: PublishedAnswer,
  ): Promise<void> {
    const { answers, messages } = this.#records
    const withIt = (record: ChannelRecord) =>
      answer.parts.reduce(
        (next, { talk, turn }) => withAnswer(next, talk, { key, message, turn }),
        change(record),
      )
    const answered = ({ talks }: ChannelRecord) =>
      talks.filter(({ id }) => answer.parts.some(({ talk }) => talk === id))
    const conversations = answered(withIt(await this.#records.channel(place)))
    const sources = sourcesOf(conversations)
    const answerIds = [{ key, message }]
    const parts = { kind: 'dependents' as const, place, ttlMs, answers: answerIds, sources }
    await this.#records.whileStoring(parts, async () => {
      for (const conversation of conversations) {
        await this.#records.noteSource(place, conversation, ttlMs)
      }
      // The message may hold a picture of its own: that of a conversation it began.
      await messages.update(
        prefixOf(place) + message,
        (before) => ({ talks: [], channels: [], ...before, answer: key }),
        ttlMs,
      )
      await answers.set(prefixOf(place) + key, answer, ttlMs)
      const { after } = await this.#records.change(place, withIt, ttlMs)
      if (answered(after).length === 0) {
        await answers.delete(prefixOf(place) + key)
        await messages.delete(prefixOf(place) + message)
      }
    })
  }

  /** Adds suggested questions to the record of an answer. */
  async addSuggestions(
    place: Place,
    key: string,
    { suggestions, ttlMs }: Pick<AnswerRecord, 'suggestions'> & { readonly ttlMs: number },
  ): Promise<void> {
    await this.#records.answers.update(
      prefixOf(place) + key,
      (answer) => answer && { ...answer, suggestions },
      ttlMs,
    )
  }

  /**
   * Claims an answer for the one request that may post its pictures with alternative text.
   *
   * @param by key of the request; the same one may claim it again.
   * @returns false if another request has claimed it.
   */
  async claimRepost(
    place: Place,
    key: string,
    { by, ttlMs }: { readonly by: string; readonly ttlMs: number },
  ): Promise<boolean> {
    const answer = await this.#records.answers.update(
      prefixOf(place) + key,
      (before) => before && { ...before, reposted: before.reposted ?? by },
      ttlMs,
    )
    return answer === undefined || answer.reposted === by
  }

  /** Gives a claim back, because the post failed. */
  async releaseRepost(place: Place, key: string, by: string): Promise<void> {
    await this.#records.answers.update(prefixOf(place) + key, (before) =>
      before?.reposted === by ? { ...before, reposted: null } : before,
    )
  }

  /** @param key of the message that the pictures are in, `.`, and a key that nobody can guess. */
  async saveForm(place: Place, key: string, form: FormRecord): Promise<void> {
    await this.#records.forms.set(prefixOf(place) + key, form)
  }

  /** The pictures of a person's open form. */
  async form(place: Place, key: string, by: string): Promise<FormRecord | undefined> {
    const form = await this.#records.forms.get(prefixOf(place) + key)
    return form?.by === by ? form : undefined
  }

  /** Every stored record that names a person, each with its place. */
  async *recordsOf(userId: string): AsyncGenerator<object, void> {
    await settled([...this.#deliveries.values()].flatMap((coming) => [...coming]))
    const tag = userTag(userId)
    for await (const [key, record] of this.#records.channels.entriesWith(tag)) {
      const place = key.replace(/\/$/, '')
      yield* recordsOf(record, userId).map((about) => ({ place, ...about }))
    }
    for await (const [key, answer] of this.#records.answers.entriesWith(tag)) {
      yield { ...answer, kind: 'answer', place: key }
    }
    for await (const [key, picture] of this.#records.searchable.entriesWith(tag)) {
      const vectors = (await this.#records.searchable.vectorsOf(key)) ?? null
      yield { ...picture, vectors, kind: 'searchable', place: key }
    }
  }

  /** Waits for the records of the answers that are being delivered in a place. */
  async #settleDeliveries(place: Place): Promise<void> {
    await settled([...(this.#deliveries.get(prefixOf(place)) ?? [])])
  }
}

/** Waits for deliveries, but not for long. */
async function settled(deliveries: readonly Promise<unknown>[]): Promise<void> {
  if (deliveries.length > 0) {
    const end = new AbortController()
    const late = wait(DELIVERY_WAIT_MS, undefined, { signal: end.signal }).catch(() => {})
    await Promise.race([Promise.allSettled(deliveries), late])
    end.abort()
  }
}
