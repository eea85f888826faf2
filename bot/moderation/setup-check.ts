/** Checks the setup of moderation on a server. */

import { GatewayIntentBits, type Guild, PermissionFlagsBits } from 'discord.js'
import type { Catalog } from '../../commands/i18n/words.ts'
import type { ModerationSettings } from '../../commands/moderation/settings.ts'

/** In the channel for cases. */
const IN_LOG = [
  ['ViewChannel', 'see'],
  ['SendMessages', 'send'],
  ['AttachFiles', 'attach'],
  ['ReadMessageHistory', 'history'],
] as const

/** On the whole server. */
const EVERYWHERE = [
  ['ManageMessages', 'delete'],
  ['ModerateMembers', 'timeout'],
] as const

/** @returns a sentence for each thing that will not work, which says what to change. */
export async function checkSetup(
  guild: Guild,
  { logChannel }: ModerationSettings,
  { moderation: { setup } }: Catalog,
): Promise<string[]> {
  const me = await guild.members.fetchMe()
  const { client } = guild
  const blind = !client.options.intents.has(GatewayIntentBits.MessageContent)
  const missing = EVERYWHERE.filter(([name]) => !me.permissions.has(PermissionFlagsBits[name]))
  return [
    ...(blind ? [setup.noContent] : []),
    ...(await inLog(guild, logChannel, setup)),
    ...missing.map(([name, what]) => setup.lacks(name, null, setup.whats[what])),
  ]
}

async function inLog(
  guild: Guild,
  logChannel: string | null,
  setup: Catalog['moderation']['setup'],
): Promise<string[]> {
  if (logChannel === null) {
    return []
  }
  const channel = await guild.channels.fetch(logChannel).catch(() => null)
  if (!channel) {
    return [setup.noLogChannel]
  }
  const me = await guild.members.fetchMe()
  const permissions = channel.permissionsFor(me)
  return IN_LOG.filter(([name]) => !permissions.has(PermissionFlagsBits[name])).map(
    ([name, what]) => setup.lacks(name, `<#${logChannel}>`, setup.whats[what]),
  )
}
