/** Renders guilds, roles, members, channels and threads. */

import { CHANNEL_TYPE } from '../protocol/constants.ts'
import { can } from '../world/permissions.ts'
import { renderUser } from './user.ts'
import type { World } from '../world/world.ts'
import type { AuditEntry, Channel, Guild, Member, Role } from '../world/types.ts'

/** Discord counts a thread's members up to this number. */
const MAX_MEMBER_COUNT = 50

/** The member object of the API. */
export function renderMember(world: World, member: Member) {
  return {
    user: renderUser(world.user(member.userId)),
    nick: member.nick,
    avatar: null,
    banner: null,
    roles: member.roles,
    joined_at: time(member.joinedMs),
    premium_since: null,
    deaf: false,
    mute: false,
    pending: false,
    flags: 0,
    communication_disabled_until:
      member.timeoutUntilMs === null ? null : time(member.timeoutUntilMs),
  }
}

/** The role object of the API. */
export function renderRole(role: Role): object {
  return {
    id: role.id,
    name: role.name,
    description: null,
    color: role.color,
    colors: { primary_color: role.color, secondary_color: null, tertiary_color: null },
    hoist: role.hoist,
    icon: null,
    unicode_emoji: null,
    position: role.position,
    permissions: String(role.permissions),
    managed: role.botId !== null,
    mentionable: role.mentionable,
    flags: 0,
    ...(role.botId === null ? {} : { tags: { bot_id: role.botId } }),
  }
}

/** The channel object of the API, for a channel or thread. */
export function renderChannel(world: World, channel: Channel): object {
  const base = {
    id: channel.id,
    type: channel.type,
    last_message_id: channel.lastMessageId,
    flags: 0,
    ...(channel.lastPinMs === null ? {} : { last_pin_timestamp: time(channel.lastPinMs) }),
  }
  if (channel.guildId === null) {
    const people = channel.recipients.filter((id) => id !== world.application.bot.id)
    const recipients = people.map((id) => renderUser(world.user(id)))
    if (channel.type !== CHANNEL_TYPE.groupDm) {
      return { ...base, recipients }
    }
    const name = channel.name === '' ? null : channel.name
    return { ...base, recipients, name, icon: null, owner_id: channel.recipients[0] }
  }
  const inGuild = {
    ...base,
    guild_id: channel.guildId,
    name: channel.name,
    parent_id: channel.parentId,
    rate_limit_per_user: channel.slowmodeS,
  }
  if (channel.thread) {
    return { ...inGuild, ...renderThread(channel, channel.thread) }
  }
  return {
    ...inGuild,
    topic: channel.topic,
    position: channel.position,
    nsfw: channel.nsfw,
    permission_overwrites: [...channel.overwrites.values()].map(({ id, type, allow, deny }) => ({
      id,
      type,
      allow: String(allow),
      deny: String(deny),
    })),
  }
}

function renderThread(channel: Channel, thread: NonNullable<Channel['thread']>): object {
  return {
    owner_id: thread.ownerId,
    message_count: thread.messageCount,
    total_message_sent: thread.totalMessages,
    member_count: Math.min(thread.members.size, MAX_MEMBER_COUNT),
    thread_metadata: {
      archived: thread.archived,
      archive_timestamp: time(thread.archivedMs),
      auto_archive_duration: thread.autoArchiveMinutes,
      locked: thread.locked,
      create_timestamp: time(thread.createdMs),
      ...(channel.type === CHANNEL_TYPE.privateThread ? { invitable: thread.invitable } : {}),
    },
  }
}

/** The channel object of a thread, with the user's thread member if there is one. */
export function renderThreadFor(world: World, channel: Channel, userId: string): object {
  const joined = channel.thread?.members.has(userId)
  return {
    ...renderChannel(world, channel),
    ...(joined ? { member: renderThreadMember(channel, userId) } : {}),
  }
}

/** The thread member object of the API. */
export function renderThreadMember(channel: Channel, userId: string): object {
  return {
    id: channel.id,
    user_id: userId,
    join_timestamp: time(channel.thread?.members.get(userId) ?? 0),
    flags: 0,
  }
}

/** The guild object of the API. */
export function renderGuild(guild: Guild): object {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    description: guild.description,
    home_header: null,
    splash: null,
    discovery_splash: null,
    features: [],
    banner: null,
    owner_id: guild.ownerId,
    application_id: null,
    region: 'deprecated',
    afk_channel_id: null,
    afk_timeout: 300,
    system_channel_id: null,
    system_channel_flags: 0,
    widget_enabled: false,
    widget_channel_id: null,
    verification_level: 0,
    roles: [...guild.roles.values()].map(renderRole),
    default_message_notifications: 0,
    mfa_level: 0,
    explicit_content_filter: 0,
    max_presences: null,
    max_members: 500_000,
    max_stage_video_channel_users: 50,
    max_video_channel_users: 25,
    vanity_url_code: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    preferred_locale: 'en-US',
    rules_channel_id: null,
    safety_alerts_channel_id: null,
    public_updates_channel_id: null,
    premium_progress_bar_enabled: false,
    premium_progress_bar_enabled_user_updated_at: null,
    nsfw: false,
    nsfw_level: 0,
    emojis: [],
    stickers: [],
    incidents_data: null,
    inventory_settings: null,
    embed_enabled: false,
    embed_channel_id: null,
  }
}

/** The guild object of GUILD_CREATE: with members, channels, and the threads that the bot sees. */
export function renderGuildEvent(world: World, guild: Guild) {
  const { bot } = world.application
  return {
    ...renderGuild(guild),
    joined_at: time(guild.members.get(bot.id)?.joinedMs ?? 0),
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    voice_states: [],
    members: [...guild.members.values()].map((member) => renderMember(world, member)),
    channels: world.channelsOf(guild).map((channel) => renderChannel(world, channel)),
    threads: world
      .threadsOf(guild)
      .filter((thread) => !thread.thread?.archived && can(world, thread, bot.id))
      .map((thread) => renderThreadFor(world, thread, bot.id)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  }
}

/** The audit log entry object of the API. */
export function renderAuditEntry(entry: AuditEntry): object {
  return {
    id: entry.id,
    action_type: entry.action,
    user_id: entry.userId,
    target_id: entry.targetId,
    ...(entry.reason === null ? {} : { reason: entry.reason }),
    ...(entry.changes.length > 0 ? { changes: entry.changes } : {}),
    ...(entry.options === null ? {} : { options: entry.options }),
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
