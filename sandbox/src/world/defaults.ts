/** What new guilds, roles and channels are unless told otherwise, and what a world begins with. */

import type { Clock } from '../protocol/clock.ts'
import { CHANNEL_TYPE } from '../protocol/constants.ts'
import type { Channel, Guild, Role, User } from './types.ts'

/** What a new world holds besides its defaults. */
export type WorldOptions = {
  readonly clock: Clock
  readonly token: string
  readonly botName: string
  readonly messageContent: boolean
  /** Of a world that there was before; the rest of it is put in afterwards. */
  readonly saved?: {
    readonly bot: User
    /** Signs the links of files. */
    readonly cdnSecret: Uint8Array
    /** The largest id given out so far. */
    readonly lastId: bigint
  }
}

/** What a new channel is besides its name; the rest has defaults. */
export type NewChannel = { readonly name: string } & Partial<
  Omit<Channel, 'name' | 'guildId' | 'lastMessageId' | 'lastPinMs'>
>

/** What a new role is besides its name; the rest has defaults. */
export type NewRole = { readonly name: string } & Partial<Omit<Role, 'id' | 'name' | 'guildId'>>

/** A guild with nobody in it and without its roles. */
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

/** A role; just above @everyone unless it says otherwise. */
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
    thread: null,
    lastMessageId: null,
    lastPinMs: null,
  }
}
