/**
 * Moderation of members: nicknames, roles, timeouts, kicks and bans.
 *
 * Requires the permission and a higher role: an actor cannot act on a member whose highest role
 * is at or above their own. Source: topics/permissions.mdx, "Permission
 * Hierarchy"; resources/guild.mdx, "Modify Guild Member".
 */

import { refuse } from '../protocol/errors.ts'
import { demandInGuild, guildPermissions, holds, rankOf } from './permissions.ts'
import type { PermissionName } from './permissions.ts'
import type { World } from './world.ts'
import { AUDIT, changesBetween, note } from './audit-log.ts'
import type { Actor } from './audit-log.ts'
import type { Guild, Member, Role } from './types.ts'

/** The fields to change; absent ones stay. */
export type MemberChanges = {
  readonly nick?: string | null
  readonly roles?: readonly string[]
  readonly timeoutUntilMs?: number | null
}

/**
 * Changes a member and emits the event.
 *
 * @throws {ApiError} 50013, 10011 for an unknown role, 50028 for one that cannot be assigned.
 */
export function modifyMember(
  world: World,
  guild: Guild,
  member: Member,
  changes: MemberChanges,
  actor: Actor,
): void {
  checkChanges(world, guild, member, changes, actor)
  const before = describe(member)
  const rolesBefore = member.roles
  if (changes.nick !== undefined) {
    member.nick = changes.nick || null
  }
  if (changes.timeoutUntilMs !== undefined) {
    member.timeoutUntilMs = changes.timeoutUntilMs
  }
  if (changes.roles) {
    member.roles = [...new Set(changes.roles)]
  }
  world.emit({ name: 'GUILD_MEMBER_UPDATE', member })
  const targetId = member.userId
  const updates = changesBetween(before, describe(member))
  if (updates.length > 0) {
    note(world, guild.id, actor, { action: AUDIT.memberUpdate, targetId, changes: updates })
  }
  const roleUpdates = roleChanges(guild, rolesBefore, member.roles)
  if (roleUpdates.length > 0) {
    note(world, guild.id, actor, { action: AUDIT.memberRoleUpdate, targetId, changes: roleUpdates })
  }
}

function checkChanges(
  world: World,
  guild: Guild,
  member: Member,
  changes: MemberChanges,
  actor: Actor,
): void {
  const isSelf = member.userId === actor.userId
  if (changes.nick !== undefined) {
    if (isSelf) {
      demandInGuild(world, guild, actor.userId, 'changeNickname')
    } else {
      demandOver(world, guild, actor, member.userId, 'manageNicknames')
    }
  }
  if (changes.timeoutUntilMs !== undefined) {
    demandOver(world, guild, actor, member.userId, 'moderateMembers')
    const target = guildPermissions(world, guild, member.userId)
    if (holds(target, 'administrator')) {
      throw refuse('missingPermissions')
    }
  }
  if (!changes.roles) {
    return
  }
  demandInGuild(world, guild, actor.userId, 'manageRoles')
  const newRoles = new Set(changes.roles)
  const addedRoles = changes.roles.filter((id) => !member.roles.includes(id))
  const removedRoles = member.roles.filter((id) => !newRoles.has(id))
  for (const id of [...addedRoles, ...removedRoles]) {
    checkAssignable(guild, guild.roles.get(id), actor)
  }
}

/** @throws {ApiError} 10011, 50028 for @everyone and managed roles, 50013 for higher ones. */
function checkAssignable(guild: Guild, role: Role | undefined, actor: Actor): void {
  if (!role) {
    throw refuse('unknownRole')
  }
  if (role.id === guild.id || role.botId !== null) {
    throw refuse('invalidRole')
  }
  if (role.position >= rankOf(guild, actor.userId)) {
    throw refuse('missingPermissions')
  }
}

/**
 * Asserts that the actor has the permission and outranks the other.
 *
 * @throws {ApiError} 50013.
 */
export function demandOver(
  world: World,
  guild: Guild,
  actor: Actor,
  userId: string,
  name: PermissionName,
): void {
  demandInGuild(world, guild, actor.userId, name)
  const outranks = rankOf(guild, actor.userId) > rankOf(guild, userId)
  if (!outranks || guild.ownerId === userId) {
    throw refuse('missingPermissions')
  }
}

function describe(member: Member): object {
  const until = member.timeoutUntilMs
  return {
    nick: member.nick,
    communication_disabled_until: until === null ? null : new Date(until).toISOString(),
  }
}

function roleChanges(guild: Guild, before: readonly string[], after: readonly string[]) {
  const roleNames = (ids: readonly string[]) =>
    ids.map((id) => ({ id, name: guild.roles.get(id)?.name ?? '' }))
  const added = roleNames(after.filter((id) => !before.includes(id)))
  const removed = roleNames(before.filter((id) => !after.includes(id)))
  return [
    ...(added.length > 0 ? [{ key: '$add', new_value: added }] : []),
    ...(removed.length > 0 ? [{ key: '$remove', new_value: removed }] : []),
  ]
}

/** Removes the user from the guild and emits the event (GUILD_DELETE if it is the bot). */
export function removeMember(world: World, guild: Guild, userId: string): void {
  const member = guild.members.get(userId)
  if (!member) {
    return
  }
  guild.members.delete(userId)
  if (userId === world.application.bot.id) {
    world.emit({ name: 'GUILD_DELETE', guild, unavailable: false })
  }
  world.emit({ name: 'GUILD_MEMBER_REMOVE', member })
}

/** Kicks a member. @throws {ApiError} 50013. */
export function kick(world: World, guild: Guild, member: Member, actor: Actor): void {
  demandOver(world, guild, actor, member.userId, 'kickMembers')
  removeMember(world, guild, member.userId)
  note(world, guild.id, actor, { action: AUDIT.memberKick, targetId: member.userId })
}

/** Bans a user, member or not. @throws {ApiError} 50013. */
export function ban(world: World, guild: Guild, userId: string, actor: Actor): void {
  demandOver(world, guild, actor, userId, 'banMembers')
  if (guild.bans.has(userId)) {
    return
  }
  guild.bans.set(userId, actor.reason)
  removeMember(world, guild, userId)
  world.emit({ name: 'GUILD_BAN_ADD', guildId: guild.id, userId })
  note(world, guild.id, actor, { action: AUDIT.memberBanAdd, targetId: userId })
}

/** Lifts a ban. @throws {ApiError} 10026 or 50013. */
export function unban(world: World, guild: Guild, userId: string, actor: Actor): void {
  demandInGuild(world, guild, actor.userId, 'banMembers')
  if (!guild.bans.delete(userId)) {
    throw refuse('unknownBan')
  }
  world.emit({ name: 'GUILD_BAN_REMOVE', guildId: guild.id, userId })
  note(world, guild.id, actor, { action: AUDIT.memberBanRemove, targetId: userId })
}
