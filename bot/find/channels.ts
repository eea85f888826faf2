/** In which channels pictures can be searched: those that the server chose, with their threads. */

import type { Client } from 'discord.js'
import type { GuildSettings } from '../../commands/guild-settings.ts'

export async function isSearchable(
  client: Client,
  { searchChannels }: Pick<GuildSettings, 'searchChannels'>,
  channelId: string,
): Promise<boolean> {
  if (searchChannels.length === 0 || searchChannels.includes(channelId)) {
    return searchChannels.includes(channelId)
  }
  const channel = await client.channels.fetch(channelId).catch(() => null)
  const parentId = channel?.isThread() ? channel.parentId : null
  return parentId !== null && searchChannels.includes(parentId)
}
