/**
 * Renders the world's events as gateway dispatches, and filters those that the bot cannot see.
 *
 * The bot receives events of guilds that it is in, and of messages in channels that it can view.
 * Intents are applied later (`gateway/intents.ts`).
 * Source: developers/events/gateway-events.mdx.
 */

import { INTENT } from '../protocol/constants.ts'
import type { Message } from '../world/message.ts'
import { renderMessageEvent } from './message.ts'
import { can, guildPermissions, holds } from '../world/permissions.ts'
import {
  renderAuditEntry,
  renderChannel,
  renderGuild,
  renderGuildEvent,
  renderMember,
  renderRole,
  renderThreadFor,
  renderThreadMember,
} from './guild.ts'
import { renderUser } from './user.ts'
import type { World } from '../world/world.ts'
import type { ChannelEvent, Emoji, GuildEvent, MessageEvent, WorldEvent } from '../world/events.ts'
import type { Channel } from '../world/types.ts'

/** A gateway dispatch. */
export type Dispatch = {
  readonly name: string
  /** Null for direct messages. */
  readonly guildId: string | null
  /** Sent with any intents. */
  readonly always?: boolean
  readonly data: (reader: Listener) => object
}

/** The session that receives it. */
export type Listener = { readonly seesContent: boolean; readonly intents: number }

/** The dispatch for the event; null if the bot does not receive it. */
export function renderEvent(world: World, event: WorldEvent): Dispatch | null {
  switch (event.name) {
    case 'MESSAGE_CREATE':
    case 'MESSAGE_UPDATE':
    case 'MESSAGE_DELETE':
    case 'MESSAGE_DELETE_BULK':
    case 'MESSAGE_REACTION_ADD':
    case 'MESSAGE_REACTION_REMOVE':
    case 'MESSAGE_REACTION_REMOVE_ALL':
    case 'MESSAGE_REACTION_REMOVE_EMOJI':
      return messageEvent(world, event)
    case 'CHANNEL_CREATE':
    case 'CHANNEL_UPDATE':
    case 'CHANNEL_DELETE':
    case 'CHANNEL_PINS_UPDATE':
    case 'WEBHOOKS_UPDATE':
    case 'THREAD_CREATE':
    case 'THREAD_UPDATE':
    case 'THREAD_DELETE':
    case 'THREAD_LIST_SYNC':
    case 'THREAD_MEMBER_UPDATE':
    case 'THREAD_MEMBERS_UPDATE':
    case 'TYPING_START':
      return channelEvent(world, event)
    case 'INTERACTION_CREATE':
      return { name: event.name, guildId: event.guildId, data: () => event.data }
    case 'MEMBER_EVENT':
    case 'COMMANDS_UPDATE':
    case 'APPLICATION_ONLINE':
    case 'APPLICATION_ABOUT':
      return null
    default:
      return guildEvent(world, event)
  }
}

function guildEvent(world: World, event: GuildEvent): Dispatch | null {
  const { name } = event
  const bot = world.application.bot.id
  if (name === 'GUILD_DELETE') {
    const data = { id: event.guild.id, ...(event.unavailable ? { unavailable: true } : {}) }
    return { name, guildId: event.guild.id, data: () => data }
  }
  const guildId = guildIdOf(event)
  const guild = world.guilds.get(guildId)
  if (!guild?.members.has(bot)) {
    return null
  }
  const by = { guild_id: guildId }
  switch (name) {
    case 'GUILD_CREATE':
      return { name, guildId, data: () => renderGuildEvent(world, guild) }
    case 'GUILD_UPDATE':
      return { name, guildId, data: () => renderGuild(guild) }
    case 'GUILD_ROLE_CREATE':
    case 'GUILD_ROLE_UPDATE':
      return { name, guildId, data: () => ({ ...by, role: renderRole(event.role) }) }
    case 'GUILD_ROLE_DELETE':
      return { name, guildId, data: () => ({ ...by, role_id: event.role.id }) }
    case 'GUILD_MEMBER_REMOVE': {
      const user = renderUser(world.user(event.member.userId))
      return { name, guildId, data: () => ({ ...by, user }) }
    }
    case 'GUILD_MEMBER_ADD':
    case 'GUILD_MEMBER_UPDATE': {
      const isBot = event.member.userId === bot
      // The bot's own joining is GUILD_CREATE; changes of its own member need no intent.
      if (isBot && name === 'GUILD_MEMBER_ADD') {
        return null
      }
      const data = () => ({ ...renderMember(world, event.member), ...by })
      return { name, guildId, always: isBot, data }
    }
    case 'GUILD_BAN_ADD':
    case 'GUILD_BAN_REMOVE': {
      const user = renderUser(world.user(event.userId))
      return { name, guildId, data: () => ({ ...by, user }) }
    }
    default: {
      if (!holds(guildPermissions(world, guild, bot), 'viewAuditLog')) {
        return null
      }
      return { name, guildId, data: () => ({ ...renderAuditEntry(event.entry), ...by }) }
    }
  }
}

function guildIdOf(event: GuildEvent): string {
  if ('guild' in event) {
    return event.guild.id
  }
  if ('role' in event) {
    return event.role.guildId
  }
  if ('member' in event) {
    return event.member.guildId
  }
  return 'entry' in event ? event.entry.guildId : event.guildId
}

function channelEvent(world: World, event: ChannelEvent): Dispatch | null {
  const { channel, name } = event
  const { guildId } = channel
  const bot = world.application.bot.id
  const location = { channel_id: channel.id, ...inGuild(guildId) }
  if (!hears(world, channel, event.name.startsWith('CHANNEL_'))) {
    return null
  }
  switch (name) {
    case 'CHANNEL_CREATE':
    case 'CHANNEL_UPDATE':
    case 'CHANNEL_DELETE':
      // Direct-message channels are not dispatched, only their messages.
      return guildId === null ? null : { name, guildId, data: () => renderChannel(world, channel) }
    case 'CHANNEL_PINS_UPDATE': {
      const { lastPinMs } = channel
      const last_pin_timestamp = lastPinMs === null ? null : new Date(lastPinMs).toISOString()
      return { name, guildId, data: () => ({ ...location, last_pin_timestamp }) }
    }
    case 'THREAD_CREATE': {
      const made = event.isNew ? { newly_created: true } : {}
      return { name, guildId, data: () => ({ ...renderThreadFor(world, channel, bot), ...made }) }
    }
    case 'WEBHOOKS_UPDATE':
      return { name, guildId, data: () => location }
    case 'THREAD_UPDATE':
      return { name, guildId, data: () => renderChannel(world, channel) }
    case 'THREAD_DELETE': {
      if (event.withParent) {
        return null
      }
      const { id, type, parentId } = channel
      return { name, guildId, data: () => ({ id, ...inGuild(guildId), parent_id: parentId, type }) }
    }
    case 'THREAD_LIST_SYNC':
      return { name, guildId, data: () => threadList(world, channel) }
    case 'THREAD_MEMBER_UPDATE':
      return {
        name,
        guildId,
        data: () => ({ ...renderThreadMember(channel, bot), ...inGuild(guildId) }),
      }
    case 'THREAD_MEMBERS_UPDATE':
      return { name, guildId, data: (reader) => threadMembers(world, event, reader) }
    default: {
      const member = world.member(guildId, event.userId)
      const data = {
        ...location,
        user_id: event.userId,
        timestamp: Math.floor(world.clock.now() / 1000),
        ...(member ? { member: renderMember(world, member) } : {}),
      }
      return { name, guildId, data: () => data }
    }
  }
}

/** The threads of a channel that became visible to the bot. */
function threadList(world: World, channel: Channel): object {
  const bot = world.application.bot.id
  const guild = world.guildOf(channel)
  const threads = (guild ? world.threadsOf(guild) : []).filter(
    (t) => t.parentId === channel.id && !t.thread?.archived && can(world, t, bot),
  )
  return {
    guild_id: channel.guildId,
    channel_ids: [channel.id],
    threads: threads.map((thread) => renderChannel(world, thread)),
    members: threads
      .filter(({ thread }) => thread?.members.has(bot))
      .map((thread) => renderThreadMember(thread, bot)),
  }
}

/** Without the members intent the bot receives only its own joining and leaving. */
function threadMembers(
  world: World,
  event: ChannelEvent & { readonly name: 'THREAD_MEMBERS_UPDATE' },
  { intents }: Listener,
): object {
  const { channel } = event
  const bot = world.application.bot.id
  const isListed = (id: string) => id === bot || (intents & INTENT.guildMembers) !== 0
  const added = event.added.filter(isListed).map((id) => {
    const member = world.member(channel.guildId, id)
    return {
      ...renderThreadMember(channel, id),
      ...(member ? { member: renderMember(world, member) } : {}),
      presence: null,
    }
  })
  const removed = event.removed.filter(isListed)
  return {
    id: channel.id,
    guild_id: channel.guildId,
    member_count: channel.thread?.members.size ?? 0,
    ...(added.length > 0 ? { added_members: added } : {}),
    ...(removed.length > 0 ? { removed_member_ids: removed } : {}),
  }
}

function messageEvent(world: World, event: MessageEvent): Dispatch | null {
  if (event.name === 'MESSAGE_DELETE_BULK') {
    const { channel, name } = event
    const { guildId } = channel
    if (!hears(world, channel)) {
      return null
    }
    const ids = event.messages.map(({ id }) => id)
    return { name, guildId, data: () => ({ ids, channel_id: channel.id, ...inGuild(guildId) }) }
  }
  const { message, name } = event
  const { guildId } = message
  const channel = world.channels.get(message.channelId)
  // An ephemeral message is sent to its one reader only, not to its author.
  if (message.visibleTo !== null || !channel || !hears(world, channel)) {
    return null
  }
  const location = { channel_id: channel.id, ...inGuild(guildId) }
  switch (name) {
    case 'MESSAGE_CREATE':
    case 'MESSAGE_UPDATE': {
      // Without the intent this update has no embeds, not even where the bot reads the content:
      // github.com/discord/discord-api-docs, issue 5406.
      const withoutEmbeds = event.bringsPreviews === true && guildId !== null
      const data = (reader: Listener) => ({
        ...renderMessageEvent(world, message, reader),
        ...(withoutEmbeds && !reader.seesContent ? { embeds: [] } : {}),
      })
      return { name, guildId, data }
    }
    case 'MESSAGE_DELETE':
      return { name, guildId, data: () => ({ id: message.id, ...location }) }
    case 'MESSAGE_REACTION_ADD':
    case 'MESSAGE_REACTION_REMOVE': {
      const data = reactionData(world, event.name, message, event.userId, event.emoji)
      return { name, guildId, data: () => ({ ...data, ...location }) }
    }
    case 'MESSAGE_REACTION_REMOVE_ALL':
      return { name, guildId, data: () => ({ message_id: message.id, ...location }) }
    default: {
      const { emoji } = event
      return { name, guildId, data: () => ({ message_id: message.id, emoji, ...location }) }
    }
  }
}

function reactionData(
  world: World,
  name: string,
  message: Message,
  userId: string,
  emoji: Emoji,
): object {
  const added = name === 'MESSAGE_REACTION_ADD'
  const member = added ? world.member(message.guildId, userId) : undefined
  return {
    message_id: message.id,
    user_id: userId,
    emoji,
    burst: false,
    type: 0,
    ...(added ? { message_author_id: message.authorId } : {}),
    ...(member ? { member: renderMember(world, member) } : {}),
  }
}

/** A bot in the guild sees all channels; their events need View Channel. */
function hears(world: World, channel: Channel, listed = false): boolean {
  const bot = world.application.bot.id
  if (channel.guildId === null || !listed) {
    return can(world, channel, bot)
  }
  return world.guilds.get(channel.guildId)?.members.has(bot) ?? false
}

function inGuild(guildId: string | null): object {
  return guildId === null ? {} : { guild_id: guildId }
}
