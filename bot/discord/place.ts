/** Where something is said, and how keys of records begin with it. */

/** `guildId` is null in direct messages. */
export type Place = { readonly guildId: string | null; readonly channelId: string }

/** The start of every key of a place. */
export function prefixOf({ guildId, channelId }: Place): string {
  return `${guildId ?? 'dm'}/${channelId}/`
}

/** The place of a key that `prefixOf` begins. */
export function placeIn(key: string): Place {
  const [guild = 'dm', channelId = ''] = key.split('/')
  return { guildId: guild === 'dm' ? null : guild, channelId }
}
