/**
 * What a case does on Discord. Each action can be repeated with the same result: a message has a nonce
 * and can be searched for, deleting a deleted message is not an error, a timeout has a fixed end.
 */

import { type Client, Routes, SnowflakeUtil } from 'discord.js'
import { z } from 'zod'
import { errorCode, ERROR_CODES } from '../../discord/api-errors.ts'
import type { Problem } from './case-record.ts'

const LOOKED_THROUGH = 50
/** As many as Discord gives at once. */
const SEARCHED = 25

const sentSchema = z.object({ id: z.string() })
const listSchema = z.array(
  z.object({ id: z.string(), author: z.object({ id: z.string() }), components: z.unknown() }),
)
/** Without `messages`: try again later. Source: developers/resources/message.mdx, Search Guild Messages. */
const searchSchema = z.object({
  messages: z.array(z.array(z.object({ id: z.string(), channel_id: z.string() }))).optional(),
})
const memberSchema = z.object({ communication_disabled_until: z.string().nullish() })

export type File = { readonly name: string; readonly data: Buffer; readonly description: string }

/** Why Discord refused, if staff should see the reason. @throws any other error. */
export function problemOf(error: unknown): Problem {
  switch (errorCode(error)) {
    case ERROR_CODES.missingAccess:
    case ERROR_CODES.missingPermissions:
      return 'forbidden'
    case ERROR_CODES.unknownChannel:
    case ERROR_CODES.unknownMessage:
    case 10_007: // Unknown member
    case ERROR_CODES.unknownUser:
      return 'gone'
    case ERROR_CODES.cannotMessageUser:
    case ERROR_CODES.noMutualGuild:
      return 'closed'
    default:
      throw error
  }
}

export class ModerationActions {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** Posts a message with its files. @returns its id. */
  async post(
    channelId: string,
    body: object,
    { nonce, files = [] }: { nonce: string; files?: readonly File[] },
  ): Promise<string> {
    const attachments = files.map(({ name, description }, id) => ({
      id,
      filename: name,
      description,
    }))
    const sent = await this.#client.rest.post(Routes.channelMessages(channelId), {
      body: { ...body, nonce, enforce_nonce: true, ...(files.length > 0 && { attachments }) },
      files: files.map(({ name, data }) => ({ name, data })),
    })
    return sentSchema.parse(sent).id
  }

  /** Replies to a message of the log channel, without a ping. */
  async reply(
    { channelId, messageId }: { channelId: string; messageId: string },
    content: string,
    nonce: string,
  ): Promise<void> {
    const message_reference = { message_id: messageId, fail_if_not_exists: false }
    const allowed_mentions = { parse: [], replied_user: false }
    await this.post(channelId, { content, message_reference, allowed_mentions }, { nonce })
  }

  /** The id of our message that has a component of that id, among the newest. */
  async find(channelId: string, customId: string): Promise<string | undefined> {
    const query = new URLSearchParams({ limit: String(LOOKED_THROUGH) })
    const list = await this.#client.rest.get(Routes.channelMessages(channelId), { query })
    return listSchema
      .parse(list)
      .find(
        ({ author, components }) =>
          author.id === this.#client.user?.id && JSON.stringify(components).includes(customId),
      )?.id
  }

  async edit(channelId: string, messageId: string, body: object): Promise<void> {
    await this.#client.rest.patch(Routes.channelMessage(channelId, messageId), { body })
  }

  async delete(channelId: string, messageId: string, reason: string): Promise<void> {
    await this.#client.rest.delete(Routes.channelMessage(channelId, messageId), { reason })
  }

  /** @returns until when a member is timed out, in milliseconds; null: not at all. */
  async timeoutOf(guildId: string, memberId: string): Promise<number | null> {
    const member = await this.#client.rest.get(Routes.guildMember(guildId, memberId))
    const until = memberSchema.parse(member).communication_disabled_until
    const ends = until ? Date.parse(until) : 0
    return ends > Date.now() ? ends : null
  }

  async timeOut(
    { guildId, memberId }: { guildId: string; memberId: string },
    until: number | null,
    reason: string,
  ): Promise<void> {
    await this.#client.rest.patch(Routes.guildMember(guildId, memberId), {
      body: { communication_disabled_until: until === null ? null : new Date(until).toISOString() },
      reason,
    })
  }

  /** Opens the direct messages with someone. @returns the channel's id. */
  async direct(userId: string): Promise<string> {
    const channel = await this.#client.rest.post(Routes.userChannels(), {
      body: { recipient_id: userId },
    })
    return sentSchema.parse(channel).id
  }

  /**
   * Where a member posted pictures since a time (milliseconds), the newest 25.
   *
   * @returns undefined if Discord has not indexed the server yet.
   */
  async search(
    guildId: string,
    memberId: string,
    since: number,
  ): Promise<readonly { channelId: string; messageId: string }[] | undefined> {
    const query = new URLSearchParams({
      author_id: memberId,
      has: 'image',
      min_id: String(SnowflakeUtil.generate({ timestamp: since })),
      include_nsfw: 'true',
      limit: String(SEARCHED),
    })
    const answer = await this.#client.rest.get(`/guilds/${guildId}/messages/search`, { query })
    return searchSchema
      .parse(answer)
      .messages?.flat()
      .map(({ id, channel_id }) => ({ channelId: channel_id, messageId: id }))
  }

  /** The message as it is now; undefined if it is gone or hidden. */
  async message(channelId: string, messageId: string) {
    const channel = await this.#client.channels.fetch(channelId).catch(() => null)
    return channel?.isTextBased()
      ? channel.messages.fetch({ message: messageId, force: true }).catch(() => undefined)
      : undefined
  }

  /** The language of a server. */
  localeOf(guildId: string): string {
    return this.#client.guilds.cache.get(guildId)?.preferredLocale ?? 'en-US'
  }

  /** What a server is called. */
  serverName(guildId: string): string {
    return this.#client.guilds.cache.get(guildId)?.name ?? guildId
  }
}
