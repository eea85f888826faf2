/**
 * What people write, as the model reads it. Discord writes names as ids, such as `<@123>`: those are
 * replaced by what people see in their place, or left out. Links are left out too.
 */

import type { Client, Guild } from 'discord.js'

/** Where the ids mean something. */
export type NameSource = {
  readonly client: Client
  readonly guild: Guild | null
}

/** Source: reference.mdx, Message Formatting. */
const TOKEN =
  /<(?:@!?(?<user>\d+)|@&(?<role>\d+)|#(?<channel>\d+)|a?:(?<emoji>\w+):\d+|t:-?\d+(?::\w)?|\/(?<command>[^:<>]+):\d+|id:[^<>]+)>|<?https?:\/\/[^\s<>]+>?/g

/**
 * The text with names in place of ids; empty if it is made of them alone, because then nothing is
 * asked. Unknown ids and times are left out.
 */
export function questionText(text: string, names: NameSource): string {
  if (text.replaceAll(TOKEN, '').trim() === '') {
    return ''
  }
  const readable = text.replaceAll(TOKEN, (...match) => {
    const groups: Readonly<Record<string, string | undefined>> = match.at(-1)
    return nameOf(groups, names) ?? ''
  })
  return readable.replaceAll(/[ \t]{2,}/g, ' ').trim()
}

function nameOf(
  { user, role, channel, emoji, command }: Readonly<Record<string, string | undefined>>,
  { client, guild }: NameSource,
): string | undefined {
  if (user !== undefined) {
    return guild?.members.cache.get(user)?.displayName ?? client.users.cache.get(user)?.displayName
  }
  if (role !== undefined) {
    return guild?.roles.cache.get(role)?.name
  }
  if (channel !== undefined) {
    return guild?.channels.cache.get(channel)?.name
  }
  if (command !== undefined) {
    return `/${command}`
  }
  return emoji === undefined ? undefined : `:${emoji}:`
}
