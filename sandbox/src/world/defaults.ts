/** Default values of new guilds, roles and channels, and the options of a world. */

import type { Clock } from '../protocol/clock.ts'
import { CHANNEL_TYPE } from '../protocol/constants.ts'
import type { Channel, Guild, Role, User } from './types.ts'

/** The options of a new world. */
export type WorldOptions = {
  readonly clock: Clock
  readonly token: string
  readonly botName: string
  readonly messageContent: boolean
  /** From a saved world; the rest of it is restored afterwards. */
  readonly saved?: {
    readonly bot: User
    /** Signs the links of files. */
    readonly cdnSecret: Uint8Array
    /** The largest id issued so far. */
    readonly lastId: bigint
  }
}

/** The fields of a new channel; all but the name have defaults. */
export type NewChannel = { readonly name: string } & Partial<
  Omit<Channel, 'name' | 'guildId' | 'lastMessageId' | 'lastPinMs'>
>

/** The fields of a new role; all but the name have defaults. */
export type NewRole = { readonly name: string } & Partial<Omit<Role, 'id' | 'name' | 'guildId'>>

/** A guild without members and roles. */
export function newGuild(id: string, name: string, ownerId: string): Guild {
  return {
    id,
    name,
    description: null,
    ownerId,
    roles: new Map(),
    members: new Map(),
    bans: new Map(),
    auditLog: [],
  }
}

/** A role; by default just above @everyone. */
export function newRole(guild: Guild, id: string, fields: NewRole): Role {
  return {
    color: 0,
    hoist: false,
    position: 1,
    permissions: 0n,
    mentionable: false,
    botId: null,
    ...fields,
    id,
    guildId: guild.id,
  }
}

/** A text channel without a name or a guild. */
export function newChannel(id: string): Channel {
  return {
    id,
    type: CHANNEL_TYPE.guildText,
    guildId: null,
    name: '',
    topic: null,
    position: 0,
    parentId: null,
    nsfw: false,
    slowmodeS: 0,
    overwrites: new Map(),
    recipients: [],
    webhooks: new Map(),
    thread: null,
    lastMessageId: null,
    lastPinMs: null,
  }
}
