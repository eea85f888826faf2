/**
 * Which commands a member can use in a channel, by the rules of Discord's client.
 *
 * Source: developers/interactions/application-commands.mdx, "Contexts", "Permissions" and
 * "Age-Restricted Commands".
 */

import { CONTEXT, contextOf } from '../render/interaction.ts'
import { channelPermissions, holds, PERMISSION } from '../world/permissions.ts'
import type { World } from '../world/world.ts'
import type { Channel, Command } from '../world/types.ts'

/** The context of a usable command, and the installations that authorize it; null if not usable. */
export type Offer = {
  readonly command: Command
  readonly owners: Readonly<Record<string, string>>
}

/** All commands of the application, the guild's first: they take precedence over global ones. */
export function commandsFor(world: World, channel: Channel): readonly Command[] {
  const { commands } = world.application
  const scopes = [...(channel.guildId === null ? [] : [channel.guildId]), '']
  return scopes.flatMap((scope) => commands.get(scope) ?? [])
}

/** The command of that name that the member can use in the channel. */
export function offered(
  world: World,
  channel: Channel,
  userId: string,
  wanted: { readonly name: string; readonly type: number },
): Offer | null {
  for (const command of commandsFor(world, channel)) {
    if (command.name !== wanted.name || command.type !== wanted.type) {
      continue
    }
    const owners = installationsOf(world, channel, userId, command)
    if (owners && mayUse(world, channel, userId, command)) {
      return { command, owners }
    }
  }
  return null
}

/** Whether the member can use this command in the channel. */
export function isOffered(world: World, channel: Channel, userId: string, command: Command) {
  const isRegistered = commandsFor(world, channel).includes(command)
  const owners = isRegistered ? installationsOf(world, channel, userId, command) : null
  return owners !== null && mayUse(world, channel, userId, command)
}

/** The installations that make the command usable, by integration type; null if there are none. */
function installationsOf(
  world: World,
  channel: Channel,
  userId: string,
  command: Command,
): Readonly<Record<string, string>> | null {
  const context = contextOf(world, channel)
  const global = command['guild_id'] === undefined
  const { contexts } = command
  if (global && Array.isArray(contexts) && !contexts.includes(context)) {
    return null
  }
  const types = command['integration_types']
  const supports = (type: number) => !global || !Array.isArray(types) || types.includes(type)
  return nonEmpty({
    ...(supports(0) ? guildOwner(world, channel) : {}),
    ...(global && supports(1) && world.application.installedBy.has(userId) ? { '1': userId } : {}),
  })
}

function guildOwner(world: World, channel: Channel): Record<string, string> {
  const bot = world.application.bot.id
  if (channel.guildId === null) {
    return contextOf(world, channel) === CONTEXT.botDm ? { '0': '0' } : {}
  }
  return world.member(channel.guildId, bot) ? { '0': channel.guildId } : {}
}

/** The authorizing installations of a component or a modal in this channel. */
export function ownersOf(
  world: World,
  channel: Channel,
  before: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const user = before?.['1']
  return { ...guildOwner(world, channel), ...(user === undefined ? {} : { '1': user }) }
}

function nonEmpty(owners: Record<string, string>): Readonly<Record<string, string>> | null {
  return Object.keys(owners).length === 0 ? null : owners
}

function mayUse(world: World, channel: Channel, userId: string, command: Command): boolean {
  const set = channelPermissions(world, channel, userId)
  if (!holds(set, 'useApplicationCommands')) {
    return false
  }
  if (channel.guildId === null) {
    return true
  }
  if (command['nsfw'] === true && !isAgeRestricted(world, channel)) {
    return false
  }
  const needed = command['default_member_permissions']
  if (typeof needed !== 'string') {
    return true
  }
  if (holds(set, 'administrator')) {
    return true
  }
  const bits = BigInt(needed)
  return bits !== 0n && (set & bits) === bits
}

function isAgeRestricted(world: World, channel: Channel): boolean {
  if (channel.thread) {
    return world.channels.get(channel.parentId ?? '')?.nsfw === true
  }
  return channel.nsfw
}

/** Whether the member can see the channel. */
export function sees(world: World, channel: Channel, userId: string): boolean {
  return (channelPermissions(world, channel, userId) & PERMISSION.viewChannel) !== 0n
}
