/**
 * Sends, edits and deletes messages as a user; shared by the routes and the members API.
 *
 * Source: developers/resources/message.mdx and developers/topics/permissions.mdx.
 */

import type { Files } from '../protocol/body.ts'
import type { Json } from '../protocol/field-checks.ts'
import {
  CHANNEL_TYPE,
  MAX_CONTENT,
  MAX_NITRO_CONTENT,
  MESSAGE_FLAG,
} from '../protocol/constants.ts'
import { refuse, refuseSlowmode } from '../protocol/errors.ts'
import { snowflakeTime } from '../protocol/snowflake.ts'
import type { Message } from '../world/message.ts'
import { createMessage, editMessage } from './create-message.ts'
import { previewLater } from './link-previews.ts'
import { readMessageBody } from './body.ts'
import { can, demand, sendingIn } from '../world/permissions.ts'
import type { World } from '../world/world.ts'
import { AUDIT, note } from '../world/audit-log.ts'
import { checkEditable, checkSendable } from '../world/threads/thread-access.ts'
import type { Channel } from '../world/types.ts'

const HOUR_MS = 60 * 60 * 1000

/** Maximum edits per hour of a message older than an hour. Discord does not document the number. */
const MAX_OLD_EDITS = 30

/** The user and channel of an action on a message. */
export type MessageAction = {
  readonly world: World
  readonly channel: Channel
  readonly userId: string
  /** For the audit log. */
  readonly reason?: string | null
}

/**
 * Sends a message as a user.
 *
 * @throws {ApiError} 50001 or 50013 without permission, 20016 in slow mode, 160005 or 50083 in a
 *   locked thread, 50007 or 50278 to a person whom the bot cannot message, and what `createMessage` throws.
 */
export async function sendAs(action: MessageAction, json: Json, files: Files): Promise<Message> {
  const { world, channel, userId } = action
  demand(world, channel, userId, sendingIn(channel))
  checkSlowmode(action)
  checkSendable(world, channel, userId)
  checkBlocked(action)
  const body = readMessageBody(json, files, { maxContent: maxContentOf(action) })
  if (body.uploads.length > 0) {
    demand(world, channel, userId, 'attachFiles')
  }
  if (body.embeds?.length) {
    demand(world, channel, userId, 'embedLinks')
  }
  return createMessage(world, { channel, authorId: userId, body })
}

function maxContentOf({ world, userId }: MessageAction): number {
  return world.nitro.has(userId) ? MAX_NITRO_CONTENT : MAX_CONTENT
}

/**
 * A person who blocked the bot gets no direct messages from it, and cannot send it any; nor does one
 * who neither shares a guild with it nor installed it.
 */
function checkBlocked({ world, channel, userId }: MessageAction): void {
  const { bot, blockedBy, installedBy } = world.application
  const isWithBot = channel.type === CHANNEL_TYPE.dm && channel.recipients.includes(bot.id)
  const person = channel.recipients.find((id) => id !== bot.id)
  if (!isWithBot || person === undefined) {
    return
  }
  if (blockedBy.has(person)) {
    throw refuse('cannotMessageUser')
  }
  const guilds = world.guildsOf(bot.id)
  const isKnown = installedBy.has(person) || guilds.some(({ members }) => members.has(person))
  if (userId === bot.id && !isKnown) {
    throw refuse('noMutualGuild')
  }
}

/** Bots are unaffected. Source: developers/resources/channel.mdx, `rate_limit_per_user`. */
function checkSlowmode({ world, channel, userId }: MessageAction): void {
  const isExempt = world.user(userId).bot || can(world, channel, userId, 'bypassSlowmode')
  if (channel.slowmodeS === 0 || isExempt) {
    return
  }
  const last = world.history(channel.id).findLast((m) => m.authorId === userId && !m.origin)
  if (!last) {
    return
  }
  const waitMs = last.timestampMs + channel.slowmodeS * 1000 - world.clock.now()
  if (waitMs > 0) {
    throw refuseSlowmode(waitMs)
  }
}

/**
 * Edits a message as a user; on others' messages a moderator can only suppress the embeds.
 *
 * @throws {ApiError} 50005, 30046, 50083 or 160005 in an archived or locked thread, and what
 *   `editMessage` throws.
 */
export async function editAs(
  action: MessageAction,
  message: Message,
  json: Json,
  files: Files,
): Promise<Message> {
  const { world, channel, userId } = action
  demand(world, channel, userId)
  checkEditable(world, channel, userId)
  if (message.authorId !== userId) {
    return moderate(action, message, json)
  }
  countEdit(world, message)
  const body = readMessageBody(json, files, {
    before: message,
    maxContent: maxContentOf(action),
  })
  return editMessage(world, message, body)
}

function moderate(
  { world, channel, userId }: MessageAction,
  message: Message,
  json: Json,
): Message {
  const changedKeys = ['content', 'embeds', 'components', 'attachments'].filter(
    (key) => key in json,
  )
  if (changedKeys.length > 0 || typeof json['flags'] !== 'number') {
    throw refuse('notYourMessage')
  }
  demand(world, channel, userId, 'manageMessages')
  const { suppressEmbeds } = MESSAGE_FLAG
  const flags = (message.flags & ~suppressEmbeds) | (json['flags'] & suppressEmbeds)
  world.update(message, { flags })
  previewLater(world, message)
  return message
}

function countEdit(world: World, message: Message): void {
  const now = world.clock.now()
  if (snowflakeTime(message.id) + HOUR_MS > now) {
    return
  }
  const edits = (message.lateEditsMs ?? []).filter((ms) => ms + HOUR_MS > now)
  if (edits.length >= MAX_OLD_EDITS) {
    throw refuse('tooManyEdits')
  }
  message.lateEditsMs = [...edits, now]
}

/**
 * Deletes a message as a user.
 *
 * @throws {ApiError} 50013 for others' messages without Manage Messages, and in direct messages.
 */
export function deleteAs(
  { world, channel, userId, reason }: MessageAction,
  message: Message,
): void {
  demand(world, channel, userId)
  const others = message.authorId !== userId
  if (others) {
    // In a direct-message channel a user cannot delete the other's messages.
    if (channel.guildId === null) {
      throw refuse('missingPermissions')
    }
    demand(world, channel, userId, 'manageMessages')
  }
  world.remove(message)
  if (!others) {
    return
  }
  note(
    world,
    channel.guildId,
    { userId, reason: reason ?? null },
    {
      action: AUDIT.messageDelete,
      targetId: message.authorId,
      options: { channel_id: channel.id, count: '1' },
    },
  )
}
