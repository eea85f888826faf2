/**
 * Discord's form of what the world holds, for one reader.
 *
 * Without the Message Content intent a bot reads `content`, `attachments`, `embeds` and
 * `components` empty, except in its own messages, in direct messages, where it is mentioned, and
 * in a reply that pings it for one of its ordinary messages: a reply to an answer to a command
 * does not count. Source: developers/gateway/you-might-not-need-a-privileged-intent.mdx.
 */

import { APPLICATION_FLAG, CHANNEL_TYPE, MESSAGE_TYPE } from './constants.ts'
import { type Channel, type Message, renderUser, type World } from './world.ts'

/** Everything the guild's roles and permissions come down to so far: all but administrator. */
export const MEMBER_PERMISSIONS = String(0x7f_ffff_ffff_fff7n & ~0x8n)

/** Who reads: someone with eyes, or an application with or without the intent. */
export type Reader = { readonly seesContent: boolean }

/** The message as the API gives it. */
export function renderMessage(world: World, message: Message, reader: Reader): object {
  const clear = reader.seesContent || isReadable(world, message)
  const application = message.origin === null ? {} : renderOrigin(world, message)
  return {
    id: message.id,
    type: message.type,
    channel_id: message.channelId,
    author: renderUser(world.user(message.authorId)),
    content: clear ? message.content : '',
    timestamp: new Date(message.timestampMs).toISOString(),
    edited_timestamp: message.editedMs === null ? null : new Date(message.editedMs).toISOString(),
    tts: false,
    mention_everyone: message.mentionEveryone,
    mentions: message.mentions.map((id) => renderUser(world.user(id))),
    mention_roles: [],
    attachments: clear ? message.files.map((file) => world.cdn.describe(file)) : [],
    embeds: clear ? message.embeds : [],
    components: clear ? message.components : [],
    pinned: false,
    flags: message.flags,
    ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
    ...application,
    ...renderReference(world, message, reader),
  }
}

/** The message as the gateway sends it: with its guild and the author's membership. */
export function renderMessageEvent(world: World, message: Message, reader: Reader): object {
  const rendered = renderMessage(world, message, reader)
  if (message.guildId === null) return { ...rendered, channel_type: CHANNEL_TYPE.dm }
  const { user: _, ...member } = renderMember(world, message.authorId)
  return { ...rendered, guild_id: message.guildId, member, channel_type: CHANNEL_TYPE.guildText }
}

function renderOrigin(world: World, message: Message): object {
  const { interactionId, userId, commandName } = message.origin!
  const user = renderUser(world.user(userId))
  return {
    application_id: world.application.id,
    webhook_id: world.application.id,
    interaction: { id: interactionId, type: 2, name: commandName, user },
    interaction_metadata: {
      id: interactionId,
      type: 2,
      user,
      authorizing_integration_owners: { '0': message.guildId ?? '0' },
    },
  }
}

function renderReference(world: World, message: Message, reader: Reader): object {
  if (message.type !== MESSAGE_TYPE.reply || message.replyTo === null) return {}
  const target = world.messages.get(message.channelId)?.get(message.replyTo)
  return {
    message_reference: {
      type: 0,
      channel_id: message.channelId,
      message_id: message.replyTo,
      ...(message.guildId === null ? {} : { guild_id: message.guildId }),
    },
    // One level only: the target's own target is not sent along.
    referenced_message: target ? renderMessage(world, { ...target, replyTo: null }, reader) : null,
  }
}

// Whether an application without the intent may read this message all the same.
function isReadable(world: World, message: Message): boolean {
  const bot = world.application.bot.id
  if (message.authorId === bot || message.guildId === null) return true
  if (!message.mentions.includes(bot)) return false
  if (mentionedIn(message.content).includes(bot)) return true
  const target = world.messages.get(message.channelId)?.get(message.replyTo ?? '')
  return target !== undefined && target.origin === null
}

/** The ids of the users a text names, in order. */
export function mentionedIn(content: string): string[] {
  return [...new Set([...content.matchAll(/<@!?(\d+)>/g)].map((match) => match[1]!))]
}

/** The guild member as the API gives them. */
export function renderMember(world: World, userId: string): { readonly user: object } {
  return {
    user: renderUser(world.user(userId)),
    nick: null,
    avatar: null,
    banner: null,
    roles: [],
    joined_at: new Date(world.clock.now()).toISOString(),
    premium_since: null,
    deaf: false,
    mute: false,
    pending: false,
    flags: 0,
    communication_disabled_until: null,
  } as { readonly user: object }
}

/** The channel as the API gives it. */
export function renderChannel(world: World, channel: Channel): object {
  const base = { id: channel.id, type: channel.type, last_message_id: channel.lastMessageId }
  if (channel.type === CHANNEL_TYPE.dm) {
    const people = channel.recipients.filter((id) => id !== world.application.bot.id)
    return { ...base, flags: 0, recipients: people.map((id) => renderUser(world.user(id))) }
  }
  return {
    ...base,
    flags: 0,
    guild_id: channel.guildId,
    name: channel.name,
    topic: channel.topic,
    position: 0,
    parent_id: null,
    nsfw: false,
    rate_limit_per_user: 0,
    permission_overwrites: [],
  }
}

function everyoneRole(world: World): object {
  return {
    id: world.guild.id,
    name: '@everyone',
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    position: 0,
    permissions: MEMBER_PERMISSIONS,
    managed: false,
    mentionable: false,
    flags: 0,
  }
}

/** The guild as the API gives it. */
export function renderGuild(world: World): object {
  return {
    id: world.guild.id,
    name: world.guild.name,
    icon: null,
    description: null,
    home_header: null,
    splash: null,
    discovery_splash: null,
    features: [],
    banner: null,
    owner_id: world.guild.ownerId,
    application_id: null,
    region: 'deprecated',
    afk_channel_id: null,
    afk_timeout: 300,
    system_channel_id: null,
    system_channel_flags: 0,
    widget_enabled: false,
    widget_channel_id: null,
    verification_level: 0,
    roles: [everyoneRole(world)],
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

/** The guild as GUILD_CREATE gives it: with its channels and members. */
export function renderGuildEvent(world: World): object {
  const channels = [...world.channels.values()].filter((c) => c.guildId === world.guild.id)
  return {
    ...renderGuild(world),
    joined_at: new Date(world.clock.now()).toISOString(),
    large: false,
    unavailable: false,
    member_count: world.users.size,
    voice_states: [],
    members: [...world.users.keys()].map((id) => renderMember(world, id)),
    channels: channels.map((channel) => renderChannel(world, channel)),
    threads: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  }
}

/** The application as the API gives it; its flags say which privileged intents it was granted. */
export function applicationFlags(world: World): number {
  return world.application.messageContent ? APPLICATION_FLAG.messageContentLimited : 0
}
