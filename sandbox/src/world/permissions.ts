/**
 * Discord's permission algorithm.
 *
 * The permissions of all roles are combined; then the channel's overwrites deny and allow, first
 * @everyone's, then the roles', then the member's; then implicit denials and a timeout apply.
 * Source: developers/topics/permissions.mdx, "Permission Hierarchy", "Permission Overwrites",
 * "Inherited Permissions" and "Permissions for Timed Out Members".
 */

import type { Clock } from '../protocol/clock.ts'
import { CHANNEL_TYPE } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import type { Channel, Guild, Member } from './types.ts'

/** The bits of a permission set. */
export const PERMISSION = {
  createInstantInvite: 1n << 0n,
  kickMembers: 1n << 1n,
  banMembers: 1n << 2n,
  administrator: 1n << 3n,
  manageChannels: 1n << 4n,
  manageGuild: 1n << 5n,
  addReactions: 1n << 6n,
  viewAuditLog: 1n << 7n,
  prioritySpeaker: 1n << 8n,
  stream: 1n << 9n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  sendTtsMessages: 1n << 12n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readMessageHistory: 1n << 16n,
  mentionEveryone: 1n << 17n,
  useExternalEmojis: 1n << 18n,
  viewGuildInsights: 1n << 19n,
  connect: 1n << 20n,
  speak: 1n << 21n,
  muteMembers: 1n << 22n,
  deafenMembers: 1n << 23n,
  moveMembers: 1n << 24n,
  useVad: 1n << 25n,
  changeNickname: 1n << 26n,
  manageNicknames: 1n << 27n,
  manageRoles: 1n << 28n,
  manageWebhooks: 1n << 29n,
  manageGuildExpressions: 1n << 30n,
  useApplicationCommands: 1n << 31n,
  requestToSpeak: 1n << 32n,
  manageEvents: 1n << 33n,
  manageThreads: 1n << 34n,
  createPublicThreads: 1n << 35n,
  createPrivateThreads: 1n << 36n,
  useExternalStickers: 1n << 37n,
  sendMessagesInThreads: 1n << 38n,
  useEmbeddedActivities: 1n << 39n,
  moderateMembers: 1n << 40n,
  viewCreatorMonetizationAnalytics: 1n << 41n,
  useSoundboard: 1n << 42n,
  createGuildExpressions: 1n << 43n,
  createEvents: 1n << 44n,
  useExternalSounds: 1n << 45n,
  sendVoiceMessages: 1n << 46n,
  setVoiceChannelStatus: 1n << 48n,
  sendPolls: 1n << 49n,
  useExternalApps: 1n << 50n,
  pinMessages: 1n << 51n,
  bypassSlowmode: 1n << 52n,
} as const

/** The name of one permission. */
export type PermissionName = keyof typeof PERMISSION

/** All permissions. */
export const ALL_PERMISSIONS = permissionsOf(...Object.values(PERMISSION))

/** The permissions of both users in a direct-message channel. */
const DIRECT_PERMISSIONS = permissionsOf(
  PERMISSION.addReactions,
  PERMISSION.viewChannel,
  PERMISSION.sendMessages,
  PERMISSION.sendTtsMessages,
  PERMISSION.embedLinks,
  PERMISSION.attachFiles,
  PERMISSION.readMessageHistory,
  PERMISSION.mentionEveryone,
  PERMISSION.useExternalEmojis,
  PERMISSION.useApplicationCommands,
  PERMISSION.useExternalStickers,
  PERMISSION.useEmbeddedActivities,
  PERMISSION.useSoundboard,
  PERMISSION.useExternalSounds,
  PERMISSION.sendVoiceMessages,
  PERMISSION.sendPolls,
  PERMISSION.useExternalApps,
  PERMISSION.pinMessages,
)

/** Implicitly denied without Send Messages. */
const DENIED_WITHOUT_SENDING = permissionsOf(
  PERMISSION.mentionEveryone,
  PERMISSION.sendTtsMessages,
  PERMISSION.attachFiles,
  PERMISSION.embedLinks,
)

/** The permissions that a timed-out member keeps. */
const KEPT_IN_TIMEOUT = PERMISSION.viewChannel | PERMISSION.readMessageHistory

/** The parts of the world that the algorithm reads. */
export type Places = {
  readonly clock: Clock
  readonly guilds: ReadonlyMap<string, Guild>
  readonly channels: ReadonlyMap<string, Channel>
}

/** The bits combined. */
export function permissionsOf(...bits: readonly bigint[]): bigint {
  return bits.reduce((all, bit) => all | bit, 0n)
}

/** Whether the set holds the permission. */
export function holds(set: bigint, name: PermissionName): boolean {
  return (set & PERMISSION[name]) !== 0n
}

/** Whether the member is timed out now. */
export function isTimedOut(member: Member, clock: Clock): boolean {
  return member.timeoutUntilMs !== null && member.timeoutUntilMs > clock.now()
}

/** The user's permissions in the guild; none if not a member. */
export function guildPermissions(places: Places, guild: Guild, userId: string): bigint {
  const member = guild.members.get(userId)
  if (!member) {
    return 0n
  }
  const permissions = rolePermissions(guild, member)
  if (permissions === ALL_PERMISSIONS) {
    return permissions
  }
  return isTimedOut(member, places.clock) ? permissions & KEPT_IN_TIMEOUT : permissions
}

/** Owner and administrators have all permissions, even if timed out. */
function rolePermissions(guild: Guild, member: Member): bigint {
  if (guild.ownerId === member.userId) {
    return ALL_PERMISSIONS
  }
  const roles = [guild.id, ...member.roles].map((id) => guild.roles.get(id)?.permissions ?? 0n)
  const all = permissionsOf(...roles)
  return holds(all, 'administrator') ? ALL_PERMISSIONS : all
}

/** The user's permissions in the channel or thread; 0 without View Channel. */
export function channelPermissions(places: Places, channel: Channel, userId: string): bigint {
  if (channel.guildId === null) {
    return channel.recipients.includes(userId) ? DIRECT_PERMISSIONS : 0n
  }
  const guild = places.guilds.get(channel.guildId)
  const member = guild?.members.get(userId)
  if (!guild || !member) {
    return 0n
  }
  const base = rolePermissions(guild, member)
  if (base === ALL_PERMISSIONS) {
    return base
  }
  const parent = channel.thread ? places.channels.get(channel.parentId ?? '') : channel
  const set = impliedBy(applyOverwrites(base, parent, member), channel)
  if (channel.thread && !seesThread(channel, userId, set)) {
    return 0n
  }
  return isTimedOut(member, places.clock) ? set & KEPT_IN_TIMEOUT : set
}

function applyOverwrites(base: bigint, channel: Channel | undefined, member: Member): bigint {
  if (!channel) {
    return base
  }
  const overwriteFor = (id: string) => channel.overwrites.get(id) ?? { allow: 0n, deny: 0n }
  const everyone = overwriteFor(member.guildId)
  const roles = member.roles.map(overwriteFor)
  const memberOverwrite = overwriteFor(member.userId)
  const steps = [
    everyone,
    {
      allow: permissionsOf(...roles.map((role) => role.allow)),
      deny: permissionsOf(...roles.map((role) => role.deny)),
    },
    memberOverwrite,
  ]
  return steps.reduce((set, { allow, deny }) => (set & ~deny) | allow, base)
}

/** Applies the implicit denials of a missing View Channel or Send Messages. */
function impliedBy(set: bigint, channel: Channel): bigint {
  if (!holds(set, 'viewChannel')) {
    return 0n
  }
  return holds(set, sendingIn(channel)) ? set : set & ~DENIED_WITHOUT_SENDING
}

/** The permission for sending in the channel: threads have their own. */
export function sendingIn(channel: Channel): PermissionName {
  return channel.thread ? 'sendMessagesInThreads' : 'sendMessages'
}

function seesThread(channel: Channel, userId: string, set: bigint): boolean {
  if (channel.type !== CHANNEL_TYPE.privateThread) {
    return true
  }
  return channel.thread?.members.has(userId) === true || holds(set, 'manageThreads')
}

/** Whether the user has all of these permissions in the channel. */
export function can(
  places: Places,
  channel: Channel,
  userId: string,
  ...names: readonly PermissionName[]
): boolean {
  const set = channelPermissions(places, channel, userId)
  return holds(set, 'viewChannel') && names.every((name) => holds(set, name))
}

/**
 * Asserts that the user has all of these permissions and View Channel in the channel.
 *
 * @throws {ApiError} 50001 if the user cannot see it, 50013 if anything else is missing.
 */
export function demand(
  places: Places,
  channel: Channel,
  userId: string,
  ...names: readonly PermissionName[]
): void {
  const set = channelPermissions(places, channel, userId)
  if (!holds(set, 'viewChannel')) {
    throw refuse('missingAccess')
  }
  if (!names.every((name) => holds(set, name))) {
    throw refuse('missingPermissions')
  }
}

/**
 * Asserts that the user has all of these permissions in the guild.
 *
 * @throws {ApiError} 50001 if the user is not in it, 50013 if anything is missing.
 */
export function demandInGuild(
  places: Places,
  guild: Guild,
  userId: string,
  ...names: readonly PermissionName[]
): void {
  if (!guild.members.has(userId)) {
    throw refuse('missingAccess')
  }
  const set = guildPermissions(places, guild, userId)
  if (!names.every((name) => holds(set, name))) {
    throw refuse('missingPermissions')
  }
}

/** The highest position among the member's roles; the owner's is above all. */
export function rankOf(guild: Guild, userId: string): number {
  if (guild.ownerId === userId) {
    return Number.POSITIVE_INFINITY
  }
  const roles = guild.members.get(userId)?.roles ?? []
  return Math.max(0, ...roles.map((id) => guild.roles.get(id)?.position ?? 0))
}
