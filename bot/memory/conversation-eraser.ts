/** Deletes conversations, and what depends on them. For bot/memory/eraser.ts. */

import type { Pictures } from '../pictures/pictures.ts'
import { type Place, prefixOf } from '../discord/place.ts'
import type { ChannelRecord, Conversation, Reader } from './conversation.ts'
import { countQuestions, visibleTo } from './conversation-reading.ts'
import { withoutConversations, withoutUser } from './conversation-changes.ts'
import type { Deletions } from './deletions.ts'
import type { GuildSettingsStore } from './guild-settings.ts'
import type { ConversationRecords, MessageRecord } from './records.ts'

export type ConversationEraserDeps = {
  readonly records: ConversationRecords
  readonly deletions: Deletions
  readonly settings: GuildSettingsStore
  readonly pictures: Pictures
  /** Deletes a message of the bot on Discord, if it is still there. */
  readonly deletePost: (channelId: string, messageId: string) => Promise<void>
}

/** How many of the deleted records the person could see. */
export type DeletionCounts = { readonly conversations: number; readonly turns: number }

export class ConversationEraser {
  readonly #deps: ConversationEraserDeps

  constructor(deps: ConversationEraserDeps) {
    this.#deps = deps
  }

  /**
   * Aborts the work about the conversations that are deleted, then removes them.
   *
   * @param reader who asked for that, for the counts; null: only what everyone can see counts.
   * @param erase gives the channel's record without them.
   */
  async erase(
    place: Place,
    reader: Reader,
    erase: (record: ChannelRecord) => ChannelRecord,
  ): Promise<DeletionCounts> {
    const { records, deletions, settings, pictures } = this.#deps
    const current = await records.channel(place)
    const keptIds = new Set(erase(current).talks.map(({ id }) => id))
    const deletedConversations = current.talks.filter(({ id }) => !keptIds.has(id))
    const ttlMs = await settings.ttlMs(place.guildId)
    const subjects = deletedConversations.map(({ id }) => `conversation/${id}` as const)
    const { before, after } = await deletions.delete({ subjects }, async () => {
      const change = await records.change(place, erase, ttlMs)
      await pictures.forget({ hashes: hashesWithFewerQuestions(change) })
      return change
    })
    const [visibleBefore, visibleAfter] = [visibleTo(before, reader), visibleTo(after, reader)]
    return {
      conversations: visibleBefore.talks.length - visibleAfter.talks.length,
      turns: countQuestions(visibleBefore) - countQuestions(visibleAfter),
    }
  }

  /** A person's questions in a channel, and the conversations that only they used. */
  eraseUser(place: Place, userId: string): Promise<DeletionCounts> {
    return this.erase(place, userId, (record) => withoutUser(record, userId))
  }

  /**
   * Deletes conversations about pictures of a message in all channels, and the bot's posts about them
   * that nobody asked for.
   */
  async eraseOfMessage(
    { guildId, channelId: ownChannelId }: Place,
    { channels }: Pick<MessageRecord, 'channels'>,
    isGone: (conversation: Conversation) => boolean,
  ): Promise<void> {
    for (const channelId of new Set([ownChannelId, ...channels])) {
      const place = { guildId, channelId }
      // First, because the conversations tell which they are.
      for (const answer of await this.#unaskedAnswers(place, isGone)) {
        await this.#deps.deletePost(channelId, answer)
      }
      await this.erase(place, null, (record) => withoutConversations(record, isGone))
    }
  }

  /** Deletes conversations in other channels about pictures of this channel. */
  async eraseInOtherChannels(place: Place): Promise<void> {
    for await (const [, message] of this.#deps.records.messages.entries(prefixOf(place))) {
      for (const channelId of message.channels) {
        await this.erase({ ...place, channelId }, null, (record) =>
          withoutConversations(record, ({ id }) => message.talks.includes(id)),
        )
      }
    }
  }

  /** The messages of answers in some conversations that nobody asked for, such as alternative text. */
  async #unaskedAnswers(
    place: Place,
    isGone: (conversation: Conversation) => boolean,
  ): Promise<string[]> {
    const { records } = this.#deps
    const conversations = (await records.channel(place)).talks.filter(isGone)
    const messages = new Set<string>()
    for (const { key, message } of conversations.flatMap(({ answers }) => answers)) {
      const answer = await records.answers.get(prefixOf(place) + key)
      if (answer?.asked === false) {
        messages.add(message)
      }
    }
    return [...messages]
  }
}

/** The pictures that are still talked about, but not with all the questions: the model kept those. */
function hashesWithFewerQuestions({
  before,
  after,
}: {
  readonly before: ChannelRecord
  readonly after: ChannelRecord
}): string[] {
  const questions = new Map(after.talks.map(({ id, turns }) => [id, turns.length]))
  return before.talks
    .filter(({ id, turns }) => turns.length > (questions.get(id) ?? Infinity))
    .map(({ picture }) => picture.hash)
}
