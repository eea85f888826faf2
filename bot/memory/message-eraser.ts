/** Deletes what is about single messages: their pictures' conversations, and answers. For bot/memory/eraser.ts. */

import { SnowflakeUtil } from 'discord.js'
import { type Place, prefixOf } from '../discord/place.ts'
import { messagePrefix, searchableKey } from '../find/searchable.ts'
import type { Forgotten, Jobs } from '../jobs/jobs.ts'
import type { ConversationEraser, ConversationEraserDeps } from './conversation-eraser.ts'
import type { Conversation } from './conversation.ts'
import { withoutConversations, withoutTurn } from './conversation-changes.ts'
import type { PendingDeletionOf, PendingDeletions } from './pending-deletions.ts'

/** Requests that wait for a process, and what is remembered of finished ones. */
export type WaitingJobs = Pick<Jobs, 'areStored'> & {
  /** Deletes them, and tells those who wait. */
  readonly forget: (deletion: Forgotten) => Promise<void>
}

export type MessageEraserDeps = Pick<
  ConversationEraserDeps,
  'records' | 'deletions' | 'pictures'
> & {
  readonly jobs: WaitingJobs
  readonly pending: PendingDeletions
  /** What moderation has of single messages. */
  readonly moderation: {
    /** The keys of the pictures of a message that it has records about. */
    readonly picturesOf: (place: Place, messageId: string) => Promise<readonly string[]>
    /** @param keys of the pictures; default: all of them. */
    readonly forgetMessage: (
      place: Place,
      messageId: string,
      keys?: readonly string[],
    ) => Promise<void>
  }
}

export class MessageEraser {
  readonly #deps: MessageEraserDeps
  readonly #conversations: ConversationEraser

  constructor(deps: MessageEraserDeps, conversations: ConversationEraser) {
    this.#deps = deps
    this.#conversations = conversations
  }

  /**
   * Messages of one channel were deleted. With a picture's message its conversations are deleted, and
   * the bot's own messages about it that nobody asked for; with an answer its turn, and with a
   * description its whole conversation.
   */
  async delete(place: Place, ids: readonly string[]): Promise<void> {
    const { deletions, pictures, pending, jobs } = this.#deps
    const subjects = ids.map((id) => `message/${id}` as const)
    await deletions.delete({ subjects }, async () => {
      await pictures.forget({ messages: ids })
      const stored = await this.#withRecords(place, ids)
      if (stored.length > 0) {
        await pending.run({ kind: 'messages', place, ids: stored }, async () => {
          for (const id of stored) {
            await this.#deleteMessage(place, id)
          }
          await jobs.forget({ subjects })
        })
      }
    })
  }

  /**
   * A message was edited, or is to be compared with what is stored: what is about pictures that it
   * no longer has is deleted.
   *
   * @param present keys of the pictures that it has.
   * @param earlier keys of pictures that it is known to have had.
   */
  async deletePicturesExcept(
    place: Place,
    messageId: string,
    { present, earlier = [] }: { present: readonly string[]; earlier?: readonly string[] },
  ): Promise<void> {
    const { records, deletions, moderation } = this.#deps
    // Before the records are read: what ends meanwhile has written them.
    const prefix = `picture/${messageId}/`
    const used = [...deletions.subjects].filter((subject) => subject.startsWith(prefix))
    const message = await records.messages.get(prefixOf(place) + messageId)
    const channelIds = new Set(message ? [place.channelId, ...message.channels] : [])
    const channels = await Promise.all(
      [...channelIds].map((channelId) => records.channel({ ...place, channelId })),
    )
    const stored = channels
      .flatMap(({ talks }) => talks)
      .filter(({ picture }) => picture.source?.messageId === messageId)
    const searched = records.searchable.entries(messagePrefix(place, messageId))
    const searchable = await Array.fromAsync(searched, ([, { picture }]) => picture)
    const keys = new Set([
      ...earlier,
      ...searchable,
      // Records of an earlier version do not say which picture they are about.
      ...(await moderation.picturesOf(place, messageId)).filter((key) => key !== ''),
      ...stored.map(({ picture }) => picture.key),
      ...used.map((subject) => subject.slice(prefix.length)),
    ]).difference(new Set(present))
    if (keys.size > 0) {
      // A link can be written again, so the pictures are not deleted for good.
      const before = SnowflakeUtil.generate().toString()
      await this.deletePictures({ kind: 'pictures', place, messageId, keys: [...keys], before })
    }
  }

  /** An answer was deleted, or could not be delivered again after a restart. */
  async deleteAnswer(place: Place, key: string): Promise<void> {
    const { records, deletions, pending } = this.#deps
    await deletions.delete({ subjects: [`answer/${key}`] }, () =>
      pending.run({ kind: 'answer', place, key }, async () => {
        const answer = await records.answers.get(prefixOf(place) + key)
        await this.#conversations.erase(place, null, (before) => {
          let record = before
          for (const { talk, turn } of answer?.parts ?? []) {
            record =
              turn === null
                ? withoutConversations(record, ({ id }) => id === talk)
                : withoutTurn(record, talk, turn)
          }
          return record
        })
        await records.answers.delete(prefixOf(place) + key)
      }),
    )
  }

  /** Those of some messages that records are about. */
  async #withRecords(place: Place, ids: readonly string[]): Promise<string[]> {
    const { jobs, records, moderation } = this.#deps
    const { messages, forms, searchable } = records
    const stored: string[] = []
    for (const id of ids) {
      const key = prefixOf(place) + id
      const { done: hasNoForm } = await forms.keys(`${key}.`).next()
      const { done: isNotSearchable } = await searchable.keys(messagePrefix(place, id)).next()
      if (
        !hasNoForm ||
        !isNotSearchable ||
        (await messages.get(key)) ||
        (await moderation.picturesOf(place, id)).length > 0 ||
        (await jobs.areStored(`message/${id}`))
      ) {
        stored.push(id)
      }
    }
    return stored
  }

  async #deleteMessage(place: Place, id: string): Promise<void> {
    const { records, moderation } = this.#deps
    const key = prefixOf(place) + id
    await moderation.forgetMessage(place, id)
    await records.forms.deleteAll(`${key}.`)
    await records.searchable.deleteAll(messagePrefix(place, id))
    const message = await records.messages.get(key)
    if (!message) {
      return
    }
    await this.#conversations.eraseOfMessage(place, message, ({ id: talk }) =>
      message.talks.includes(talk),
    )
    if (message.answer !== null) {
      await this.deleteAnswer(place, message.answer)
    }
    await records.messages.delete(key)
  }

  /** Some pictures of a message are gone: what is about them is deleted. */
  async deletePictures(deletion: PendingDeletionOf<'pictures'>): Promise<void> {
    const { records, deletions, pictures, pending, moderation } = this.#deps
    const { place, messageId, keys, before } = deletion
    const subjects = keys.map((key) => `picture/${messageId}/${key}` as const)
    await deletions.delete({ subjects, before }, async () => {
      await pictures.forget({ picturesOf: { messageId, keys } })
      if ((await this.#withRecords(place, [messageId])).length === 0) {
        return
      }
      await pending.run(deletion, async () => {
        await moderation.forgetMessage(place, messageId, keys)
        for (const key of keys) {
          await records.searchable.delete(searchableKey(place, messageId, key))
        }
        const message = await records.messages.get(prefixOf(place) + messageId)
        const isMissing = ({ picture: { key, source } }: Conversation) =>
          source?.messageId === messageId && keys.includes(key)
        if (message) {
          await this.#conversations.eraseOfMessage(place, message, isMissing)
        }
        await records.forms.deleteAll(`${prefixOf(place)}${messageId}.`)
      })
    })
  }
}
