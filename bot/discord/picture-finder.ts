/** Finds the pictures that a person refers to: in a channel's recent messages, or by a link. */

import type { Message, MessageContextMenuCommandInteraction, TextBasedChannel } from 'discord.js'
import { PermissionFlagsBits } from 'discord.js'
import type { FoundPicture } from '../../commands/picture.ts'
import { InputError } from '../../config/errors.ts'
import { requirePictures } from '../messages/message-subject.ts'
import { picturesIn } from './message-pictures.ts'
import { errorKind } from './api-errors.ts'
import {
  assertMayPointAt,
  assertMayPointAtMessage,
  isPointable,
  type Viewer,
  viewerOf,
} from './picture-access.ts'

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

/** The newest messages with pictures that a person may point at, the newest first; the bot's own are left out. */
export async function recentWithPictures(
  channel: TextBasedChannel,
  viewer: Viewer,
): Promise<Message[]> {
  return (await recentMessages(channel))
    .filter(({ author, client }) => author.id !== client.user.id)
    .filter((message) => isPointable(viewer, message))
    .filter((message) => picturesIn(message).length > 0)
}

/**
 * The newest message that has pictures that a person may point at; undefined if there is none.
 *
 * @throws {InputError} if the channel cannot be read, or its history cannot.
 */
export async function newestWithPictures(
  channel: TextBasedChannel | null,
  viewer: Viewer,
): Promise<Message | undefined> {
  if (channel === null) {
    throw new InputError('channel/unreadable')
  }
  const [newest] = await recentWithPictures(channel, viewer).catch((error: unknown) => {
    throw errorKind(error) === 'forbidden' || errorKind(error) === 'gone'
      ? new InputError('channel/unreadable', null, { cause: error })
      : error
  })
  if (!newest && !canReadHistory(channel)) {
    throw new InputError('channel/no-history')
  }
  if (!newest && !viewer.readsHistory) {
    throw new InputError('channel/history-hidden')
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
 * The pictures of the message whose menu was used.
 *
 * @throws {InputError} that says what the message has instead, or that it may not be pointed at.
 */
export async function menuPictures(
  interaction: MessageContextMenuCommandInteraction,
): Promise<readonly FoundPicture[]> {
  const { targetMessage } = interaction
  // Discord shows the message, which may be new in a channel whose history the person cannot read.
  await assertMayPointAtMessage({ ...viewerOf(interaction), readsHistory: true }, targetMessage)
  return requirePictures(targetMessage)
}

function hiddenLinkError(cause?: unknown): InputError {
  return new InputError('link/hidden', null, { cause })
}

/**
 * The message that a link or an id names.
 *
 * @throws {InputError} if it is not such a link, is of another server, was deleted, or may not be
 *   pointed at (bot/discord/picture-access.ts).
 */
export async function linkedMessage(link: string, viewer: Viewer): Promise<Message> {
  const { client, place } = viewer
  const match = LINK.exec(link.trim().replace(/^<(.*)>$/, '$1'))
  if (!match || (match[1] !== undefined && match[1] !== (place.guildId ?? '@me'))) {
    throw new InputError('link/invalid')
  }
  const channelId = match[2] ?? place.channelId
  const channel = await client.channels.fetch(channelId).catch((error: unknown) => {
    throw hiddenLinkError(error)
  })
  if (!channel?.isTextBased()) {
    throw hiddenLinkError()
  }
  if (channel.isDMBased() ? channelId !== place.channelId : channel.guildId !== place.guildId) {
    throw new InputError('link/invalid')
  }
  await assertMayPointAt(viewer, { channelId })
  const message = await channel.messages.fetch(match[3]!).catch((error: unknown) => {
    throw errorKind(error) === 'gone'
      ? new InputError('link/message-gone', null, { cause: error })
      : hiddenLinkError(error)
  })
  await assertMayPointAtMessage(viewer, message)
  return message
}
