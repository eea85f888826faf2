/** A channel and its server, and the prefix of record keys made from them. */

import type { BaseInteraction } from 'discord.js'

/** `guildId` is null in direct messages. */
export type Place = { readonly guildId: string | null; readonly channelId: string }

/** The prefix of every key of a place. */
export function prefixOf({ guildId, channelId }: Place): string {
  return `${guildId ?? 'dm'}/${channelId}/`
}

/** The link of a message. */
export function messageLink({ guildId, channelId }: Place, messageId: string): string {
  return `https://discord.com/channels/${guildId ?? '@me'}/${channelId}/${messageId}`
}

/** The place of a key that starts with `prefixOf`. */
export function placeIn(key: string): Place {
  const [guild = 'dm', channelId = ''] = key.split('/')
  return { guildId: guild === 'dm' ? null : guild, channelId }
}

/** Where an interaction was used. */
export function placeOf({
  guildId,
  channelId,
}: Pick<BaseInteraction, 'guildId' | 'channelId'>): Place {
  return { guildId, channelId: channelId ?? '' }
}
