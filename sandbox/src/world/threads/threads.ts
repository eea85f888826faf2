/**
 * Threads: start, modify, join and leave.
 *
 * Source: developers/topics/threads.mdx; developers/resources/channel.mdx.
 */

import { CHANNEL_TYPE, MESSAGE_FLAG, MESSAGE_TYPE } from '../../protocol/constants.ts'
import { refuse } from '../../protocol/errors.ts'
import type { Message } from '../message.ts'
import { can, demand } from '../permissions.ts'
import { postSystemMessage } from '../system-messages.ts'
import type { World } from '../world.ts'
import { AUDIT, changesBetween, note } from '../audit-log.ts'
import type { Actor } from '../audit-log.ts'
import { checkActive } from './thread-access.ts'
import { tellJoined } from './thread-life.ts'
import type { NewThread, ThreadChanges } from './thread-fields.ts'
import type { Channel } from '../types.ts'

const DEFAULT_ARCHIVE_MINUTES = 1440
const MAX_MEMBERS = 1000
/**
 * Starts a thread, with or without a starter message.
 *
 * @throws {ApiError} 50024 in a channel without threads, 50013, 160004 if the message has one.
 */
export function startThread(
  world: World,
  channel: Channel,
  fresh: NewThread,
  actor: Actor,
  message?: Message,
): Channel {
  const isAnnouncement = channel.type === CHANNEL_TYPE.guildAnnouncement
  const isText = channel.type === CHANNEL_TYPE.guildText
  const isPrivate = fresh.type === CHANNEL_TYPE.privateThread
  if (!isText && !(isAnnouncement && !isPrivate)) {
    throw refuse('wrongChannelType')
  }
  demand(world, channel, actor.userId, isPrivate ? 'createPrivateThreads' : 'createPublicThreads')
  if (message && world.channels.has(message.id)) {
    throw refuse('threadExists')
  }
  const guild = world.guildOf(channel)
  if (!guild) {
    throw refuse('notInDirectMessages')
  }
  const now = world.clock.now()
  const thread = world.addChannel(guild, {
    ...(message ? { id: message.id } : {}),
    name: fresh.name,
    type: isAnnouncement
      ? CHANNEL_TYPE.announcementThread
      : (fresh.type ?? CHANNEL_TYPE.publicThread),
    parentId: channel.id,
    nsfw: channel.nsfw,
    slowmodeS: fresh.slowmodeS ?? 0,
    thread: {
      ownerId: actor.userId,
      createdMs: now,
      members: new Map([[actor.userId, now]]),
      archived: false,
      archivedMs: now,
      autoArchiveMinutes: fresh.autoArchiveMinutes ?? DEFAULT_ARCHIVE_MINUTES,
      locked: false,
      invitable: fresh.invitable ?? true,
      messageCount: 0,
      totalMessages: 0,
    },
  })
  tellJoined(world, thread, actor.userId)
  announce(world, channel, thread, actor, message)
  note(world, guild.id, actor, { action: AUDIT.threadCreate, targetId: thread.id })
  return thread
}

/**
 * Posts the starter message in a thread from a message; announces other public ones in the channel.
 */
function announce(
  world: World,
  parent: Channel,
  thread: Channel,
  actor: Actor,
  message?: Message,
): void {
  const { guildId } = parent
  if (message) {
    world.update(message, { flags: message.flags | MESSAGE_FLAG.hasThread })
    const reference = { type: 0, messageId: message.id, channelId: parent.id, guildId } as const
    postSystemMessage(world, thread, actor.userId, MESSAGE_TYPE.threadStarter, { reference })
  } else if (thread.type !== CHANNEL_TYPE.privateThread) {
    const reference = { type: 0, messageId: thread.id, channelId: thread.id, guildId } as const
    const body = { content: thread.name, reference }
    postSystemMessage(world, parent, actor.userId, MESSAGE_TYPE.threadCreated, body)
  }
}

/**
 * Changes a thread and emits the event.
 *
 * @throws {ApiError} 50001, 50013, or 50083 for other changes to an archived thread.
 */
export function modifyThread(
  world: World,
  channel: Channel,
  changes: ThreadChanges,
  actor: Actor,
): void {
  const thread = channel.thread!
  const { archived, locked, name, slowmodeS, invitable, autoArchiveMinutes } = changes
  checkMayModify(world, channel, changes, actor.userId)
  const before = describe(channel)
  channel.name = name ?? channel.name
  channel.slowmodeS = slowmodeS ?? channel.slowmodeS
  const touched =
    autoArchiveMinutes !== undefined && autoArchiveMinutes !== thread.autoArchiveMinutes
  thread.autoArchiveMinutes = autoArchiveMinutes ?? thread.autoArchiveMinutes
  thread.locked = locked ?? thread.locked
  thread.invitable = invitable ?? thread.invitable
  if (touched || (archived !== undefined && archived !== thread.archived)) {
    thread.archived = archived ?? thread.archived
    thread.archivedMs = world.clock.now()
  }
  world.emit({ name: 'THREAD_UPDATE', channel })
  const updates = changesBetween(before, describe(channel))
  if (updates.length === 0) {
    return
  }
  note(world, channel.guildId, actor, {
    action: AUDIT.threadUpdate,
    targetId: channel.id,
    changes: updates,
  })
}

function checkMayModify(
  world: World,
  channel: Channel,
  changes: ThreadChanges,
  userId: string,
): void {
  const thread = channel.thread!
  demand(world, channel, userId)
  const moderates = can(world, channel, userId, 'manageThreads')
  const { archived, locked, slowmodeS, ...ownerChanges } = changes
  if (thread.archived && archived !== false && archived === undefined) {
    checkActive(channel)
  }
  if (moderates) {
    return
  }
  if (locked !== undefined || slowmodeS !== undefined || thread.locked) {
    throw refuse('missingPermissions')
  }
  if (archived === false && !thread.members.has(userId)) {
    throw refuse('missingPermissions')
  }
  const restricted = Object.keys(ownerChanges).length > 0 || archived === true
  if (restricted && thread.ownerId !== userId) {
    throw refuse('missingPermissions')
  }
}

function describe(channel: Channel): object {
  const { archived, locked, autoArchiveMinutes } = channel.thread!
  return {
    name: channel.name,
    rate_limit_per_user: channel.slowmodeS,
    archived,
    locked,
    auto_archive_duration: autoArchiveMinutes,
  }
}

/**
 * Joins a thread, or adds another user to it.
 *
 * @throws {ApiError} 50001, 50013, 50083 when it is archived, 30033 if it is full.
 */
export function joinThread(world: World, channel: Channel, userId: string, actor: Actor): void {
  const thread = channel.thread
  if (!thread) {
    throw refuse('wrongChannelType')
  }
  demand(world, channel, actor.userId)
  checkActive(channel)
  if (thread.members.has(userId)) {
    return
  }
  const parent = world.channel(channel.parentId ?? '')
  if (!can(world, parent, userId)) {
    throw refuse('missingAccess')
  }
  if (userId !== actor.userId) {
    demand(world, channel, actor.userId, 'sendMessagesInThreads')
    const mayInvite =
      channel.type !== CHANNEL_TYPE.privateThread ||
      thread.invitable ||
      thread.ownerId === actor.userId ||
      can(world, channel, actor.userId, 'manageThreads')
    if (!mayInvite) {
      throw refuse('missingPermissions')
    }
  }
  if (thread.members.size >= MAX_MEMBERS) {
    throw refuse('tooManyThreadMembers')
  }
  thread.members.set(userId, world.clock.now())
  if (userId === world.application.bot.id) {
    world.emit({ name: 'THREAD_CREATE', channel, isNew: false })
  }
  tellJoined(world, channel, userId)
}

/**
 * Leaves a thread, or removes another user from it.
 *
 * @throws {ApiError} 50001, 50013, 50083 when it is archived.
 */
export function leaveThread(world: World, channel: Channel, userId: string, actor: Actor): void {
  const thread = channel.thread
  if (!thread) {
    throw refuse('wrongChannelType')
  }
  demand(world, channel, actor.userId)
  checkActive(channel)
  const ownPrivate = channel.type === CHANNEL_TYPE.privateThread && thread.ownerId === actor.userId
  if (userId !== actor.userId && !ownPrivate) {
    demand(world, channel, actor.userId, 'manageThreads')
  }
  if (!thread.members.delete(userId)) {
    return
  }
  world.emit({ name: 'THREAD_MEMBERS_UPDATE', channel, added: [], removed: [userId] })
}
