/**
 * The events that the world emits.
 *
 * Events have the gateway's names. Listeners decide who receives them: `render/events.ts` for the
 * bot, the members API for members.
 */

import type { Message } from './message.ts'
import type { AuditEntry, Channel, Guild, Member, Role } from './types.ts'

/** Events of a guild. */
export type GuildEvent =
  /** The bot was added to it or left it, or it is back or unavailable because of an outage. */
  | { readonly name: 'GUILD_CREATE'; readonly guild: Guild }
  | { readonly name: 'GUILD_DELETE'; readonly guild: Guild; readonly unavailable: boolean }
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

/** Events of a channel or a thread. */
export type ChannelEvent =
  | {
      readonly name: 'CHANNEL_CREATE' | 'CHANNEL_UPDATE' | 'CHANNEL_DELETE' | 'CHANNEL_PINS_UPDATE'
      readonly channel: Channel
    }
  | { readonly name: 'WEBHOOKS_UPDATE'; readonly channel: Channel }
  /** A thread was created, or the bot was added to an existing one. */
  | { readonly name: 'THREAD_CREATE'; readonly channel: Channel; readonly isNew: boolean }
  | { readonly name: 'THREAD_UPDATE'; readonly channel: Channel }
  /** With its parent: the bot is not told. */
  | { readonly name: 'THREAD_DELETE'; readonly channel: Channel; readonly withParent: boolean }
  /** The bot gained access to the channel and its threads. */
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

/** Events of messages. They are rendered for each reader. */
export type MessageEvent =
  | {
      readonly name: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE' | 'MESSAGE_DELETE'
      readonly message: Message
      /** An update that only brings the previews of links. */
      readonly bringsPreviews?: boolean
    }
  /** Two or more messages of one channel. */
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

/** An emoji of a reaction: a Unicode emoji if it has no id. */
export type Emoji = { readonly id: string | null; readonly name: string }

/** What happened. */
export type WorldEvent =
  | GuildEvent
  | ChannelEvent
  | MessageEvent
  | { readonly name: 'INTERACTION_CREATE'; readonly data: object; readonly guildId: string | null }
  /** Sent to this user only, never to the bot: the result of an interaction. */
  | { readonly name: 'MEMBER_EVENT'; readonly userId: string; readonly event: object }
  | { readonly name: 'COMMANDS_UPDATE' }
  /** Sent to members only: the application connected or disconnected. */
  | { readonly name: 'APPLICATION_ONLINE'; readonly online: boolean }
  /** Its owner said something else of it. */
  | { readonly name: 'APPLICATION_ABOUT' }
