/**
 * What the bot remembers, for those who ask: conversations by channel, what each answer is about,
 * and which message it is.
 *
 * Nothing leaves it but what its reader may see (visibleTo in bot/memory/conversation.ts).
 */

import { setTimeout as wait } from 'node:timers/promises'
import {
  type ChannelRecord,
  type Reader,
  recordsOf,
  type Conversation,
  visibleTo,
  withAnswer,
} from './conversation.ts'
import type { AnswerRecord, FormRecord, ConversationRecords } from './records.ts'
import { type Place, prefixOf } from '../discord/place.ts'

/** Readers wait this long at most for an answer that is being delivered. */
const DELIVERY_WAIT_MS = 500

/** A delivered answer, and what it changes in what is remembered. */
export type PublishedAnswer = {
  readonly key: string
  /** Id of the message that it is. */
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

  /** What is remembered of a channel, as its reader may see it. */
  async channel(place: Place, reader: Reader): Promise<ChannelRecord> {
    await this.#settleDeliveries(place)
    const { talks } = visibleTo(await this.#records.channel(place), reader)
    // What others used privately may have ended for this reader.
    return { talks: talks.filter(({ until }) => until > Date.now()) }
  }

  /** A talk as its reader may see it; undefined if there is none for them. */
  async conversation(place: Place, id: string, reader: Reader): Promise<Conversation | undefined> {
    return (await this.channel(place, reader)).talks.find((conversation) => conversation.id === id)
  }

  /** What an answer is about; undefined if there is none that the reader may see. */
  async answer(place: Place, key: string, reader: Reader): Promise<AnswerRecord | undefined> {
    await this.#settleDeliveries(place)
    const answer = await this.#records.answers.get(prefixOf(place) + key)
    return answer?.hidden && answer.asker !== reader ? undefined : answer
  }

  /** The answer that a message is; undefined if there is none that the reader may see. */
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
   * Delivers an answer and remembers it. It is remembered once it is there, so that nothing is kept
   * of an answer that nobody got; those who use it at once are kept waiting for its records.
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
   * Remembers an answer; nothing if all that it is about was forgotten meanwhile. What a deletion
   * finds the rest by is stored first, so that nothing stays after its message where the store
   * fails in between.
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
    for (const conversation of answered(withIt(await this.#records.channel(place)))) {
      await this.#records.noteSource(place, conversation, ttlMs)
    }
    await messages.set(prefixOf(place) + message, { answer: key, talks: [], channels: [] }, ttlMs)
    await answers.set(prefixOf(place) + key, answer, ttlMs)
    const { after } = await this.#records.change(place, withIt, ttlMs)
    if (answered(after).length === 0) {
      await answers.delete(prefixOf(place) + key)
      await messages.delete(prefixOf(place) + message)
    }
  }

  /** Adds the questions on an answer's buttons that came after it. */
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

  /** @param key of the message that the pictures are in, `.`, and a key that nobody can guess. */
  async saveForm(place: Place, key: string, form: FormRecord): Promise<void> {
    await this.#records.forms.set(prefixOf(place) + key, form)
  }

  /** The form that a person has open. */
  async form(place: Place, key: string, by: string): Promise<FormRecord | undefined> {
    const form = await this.#records.forms.get(prefixOf(place) + key)
    return form?.by === by ? form : undefined
  }

  /** Everything kept that names a person, each with where it is from. */
  async *recordsOf(userId: string): AsyncGenerator<object, void> {
    for await (const [key, record] of this.#records.channels.entries()) {
      const place = key.replace(/\/$/, '')
      yield* recordsOf(record, userId).map((about) => ({ place, ...about }))
    }
    for await (const [key, answer] of this.#records.answers.entries()) {
      if (answer.asker === userId) {
        yield { ...answer, kind: 'answer', place: key }
      }
    }
  }

  /** Waits for the records of what is just being delivered in a place. */
  async #settleDeliveries(place: Place): Promise<void> {
    const coming = this.#deliveries.get(prefixOf(place))
    if (coming) {
      const end = new AbortController()
      const late = wait(DELIVERY_WAIT_MS, undefined, { signal: end.signal }).catch(() => {})
      await Promise.race([Promise.allSettled(coming), late])
      end.abort()
    }
  }
}
