/**
 * What the world tells its listeners.
 *
 * Events are named as the gateway names them. Whoever hears one decides who may know of it:
 * `render/events.ts` for the bot, the members API for members.
 */

import type { Message } from './message.ts'
import type { AuditEntry, Channel, Guild, Member, Role } from './types.ts'

/** What happened in a guild as a whole. */
export type GuildEvent =
  /** The bot was added to it, or left it. */
  | { readonly name: 'GUILD_CREATE'; readonly guild: Guild }
  | { readonly name: 'GUILD_DELETE'; readonly guild: Guild }
  | { readonly name: 'GUILD_UPDATE'; readonly guild: Guild }
  | {
      readonly name: 'GUILD_ROLE_CREATE' | 'GUILD_ROLE_UPDATE' | 'GUILD_ROLE_DELETE'
      readonly role: Role
    }
  | {
      readonly name: 'GUILD_MEMBER_ADD' | 'GUILD_MEMBER_UPDATE' | 'GUILD_MEMBER_REMOVE'
      readonly member: Member
    }
  | {
      readonly name: 'GUILD_BAN_ADD' | 'GUILD_BAN_REMOVE'
      readonly guildId: string
      readonly userId: string
    }
  | { readonly name: 'GUILD_AUDIT_LOG_ENTRY_CREATE'; readonly entry: AuditEntry }

/** What happened to a channel or a thread. */
export type ChannelEvent =
  | {
      readonly name: 'CHANNEL_CREATE' | 'CHANNEL_UPDATE' | 'CHANNEL_DELETE' | 'CHANNEL_PINS_UPDATE'
      readonly channel: Channel
    }
  /** A thread was started, or one that there was became the bot's to see. */
  | { readonly name: 'THREAD_CREATE'; readonly channel: Channel; readonly isNew: boolean }
  | { readonly name: 'THREAD_UPDATE' | 'THREAD_DELETE'; readonly channel: Channel }
  /** The bot gained sight of the channel, and so of its threads. */
  | { readonly name: 'THREAD_LIST_SYNC'; readonly channel: Channel }
  /** The bot became a member of the thread. */
  | { readonly name: 'THREAD_MEMBER_UPDATE'; readonly channel: Channel }
  /** Who joined the thread and who left it. */
  | {
      readonly name: 'THREAD_MEMBERS_UPDATE'
      readonly channel: Channel
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }
  | { readonly name: 'TYPING_START'; readonly channel: Channel; readonly userId: string }

/** What happened to messages. Every reader is given their own form of them. */
export type MessageEvent =
  | {
      readonly name: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE' | 'MESSAGE_DELETE'
      readonly message: Message
    }
  /** Of one channel, two or more. */
  | {
      readonly name: 'MESSAGE_DELETE_BULK'
      readonly channel: Channel
      readonly messages: readonly Message[]
    }
  | {
      readonly name: 'MESSAGE_REACTION_ADD' | 'MESSAGE_REACTION_REMOVE'
      readonly message: Message
      readonly userId: string
      readonly emoji: Emoji
    }
  | { readonly name: 'MESSAGE_REACTION_REMOVE_ALL'; readonly message: Message }
  | {
      readonly name: 'MESSAGE_REACTION_REMOVE_EMOJI'
      readonly message: Message
      readonly emoji: Emoji
    }

/** An emoji of a reaction: of Unicode when it has no id. */
export type Emoji = { readonly id: string | null; readonly name: string }

/** What happened. */
export type WorldEvent =
  | GuildEvent
  | ChannelEvent
  | MessageEvent
  | { readonly name: 'INTERACTION_CREATE'; readonly data: object; readonly guildId: string | null }
  /** Only this person hears it, and the bot never does: what became of an interaction. */
  | { readonly name: 'MEMBER_EVENT'; readonly userId: string; readonly event: object }
  | { readonly name: 'COMMANDS_UPDATE' }
  /** Only people hear it: the application came, or went. */
  | { readonly name: 'APPLICATION_ONLINE'; readonly online: boolean }
