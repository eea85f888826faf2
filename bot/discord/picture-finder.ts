/** Finds the pictures that a person refers to: in a channel's recent messages, or by a link. */

import type { Client, Message, TextBasedChannel, User } from 'discord.js'
import { PermissionFlagsBits } from 'discord.js'
import type { FoundPicture } from '../../commands/picture.ts'
import { InputError } from '../../config/errors.ts'
import { picturesIn } from './message-pictures.ts'
import { errorKind } from './api-errors.ts'

/** Messages of a channel that are searched. */
const MESSAGE_LIMIT = 50
/**
 * A message's link as it can be copied or typed, also in angle brackets, of another release channel
 * of Discord's client (ptb, canary), or with a query; or the message's id alone.
 */
const LINK =
  /^(?:https?:\/\/[^/\s]+\/channels\/(\d{1,20}|@me)\/(\d{1,20})\/)?(\d{15,20})\/?(?:[?#]\S*)?$/

/** The newest messages of a channel, the newest first. */
export async function recentMessages(channel: TextBasedChannel): Promise<Message[]> {
  const messages = await channel.messages.fetch({ limit: MESSAGE_LIMIT })
  const newestFirst = [...messages.values()].toSorted((a, b) =>
    BigInt(a.id) < BigInt(b.id) ? 1 : -1,
  )
  if (!channel.isThread() || messages.size === MESSAGE_LIMIT || messages.has(channel.id)) {
    return newestFirst
  }
  // The message that a thread was started from stays in the channel above.
  const starter = await channel.fetchStarterMessage().catch(() => null)
  return starter ? [...newestFirst, starter] : newestFirst
}

/** The newest messages with pictures, the newest first; the bot's own are left out. */
export async function recentWithPictures(channel: TextBasedChannel): Promise<Message[]> {
  return (await recentMessages(channel))
    .filter(({ author, client }) => author.id !== client.user.id)
    .filter((message) => picturesIn(message).length > 0)
}

/**
 * The newest message that has pictures; undefined if there is none.
 *
 * @throws {InputError} if the channel cannot be read.
 */
export async function newestWithPictures(
  channel: TextBasedChannel | null,
): Promise<Message | undefined> {
  if (channel === null) {
    throw new InputError('channel/unreadable')
  }
  const [newest] = await recentWithPictures(channel).catch((error: unknown) => {
    throw errorKind(error) === 'forbidden' || errorKind(error) === 'gone'
      ? new InputError('channel/unreadable', null, { cause: error })
      : error
  })
  if (!newest && !canReadHistory(channel)) {
    throw new InputError('channel/no-history')
  }
  return newest
}

/** Without the permission, Discord returns no messages instead of an error. */
function canReadHistory(channel: TextBasedChannel): boolean {
  const { ReadMessageHistory } = PermissionFlagsBits
  const permissions = channel.isDMBased() ? null : channel.permissionsFor(channel.client.user)
  return permissions === null || permissions.has(ReadMessageHistory)
}

/**
 * The pictures of the newest message that has some.
 *
 * @throws {InputError} if there is none, or the channel cannot be read.
 */
export async function newestPictures(channel: TextBasedChannel | null): Promise<FoundPicture[]> {
  const newest = await newestWithPictures(channel)
  if (!newest) {
    throw new InputError('image/none-here')
  }
  return picturesIn(newest)
}

function hiddenLinkError(cause?: unknown): InputError {
  return new InputError('link/hidden', null, { cause })
}

/**
 * The message that a link or an id names.
 *
 * @throws {InputError} if it is not such a link, is of another server, was deleted, or is not visible to
 *   both the person and the bot.
 */
export async function linkedMessage(
  client: Client,
  link: string,
  { guildId, channelId, user }: { guildId: string | null; channelId: string; user: User },
): Promise<Message> {
  const match = LINK.exec(link.trim().replace(/^<(.*)>$/, '$1'))
  if (!match || (match[1] !== undefined && match[1] !== (guildId ?? '@me'))) {
    throw new InputError('link/invalid')
  }
  const channel = await client.channels.fetch(match[2] ?? channelId).catch((error: unknown) => {
    throw hiddenLinkError(error)
  })
  if (!channel?.isTextBased()) {
    throw hiddenLinkError()
  }
  if (channel.isDMBased() ? channel.id !== channelId : channel.guildId !== guildId) {
    throw new InputError('link/invalid')
  }
  if (!channel.isDMBased() && channel.id !== channelId) {
    const member = await channel.guild.members.fetch(user.id)
    const { ViewChannel, ReadMessageHistory } = PermissionFlagsBits
    if (!channel.permissionsFor(member).has([ViewChannel, ReadMessageHistory])) {
      throw hiddenLinkError()
    }
  }
  return channel.messages.fetch(match[3]!).catch((error: unknown) => {
    throw errorKind(error) === 'gone'
      ? new InputError('link/message-gone', null, { cause: error })
      : hiddenLinkError(error)
  })
}
