/**
 * What a new message refers to: a reply's target, or a forward's source and its snapshot.
 *
 * Source: developers/resources/message.mdx, "Message Reference Content Attribution".
 */

import { MESSAGE_TYPE } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import { Checks } from '../protocol/field-checks.ts'
import type { Message, MessageReference, MessageSnapshot } from '../world/message.ts'
import { can } from '../world/permissions.ts'
import type { Channel } from '../world/types.ts'
import type { World } from '../world/world.ts'
import type { Pointer } from './body.ts'

/** The reference type of a forward. */
export const FORWARD = 1

/** The types of messages that a person or an application writes; all others are system messages. */
const WRITTEN_TYPES: readonly number[] = [
  MESSAGE_TYPE.default,
  MESSAGE_TYPE.reply,
  MESSAGE_TYPE.chatInputCommand,
  MESSAGE_TYPE.contextMenuCommand,
]

/** A message that refers to another one. */
export type Referring = {
  readonly channel: Channel
  readonly authorId: string
  readonly pointer: Pointer | undefined
  /** The path of the body in the request, for the paths of errors. */
  readonly base?: string
}

/**
 * The message replied to or forwarded; undefined without a pointer, and if it is unknown and
 * `fail_if_not_exists` is false.
 *
 * @throws {ApiError} 50035 for an unknown message or a system message, 160002 or 160014 for one
 *   that the author cannot read.
 */
export function pointedAt(world: World, referring: Referring): Message | undefined {
  const { channel, authorId, pointer, base } = referring
  if (!pointer) {
    return undefined
  }
  const { type, messageId, channelId = channel.id, failIfMissing } = pointer
  const existing = world.messages.get(channelId)?.get(messageId)
  // A reply cannot refer to an ephemeral message, not even by the user who sees it.
  const target = existing?.visibleTo === null ? existing : undefined
  if (type === FORWARD) {
    return forwarded(world, target, authorId)
  }
  const checks = new Checks(base)
  if (target && channelId === channel.id) {
    if (!can(world, channel, authorId, 'readMessageHistory')) {
      throw refuse('cannotReplyUnread')
    }
    if (!WRITTEN_TYPES.includes(target.type)) {
      const code = 'REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE'
      checks.fail('message_reference', code, 'Cannot reply to a system message')
    }
    checks.done()
    return target
  }
  if (failIfMissing) {
    checks.fail('message_reference', 'MESSAGE_REFERENCE_UNKNOWN_MESSAGE', 'Unknown message')
    checks.done()
  }
  return undefined
}

function forwarded(world: World, source: Message | undefined, authorId: string): Message {
  const channel = source && world.channels.get(source.channelId)
  if (!source || !channel) {
    throw refuse('cannotForwardUnread')
  }
  const readsOnlyOwn = world.application.bot.id === authorId && !world.application.messageContent
  const unread = readsOnlyOwn && source.guildId !== null && source.authorId !== authorId
  if (unread || !can(world, channel, authorId, 'readMessageHistory')) {
    throw refuse('cannotForwardUnread')
  }
  // Discord documents that these cannot be forwarded, but not the code.
  if (!WRITTEN_TYPES.includes(source.type)) {
    throw refuse('systemMessage')
  }
  return source
}

/** A forward of a forward has the snapshot of the first one. */
export function snapshotOf(source: Message): MessageSnapshot {
  const [shown] = source.snapshots
  if (shown) {
    return shown
  }
  const { type, content, timestampMs, editedMs, flags, files, embeds, previews } = source
  const { components, stickers, mentions, mentionRoles } = source
  const body = { content, files, embeds, previews, components, stickers, mentions, mentionRoles }
  return { type, timestampMs, editedMs, flags, ...body }
}

/** The reference of a new message; null without a source. */
export function referenceTo(
  source: Message | undefined,
  pointer: Pointer | undefined,
): MessageReference | null {
  if (!source) {
    return null
  }
  const { id, channelId, guildId } = source
  return { type: pointer?.type === FORWARD ? 1 : 0, messageId: id, channelId, guildId }
}
