/**
 * Emits THREAD_LIST_SYNC when the bot gains access to a channel, by an overwrite, a role or the end
 * of a timeout. Source: topics/threads.mdx, "Gaining
 * Access to Channels".
 */

import { can } from './permissions.ts'
import type { World } from './world.ts'
import type { WorldEvent } from './events.ts'

/** Starts watching which channels the bot can see. */
export function watchVisibility(world: World): void {
  let visibleIds = visible(world)
  world.listen((event) => {
    if (!changesSight(world, event)) {
      return
    }
    const before = visibleIds
    visibleIds = visible(world)
    // A new channel has no threads, and GUILD_CREATE lists those of a new guild.
    if (event.name === 'CHANNEL_CREATE' || event.name === 'GUILD_CREATE') {
      return
    }
    for (const id of visibleIds) {
      const channel = world.channels.get(id)
      if (channel && !before.has(id)) {
        world.emit({ name: 'THREAD_LIST_SYNC', channel })
      }
    }
  })
}

function visible(world: World): ReadonlySet<string> {
  const bot = world.application.bot.id
  const channels = [...world.channels.values()].filter(
    (channel) => channel.guildId !== null && !channel.thread && can(world, channel, bot),
  )
  return new Set(channels.map(({ id }) => id))
}

function changesSight(world: World, event: WorldEvent): boolean {
  switch (event.name) {
    case 'CHANNEL_CREATE':
    case 'CHANNEL_UPDATE':
    case 'CHANNEL_DELETE':
    case 'GUILD_CREATE':
    case 'GUILD_UPDATE':
    case 'GUILD_ROLE_UPDATE':
    case 'GUILD_ROLE_DELETE':
      return true
    case 'GUILD_MEMBER_UPDATE':
    case 'GUILD_MEMBER_REMOVE':
      return event.member.userId === world.application.bot.id
    default:
      return false
  }
}
