/** Removes a permission from the bot and restores it, as a moderator might between two calls. */

import { PERMISSION } from '../world/permissions.ts'
import type { PermissionName } from '../world/permissions.ts'
import type { World } from '../world/world.ts'
import type { Channel, Overwrite, Role } from '../world/types.ts'

/**
 * Removes the permission from the bot in one channel, or in all if none is named.
 *
 * @returns a function that restores it.
 */
export function takePermission(world: World, name: PermissionName, channelId?: string): () => void {
  const bit = PERMISSION[name]
  if (channelId !== undefined) {
    return denyIn(world, world.channel(channelId), bit)
  }
  const bot = world.application.bot.id
  const undo = world.guildsOf(bot).flatMap((guild) => {
    const roles = [...guild.roles.values()].filter(({ botId }) => botId === bot)
    return [
      ...roles.map((role) => takeFromRole(world, role, bit)),
      // A permission of @everyone is denied to the bot by an overwrite in each channel.
      ...world.channelsOf(guild).map((channel) => denyIn(world, channel, bit)),
    ]
  })
  return () => {
    for (const giveBack of undo) {
      giveBack()
    }
  }
}

function takeFromRole(world: World, role: Role, bit: bigint): () => void {
  const before = role.permissions
  const set = (permissions: bigint) => {
    role.permissions = permissions
    world.emit({ name: 'GUILD_ROLE_UPDATE', role })
  }
  set(before & ~bit & ~PERMISSION.administrator)
  return () => set(before)
}

function denyIn(world: World, channel: Channel, bit: bigint): () => void {
  const { id } = world.application.bot
  const before = channel.overwrites.get(id)
  const set = (overwrite: Overwrite | undefined) => {
    if (overwrite) {
      channel.overwrites.set(id, overwrite)
    } else {
      channel.overwrites.delete(id)
    }
    world.emit({ name: 'CHANNEL_UPDATE', channel })
  }
  const { allow, deny } = before ?? { allow: 0n, deny: 0n }
  set({ id, type: 1, allow: allow & ~bit, deny: deny | bit })
  return () => set(before)
}
