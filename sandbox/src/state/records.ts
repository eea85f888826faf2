/**
 * Converts a world to records for the state file, and back.
 *
 * A record refers to others by their ids. Files are records of their own, because they are large
 * and never change.
 */

import type { Interaction } from '../interactions/types.ts'
import { pathOf } from '../cdn/files.ts'
import type { StoredFile } from '../cdn/files.ts'
import type { Message } from '../world/message.ts'
import type { World } from '../world/world.ts'
import type { AuditEntry, Channel, Guild, User } from '../world/types.ts'

/** The fields that the messages of an older file do not have. */
const ADDED_LATER = { previews: [], stickers: [], webhook: null } satisfies Partial<Message>

/** A guild without its audit log, whose entries are records of their own. */
export type GuildRecord = Omit<Guild, 'auditLog'>

/** The application's saved fields; the options of each start give the rest. */
export type ApplicationRecord = {
  readonly bot: User
  readonly cdnSecret: Uint8Array
  readonly installedBy: readonly string[]
  /** Absent in an older file, as `nitro`. */
  readonly blockedBy?: readonly string[]
  readonly nitro?: readonly string[]
  readonly commands: World['application']['commands']
}

/** A channel; that of an older file has no webhooks. */
type ChannelRecord = Omit<Channel, 'webhooks'> & Partial<Pick<Channel, 'webhooks'>>

/** A message with the paths of its files instead of the files. */
export type MessageRecord = Omit<Message, 'files' | 'snapshots'> & {
  readonly files: readonly string[]
  readonly snapshots: readonly SnapshotRecord[]
}

type SnapshotRecord = Omit<Message['snapshots'][number], 'files'> & {
  readonly files: readonly string[]
}

/** An interaction with ids instead of the objects that it refers to. */
export type InteractionRecord = Omit<Interaction, 'channel' | 'source' | 'opener'> & {
  readonly channelId: string
  readonly source: readonly [channelId: string, messageId: string] | null
  readonly opener: string | null
}

/** All records of one saved world. */
export type SavedWorld = {
  readonly application: ApplicationRecord
  readonly users: readonly User[]
  readonly guilds: readonly GuildRecord[]
  readonly audit: readonly AuditEntry[]
  readonly channels: readonly ChannelRecord[]
  readonly messages: readonly MessageRecord[]
  readonly interactions: readonly InteractionRecord[]
  readonly files: readonly StoredFile[]
}

/** The guild's record. */
export function guildRecord(guild: Guild): GuildRecord {
  const { id, name, description, ownerId, roles, members, bans } = guild
  return { id, name, description, ownerId, roles, members, bans }
}

/** The message's record. */
export function messageRecord(message: Message): MessageRecord {
  return {
    ...message,
    files: message.files.map(pathOf),
    snapshots: message.snapshots.map((one) => ({ ...one, files: one.files.map(pathOf) })),
  }
}

/** The interaction's record. */
export function interactionRecord(interaction: Interaction): InteractionRecord {
  const { channel, source, opener, ...rest } = interaction
  return {
    ...rest,
    channelId: channel.id,
    source: source ? [source.channelId, source.id] : null,
    opener: opener?.id ?? null,
  }
}

/** Restores everything but the interactions into an empty world. */
export function restoreWorld(world: World, saved: SavedWorld): void {
  const { application, users, guilds, audit, channels, messages, files } = saved
  for (const id of application.installedBy) {
    world.application.installedBy.add(id)
  }
  for (const id of application.blockedBy ?? []) {
    world.application.blockedBy.add(id)
  }
  for (const id of application.nitro ?? []) {
    world.nitro.add(id)
  }
  for (const [key, commands] of application.commands) {
    world.application.commands.set(key, commands)
  }
  for (const user of users) {
    world.users.set(user.id, user)
  }
  for (const guild of guilds) {
    const auditLog = audit.filter(({ guildId }) => guildId === guild.id)
    world.guilds.set(guild.id, { ...guild, auditLog })
  }
  for (const record of channels) {
    const channel: Channel = { ...record, webhooks: record.webhooks ?? new Map() }
    world.channels.set(channel.id, channel)
    world.messages.set(channel.id, new Map())
  }
  const byPath = new Map(files.map((file) => [pathOf(file), file]))
  for (const file of files) {
    world.cdn.keep(file)
  }
  const filesAt = (paths: readonly string[]) => paths.flatMap((path) => byPath.get(path) ?? [])
  for (const record of messages) {
    const snapshots = record.snapshots.map((one) => ({
      ...ADDED_LATER,
      ...one,
      files: filesAt(one.files),
    }))
    const message = { ...ADDED_LATER, ...record, files: filesAt(record.files), snapshots }
    world.messages.get(message.channelId)?.set(message.id, message)
  }
}

/**
 * The restored interactions, oldest first, without those whose channel was deleted.
 */
export function restoredInteractions(
  world: World,
  records: readonly InteractionRecord[],
): readonly Interaction[] {
  const byId = new Map<string, Interaction>()
  for (const { channelId, source, opener, ...rest } of records) {
    const channel = world.channels.get(channelId)
    if (!channel) {
      continue
    }
    const [sourceChannel = '', sourceId = ''] = source ?? []
    const message = world.messages.get(sourceChannel)?.get(sourceId)
    const opened = byId.get(opener ?? '')
    byId.set(rest.id, {
      ...rest,
      channel,
      ...(message ? { source: message } : {}),
      ...(opened ? { opener: opened } : {}),
    })
  }
  return [...byId.values()]
}
