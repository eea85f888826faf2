/** Reactions: added and removed by members and by the bot. Source: resources/message.mdx. */

import { refuse } from '../protocol/errors.ts'
import type { Message, Reaction } from '../world/message.ts'
import { can, demand } from '../world/permissions.ts'
import type { World } from '../world/world.ts'
import type { Emoji } from '../world/events.ts'
import { checkActive } from '../world/threads/thread-access.ts'

/** Most different emojis on one message. */
const MAX_EMOJIS = 20

/** Text presentation and emoji presentation are the same reaction. */
const VARIATION = /\uFE0F/gu

/**
 * The emoji of a reaction's path: a Unicode emoji. The sandbox has no custom ones.
 *
 * @throws {ApiError} 10014.
 */
export function readEmoji(text: string): Emoji {
  const isEmoji = /^\p{RGI_Emoji}$/v
  if (!isEmoji.test(text) && !isEmoji.test(`${text}\uFE0F`)) {
    throw refuse('unknownEmoji')
  }
  return { id: null, name: text }
}

/** @throws {ApiError} 50001, 50013, 50083 in an archived thread, 30010. */
export function addReaction(world: World, message: Message, emoji: Emoji, userId: string): void {
  const channel = world.channel(message.channelId)
  demand(world, channel, userId, 'readMessageHistory')
  checkActive(channel)
  const existing = findReaction(message, emoji)
  if (existing?.userIds.includes(userId)) {
    return
  }
  // Adding to an existing reaction needs no permission.
  if (!existing && !can(world, channel, userId, 'addReactions')) {
    throw refuse('missingPermissions')
  }
  if (!existing && message.reactions.length >= MAX_EMOJIS) {
    throw refuse('tooManyReactions')
  }
  const newReaction: Reaction = {
    emojiId: emoji.id,
    emojiName: existing?.emojiName ?? emoji.name,
    userIds: [...(existing?.userIds ?? []), userId],
  }
  const otherReactions = message.reactions.filter((reaction) => reaction !== existing)
  message.reactions = existing
    ? message.reactions.map((reaction) => (reaction === existing ? newReaction : reaction))
    : [...otherReactions, newReaction]
  world.emit({ name: 'MESSAGE_REACTION_ADD', message, userId, emoji })
}

/**
 * Removes a user's reaction; that of another user needs Manage Messages.
 *
 * @throws {ApiError} 10014 for an unknown reaction, 50001, 50013, 50083.
 */
export function removeReaction(
  world: World,
  message: Message,
  emoji: Emoji,
  userId: string,
  byId: string,
): void {
  const channel = world.channel(message.channelId)
  const other = userId === byId ? [] : (['manageMessages'] as const)
  demand(world, channel, byId, 'readMessageHistory', ...other)
  checkActive(channel)
  const existing = findReaction(message, emoji)
  if (!existing) {
    throw refuse('unknownEmoji')
  }
  if (!existing.userIds.includes(userId)) {
    return
  }
  const userIds = existing.userIds.filter((id) => id !== userId)
  message.reactions = message.reactions.flatMap((reaction) => {
    if (reaction !== existing) {
      return reaction
    }
    return userIds.length === 0 ? [] : { ...existing, userIds }
  })
  world.emit({ name: 'MESSAGE_REACTION_REMOVE', message, userId, emoji })
}

/** Removes all reactions, or all of one emoji. @throws {ApiError} 10014, 50001, 50013. */
export function clearReactions(
  world: World,
  message: Message,
  emoji: Emoji | null,
  byId: string,
): void {
  demand(world, world.channel(message.channelId), byId, 'manageMessages')
  if (emoji === null) {
    message.reactions = []
    world.emit({ name: 'MESSAGE_REACTION_REMOVE_ALL', message })
    return
  }
  const existing = findReaction(message, emoji)
  if (!existing) {
    throw refuse('unknownEmoji')
  }
  message.reactions = message.reactions.filter((reaction) => reaction !== existing)
  world.emit({ name: 'MESSAGE_REACTION_REMOVE_EMOJI', message, emoji })
}

/** The reaction with that emoji, if there is one. */
export function findReaction(message: Message, emoji: Emoji): Reaction | undefined {
  const bare = emoji.name.replaceAll(VARIATION, '')
  return message.reactions.find(
    ({ emojiId, emojiName }) =>
      emojiId === emoji.id && emojiName.replaceAll(VARIATION, '') === bare,
  )
}
