/**
 * Deletes records when messages, channels or servers are deleted, and when people ask for it.
 * Running work that depends on them is aborted first (bot/memory/deletions.ts), and a deletion that
 * is interrupted is repeated (bot/memory/pending-deletions.ts).
 */

import { SnowflakeUtil } from 'discord.js'
import { type Place, placeIn, prefixOf } from '../discord/place.ts'
import { userTag } from '../store/keys.ts'
import type { Collection } from '../store/types.ts'
import { searchableKey } from '../find/searchable.ts'
import {
  ConversationEraser,
  type ConversationEraserDeps,
  type DeletionCounts,
} from './conversation-eraser.ts'
import { isUsedBy } from './conversation-reading.ts'
import { withoutConversations } from './conversation-changes.ts'
import { MessageEraser, type MessageEraserDeps, type WaitingJobs } from './message-eraser.ts'
import {
  type PendingDeletion,
  PendingDeletionError,
  type PendingDeletions,
} from './pending-deletions.ts'
import type { UserStore } from './user-store.ts'

type Deps = ConversationEraserDeps & {
  readonly jobs: WaitingJobs
  readonly pending: PendingDeletions
  readonly users: UserStore
  /** Deletes the records of moderation. */
  readonly moderation: MessageEraserDeps['moderation'] & {
    readonly forgetChannel: (place: Place) => Promise<void>
    readonly forgetGuild: (guildId: string) => Promise<void>
    /** @returns how many records there were. */
    readonly forgetUser: (userId: string) => Promise<number>
  }
}

export class Eraser {
  readonly #deps: Deps
  readonly #conversations: ConversationEraser
  /** What is about single messages. */
  readonly messages: MessageEraser

  constructor(deps: Deps) {
    this.#deps = deps
    this.#conversations = new ConversationEraser(deps)
    this.messages = new MessageEraser(deps, this.#conversations)
  }

  /** Repeats the deletions that earlier processes left; what fails is logged and retried. */
  resume(): Promise<void> {
    return this.#deps.pending.resume((deletion) => this.#repeat(deletion))
  }

  /** Repeats no deletion any more; the next process does. */
  stop(): void {
    this.#deps.pending.stop()
  }

  /**
   * A channel or a thread was deleted.
   *
   * @param before snowflake of the command that deletes only its records.
   */
  async deleteChannel(place: Place, before?: string): Promise<void> {
    const { deletions, pictures, pending, records, users, jobs, moderation } = this.#deps
    const { channelId } = place
    const deletion = { subjects: [`channel/${channelId}`] as const }
    await deletions.delete(before === undefined ? deletion : { ...deletion, before }, () =>
      pending.run({ kind: 'channel', place, before }, async () => {
        await pictures.forget(
          before === undefined ? { channel: channelId } : { clearedChannel: channelId },
        )
        await this.#conversations.eraseInOtherChannels(place)
        // Pictures of other channels have records there, which the prefix does not find.
        await this.#conversations.erase(place, null, () => ({ talks: [] }))
        await records.deleteAll(prefixOf(place))
        if (before === undefined) {
          await users.deleteHintsIn(place)
          await moderation.forgetChannel(place)
        }
        await jobs.forget({ subjects: deletion.subjects, before })
      }),
    )
  }

  /** The bot is no longer on a server. */
  async deleteGuild(
    guildId: string,
    // The bot can be invited again.
    before: string = SnowflakeUtil.generate().toString(),
  ): Promise<void> {
    const { deletions, users, settings, pictures, pending, records, moderation, jobs } = this.#deps
    const subjects = [`guild/${guildId}`] as const
    await deletions.delete({ subjects, before }, () =>
      pending.run({ kind: 'guild', guildId, before }, async () => {
        await pictures.clear() // a picture does not know its server, and this is rare
        await records.deleteAll(`${guildId}/`)
        await users.uses.deleteAll(`${guildId}/`)
        await users.hints.deleteAll(`${guildId}/`)
        await settings.space.delete(guildId)
        await moderation.forgetGuild(guildId)
        await jobs.forget({ subjects, before })
        await records.guilds.delete(guildId)
      }),
    )
  }

  /**
   * Deletes one conversation.
   *
   * @param reader user id of who asked for that; null: counts only what everyone can see.
   */
  async deleteConversation(
    place: Place,
    conversationId: string,
    reader: string | null,
  ): Promise<DeletionCounts> {
    const { records, pending } = this.#deps
    return pending.run({ kind: 'conversation', place, id: conversationId }, async () => {
      const { talks } = await records.channel(place)
      const picture = talks.find(({ id }) => id === conversationId)?.picture
      if (picture?.source) {
        const { channelId, messageId } = picture.source
        await records.searchable.delete(
          searchableKey({ ...place, channelId }, messageId, picture.key),
        )
        await records.forms.deleteAll(`${prefixOf({ ...place, channelId })}${messageId}.`)
      }
      return this.#conversations.erase(place, reader, (record) =>
        withoutConversations(record, ({ id }) => id === conversationId),
      )
    })
  }

  /** Deletes a person's questions and forms in a channel, and the conversations that only they used. */
  deleteMember(place: Place, userId: string, before: string): Promise<DeletionCounts> {
    const { deletions, pending, records, jobs } = this.#deps
    const subjects = [`member/${place.channelId}/${userId}`] as const
    return deletions.delete({ subjects, before }, () =>
      pending.run({ kind: 'member', place, userId, before }, async () => {
        for await (const [key, { by }] of records.forms.entries(prefixOf(place))) {
          await (by === userId ? records.forms.delete(key) : undefined)
        }
        await jobs.forget({ subjects, before })
        return this.#conversations.eraseUser(place, userId)
      }),
    )
  }

  /**
   * Deletes everything about a person, in all channels.
   *
   * @param before snowflake of the command.
   * @returns how many records there were.
   */
  async deleteUser(userId: string, before: string): Promise<number> {
    const { deletions, pictures, pending, moderation, jobs } = this.#deps
    const subjects = [`user/${userId}`] as const
    return deletions.delete({ subjects, before }, () =>
      pending.run({ kind: 'user', userId, before }, async () => {
        await pictures.forget({ author: userId })
        await jobs.forget({ subjects, before })
        const count = await this.#deleteUser(userId)
        return count + (await moderation.forgetUser(userId))
      }),
    )
  }

  /** A person opts out; their running and waiting requests are not stored either. */
  async optOut(userId: string, before: string): Promise<void> {
    const { pending, users } = this.#deps
    let isOut = false
    try {
      await pending.run({ kind: 'requests', userId, before }, async () => {
        await users.setOptOut(userId, true)
        isOut = true
        await this.#deleteRequests(userId, before)
      })
    } catch (error) {
      // The opt-out itself is not repeated.
      throw !isOut && error instanceof PendingDeletionError ? error.cause : error
    }
  }

  async #deleteRequests(userId: string, before: string): Promise<void> {
    const deletion = { subjects: [`user/${userId}`] as const, before }
    const { deletions, jobs, records } = this.#deps
    await deletions.delete(deletion, async () => {
      await jobs.forget(deletion)
      await deleteWith(records.searchable, userTag(userId))
    })
  }

  /** Does a deletion again that was interrupted. */
  async #repeat(deletion: PendingDeletion): Promise<void> {
    switch (deletion.kind) {
      case 'messages':
        await this.messages.delete(deletion.place, deletion.ids)
        break
      case 'pictures':
        await this.messages.deletePictures(deletion)
        break
      case 'answer':
        await this.messages.deleteAnswer(deletion.place, deletion.key)
        break
      case 'conversation':
        await this.deleteConversation(deletion.place, deletion.id, null)
        break
      case 'channel':
        await this.deleteChannel(deletion.place, deletion.before)
        break
      case 'member':
        await this.deleteMember(deletion.place, deletion.userId, deletion.before)
        break
      case 'guild':
        await this.deleteGuild(deletion.guildId, deletion.before)
        break
      case 'user':
        await this.deleteUser(deletion.userId, deletion.before)
        break
      case 'requests':
        // The person may have opted in again since.
        await this.#deleteRequests(deletion.userId, deletion.before)
        break
      case 'dependents':
        await this.#deps.records.deleteDependents(deletion)
        break
    }
  }

  async #deleteUser(userId: string): Promise<number> {
    const { records, users } = this.#deps
    const tag = userTag(userId)
    let count = 0
    for await (const [key, record] of records.channels.entriesWith(tag)) {
      if (!record.talks.some((conversation) => isUsedBy(conversation, userId))) {
        continue // it is about a picture that they posted
      }
      const { conversations, turns } = await this.#conversations.eraseUser(placeIn(key), userId)
      count += conversations + turns
    }
    count += Number(await users.locales.delete(userId))
    const { answers, forms, searchable } = records
    for (const space of [answers, forms, searchable, users.uses, users.hints]) {
      count += await deleteWith(space, tag)
    }
    return count
  }
}

/** Deletes the records with a tag. @returns how many there were. */
async function deleteWith(
  space: Pick<Collection<unknown>, 'keysWith' | 'delete'>,
  tag: string,
): Promise<number> {
  let count = 0
  for await (const key of space.keysWith(tag)) {
    count += Number(await space.delete(key))
  }
  return count
}
