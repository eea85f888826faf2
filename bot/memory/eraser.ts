/**
 * Deletes records when messages, channels or servers are deleted, and when people ask for it.
 * Running work that depends on them is aborted first (bot/memory/deletions.ts).
 */

import { SnowflakeUtil } from 'discord.js'
import {
  type ChannelRecord,
  type Conversation,
  countQuestions,
  isUsedBy,
  type Reader,
  visibleTo,
  withoutUser,
  withoutConversations,
  withoutTurn,
} from './conversation.ts'
import type { Deletions } from './deletions.ts'
import type { GuildSettingsStore } from './guild-settings.ts'
import type { ConversationRecords, MessageRecord } from './records.ts'
import type { UserStore } from './user-store.ts'
import type { Pictures } from '../pictures/pictures.ts'
import { type Place, placeIn, prefixOf } from '../discord/place.ts'
import { userTag } from '../store/keys.ts'

type Deps = {
  readonly records: ConversationRecords
  readonly deletions: Deletions
  readonly users: UserStore
  readonly settings: GuildSettingsStore
  readonly pictures: Pictures
  /** Deletes a message of the bot on Discord, if it is still there. */
  readonly deletePost: (channelId: string, messageId: string) => Promise<void>
}

/** How many of the deleted records the person could see. */
type DeletionCounts = { readonly conversations: number; readonly turns: number }

export class Eraser {
  readonly #deps: Deps

  constructor(parts: Deps) {
    this.#deps = parts
  }

  /**
   * Messages of one channel were deleted. With a picture's message its conversations are deleted, and
   * the bot's own messages about it that nobody asked for; with an answer its turn, and with a
   * description its whole conversation.
   */
  async deleteMessages(place: Place, ids: readonly string[]): Promise<void> {
    const { records, deletions, pictures } = this.#deps
    await deletions.delete({ subjects: ids.map((id) => `message/${id}` as const) }, async () => {
      await pictures.forget({ messages: ids })
      for (const id of ids) {
        await this.#deleteMessage(place, id)
        await records.forms.deleteAll(`${prefixOf(place)}${id}.`)
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
    const { records, deletions, pictures } = this.#deps
    // Before the records are read: what ends meanwhile has written them.
    const prefix = `picture/${messageId}/`
    const used = [...deletions.subjects].filter((subject) => subject.startsWith(prefix))
    const key = prefixOf(place) + messageId
    const message = await records.messages.get(key)
    const channelIds = new Set(message ? [place.channelId, ...message.channels] : [])
    const isMissing = ({ picture: { key, source } }: Conversation) =>
      source?.messageId === messageId && !present.includes(key)
    const channels = await Promise.all(
      [...channelIds].map((channelId) => records.channel({ ...place, channelId })),
    )
    const stored = channels.flatMap(({ talks }) => talks.filter(isMissing))
    const keys = new Set([
      ...earlier,
      ...stored.map(({ picture }) => picture.key),
      ...used.map((subject) => subject.slice(prefix.length)),
    ]).difference(new Set(present))
    if (keys.size === 0) {
      return
    }
    const subjects = [...keys].map((key) => `picture/${messageId}/${key}` as const)
    // A link can be written again, so the pictures are not deleted for good.
    const before = SnowflakeUtil.generate().toString()
    await deletions.delete({ subjects, before }, async () => {
      await pictures.forget({ picturesOf: { messageId, keys: [...keys] } })
      const current = await records.messages.get(key) // work that was aborted may have changed it
      if (current) {
        await this.#deleteConversations(place, current, isMissing)
      }
      await records.forms.deleteAll(`${prefixOf(place)}${messageId}.`)
    })
  }

  /** An answer was deleted, or could not be delivered again after a restart. */
  async deleteAnswer(place: Place, key: string): Promise<void> {
    const { records, deletions } = this.#deps
    await deletions.delete({ subjects: [`answer/${key}`] }, async () => {
      const answer = await records.answers.get(prefixOf(place) + key)
      await this.#erase(place, null, (before) => {
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
    })
  }

  /**
   * A channel or a thread was deleted.
   *
   * @param before snowflake of the command that deletes only its records.
   */
  async deleteChannel(place: Place, before?: string): Promise<void> {
    const { deletions, pictures } = this.#deps
    const deletion = { subjects: [`channel/${place.channelId}`] as const }
    await deletions.delete(before === undefined ? deletion : { ...deletion, before }, async () => {
      const { channelId } = place
      await pictures.forget(
        before === undefined ? { channel: channelId } : { clearedChannel: channelId },
      )
      await this.#deleteInOtherChannels(place)
      await this.#deleteAll(prefixOf(place))
    })
  }

  /** The bot is no longer on a server. */
  async deleteGuild(guildId: string): Promise<void> {
    const { deletions, users, settings, pictures } = this.#deps
    // The bot can be invited again.
    const before = SnowflakeUtil.generate().toString()
    await deletions.delete({ subjects: [`guild/${guildId}`], before }, async () => {
      await pictures.clear() // a picture does not know its server, and this is rare
      await this.#deleteAll(`${guildId}/`)
      await users.uses.deleteAll(`${guildId}/`)
      await users.hints.deleteAll(`${guildId}/`)
      await settings.space.delete(guildId)
    })
  }

  /** Deletes one conversation.
   *
   * @param reader user id of who asked for that. */
  deleteConversation(
    place: Place,
    conversationId: string,
    reader: string,
  ): Promise<DeletionCounts> {
    return this.#erase(place, reader, (record) =>
      withoutConversations(record, ({ id }) => id === conversationId),
    )
  }

  /** Deletes a person's questions in a channel, and the conversations that only they used. */
  deleteMember(place: Place, userId: string, before: string): Promise<DeletionCounts> {
    const subjects = [`member/${place.channelId}/${userId}`] as const
    return this.#deps.deletions.delete({ subjects, before }, () =>
      this.#deleteUserIn(place, userId),
    )
  }

  /**
   * Deletes everything about a person, in all channels.
   *
   * @param before snowflake of the command.
   * @returns how many records there were.
   */
  async deleteUser(userId: string, before: string): Promise<number> {
    const { records, deletions, users, pictures } = this.#deps
    return deletions.delete({ subjects: [`user/${userId}`], before }, async () => {
      await pictures.forget({ author: userId })
      const tag = userTag(userId)
      let count = 0
      for await (const [key, record] of records.channels.entriesWith(tag)) {
        if (!record.talks.some((conversation) => isUsedBy(conversation, userId))) {
          continue // it is about a picture that they posted
        }
        const { conversations, turns } = await this.#deleteUserIn(placeIn(key), userId)
        count += conversations + turns
      }
      count += Number(await users.locales.delete(userId))
      for (const space of [records.answers, records.forms, users.uses, users.hints]) {
        for await (const key of space.keysWith(tag)) {
          count += Number(await space.delete(key))
        }
      }
      return count
    })
  }

  /** A person opts out; their running requests are not stored either. */
  async optOut(userId: string, before: string): Promise<void> {
    const { deletions, users } = this.#deps
    await users.setOptOut(userId, true)
    await deletions.delete({ subjects: [`user/${userId}`], before }, async () => {})
  }

  async #deleteMessage(place: Place, id: string): Promise<void> {
    const { records } = this.#deps
    const key = prefixOf(place) + id
    const message = await records.messages.get(key)
    if (!message) {
      return
    }
    await this.#deleteConversations(place, message, ({ id: talk }) => message.talks.includes(talk))
    if (message.answer !== null) {
      await this.deleteAnswer(place, message.answer)
    }
    await records.messages.delete(key)
  }

  /** Deletes conversations about pictures of a message, and the bot's posts about them that nobody asked for. */
  async #deleteConversations(
    { guildId, channelId: ownChannelId }: Place,
    { channels }: Pick<MessageRecord, 'channels'>,
    isGone: (conversation: Conversation) => boolean,
  ): Promise<void> {
    for (const channelId of new Set([ownChannelId, ...channels])) {
      const place = { guildId, channelId }
      const answers = await this.#unaskedAnswers(place, isGone)
      await this.#erase(place, null, (record) => withoutConversations(record, isGone))
      for (const answer of answers) {
        await this.#deps.deletePost(channelId, answer)
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

  #deleteUserIn(place: Place, userId: string): Promise<DeletionCounts> {
    return this.#erase(place, userId, (record) => withoutUser(record, userId))
  }

  /** Deletes conversations in other channels about pictures of this channel. */
  async #deleteInOtherChannels(place: Place): Promise<void> {
    for await (const [, message] of this.#deps.records.messages.entries(prefixOf(place))) {
      for (const channelId of message.channels) {
        await this.#erase({ ...place, channelId }, null, (record) =>
          withoutConversations(record, ({ id }) => message.talks.includes(id)),
        )
      }
    }
  }

  /** @param prefix of the keys of a channel or of a server. */
  async #deleteAll(prefix: string): Promise<void> {
    const { records, pictures } = this.#deps
    const hashes = new Set<string>()
    for await (const [, { talks }] of records.channels.entries(prefix)) {
      for (const { picture } of talks) {
        hashes.add(picture.hash)
      }
    }
    for (const space of [records.channels, records.answers, records.messages, records.forms]) {
      await space.deleteAll(prefix)
    }
    await pictures.forget({ hashes: [...hashes] })
  }

  /** Aborts the work about the conversations that are deleted, then removes them. */
  async #erase(
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
