/** Resolves the ids in a route's path, with the permission checks of the actor. */

import { refuse } from '../protocol/errors.ts'
import type { Message } from '../world/message.ts'
import { demand, demandInGuild } from '../world/permissions.ts'
import type { PermissionName } from '../world/permissions.ts'
import type { Channel, Guild, Member, Role } from '../world/types.ts'
import type { Context } from './route.ts'

/**
 * The guild of the path; asserts that the actor has these permissions.
 *
 * @throws {ApiError} 10004 for a guild that does not exist or that the actor is not in, or 50013.
 */
export function guildOf(context: Context, ...names: readonly PermissionName[]): Guild {
  const { world, params, actor } = context
  const guild = world.guilds.get(params['guild']!)
  if (!guild?.members.has(actor.userId)) {
    throw refuse('unknownGuild')
  }
  demandInGuild(world, guild, actor.userId, ...names)
  return guild
}

/**
 * The channel of the path; asserts that the actor has these permissions.
 *
 * @throws {ApiError} 10003, 50001 or 50013.
 */
export function channelOf(context: Context, ...names: readonly PermissionName[]): Channel {
  const { world, params, actor } = context
  const channel = world.channel(params['channel']!)
  demand(world, channel, actor.userId, ...names)
  return channel
}

/**
 * A channel of a guild, and its guild.
 *
 * @throws {ApiError} 50003 in direct messages, and as `channelOf`.
 */
export function guildChannelOf(
  context: Context,
  ...names: readonly PermissionName[]
): { channel: Channel; guild: Guild } {
  const channel = channelOf(context, ...names)
  const guild = context.world.guildOf(channel)
  if (!guild) {
    throw refuse('notInDirectMessages')
  }
  return { channel, guild }
}

/**
 * The message of the path. The channel's routes do not return ephemeral messages.
 *
 * @throws {ApiError} 10008, and as `channelOf`.
 */
export function messageOf(context: Context, ...names: readonly PermissionName[]): Message {
  const channel = channelOf(context, ...names)
  const message = context.world.message(channel.id, context.params['message']!)
  if (message.visibleTo !== null) {
    throw refuse('unknownMessage')
  }
  return message
}

/** The user id of the path; `@me` is the actor. */
export function userIdOf({ params, actor }: Context): string {
  return params['user'] === '@me' ? actor.userId : params['user']!
}

/** @throws {ApiError} 10013 for an unknown user, 10007 for a user who is not in the guild. */
export function memberOf(context: Context, guild: Guild): Member {
  const id = context.world.user(userIdOf(context)).id
  const member = guild.members.get(id)
  if (!member) {
    throw refuse('unknownMember')
  }
  return member
}

/** @throws {ApiError} 10011. */
export function roleOf({ params }: Context, guild: Guild): Role {
  const role = guild.roles.get(params['role']!)
  if (!role) {
    throw refuse('unknownRole')
  }
  return role
}
