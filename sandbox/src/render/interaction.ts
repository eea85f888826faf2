/** An interaction as the gateway sends it. */

import { MAX_FILE_BYTES } from '../protocol/constants.ts'
import type { Interaction } from '../interactions/types.ts'
import { renderMessage } from './message.ts'
import { channelPermissions, PERMISSION } from '../world/permissions.ts'
import { renderChannel, renderMember } from './guild.ts'
import { renderUser } from './user.ts'
import type { World } from '../world/world.ts'
import type { Channel } from '../world/types.ts'

/** Interaction contexts. */
export const CONTEXT = { guild: 0, botDm: 1, privateChannel: 2 } as const

/** The permissions of an application that is not in the guild. */
const OUTSIDER_PERMISSIONS =
  PERMISSION.attachFiles | PERMISSION.embedLinks | PERMISSION.mentionEveryone

/** The channel's context: a guild, direct messages with the bot, or other direct messages. */
export function contextOf(world: World, channel: Channel): number {
  if (channel.guildId !== null) {
    return CONTEXT.guild
  }
  return channel.recipients.includes(world.application.bot.id)
    ? CONTEXT.botDm
    : CONTEXT.privateChannel
}

/** The whole payload of INTERACTION_CREATE. */
export function renderInteraction(world: World, interaction: Interaction): object {
  const { userId, channel, source } = interaction
  const { guildId } = channel
  const member = world.member(guildId, userId)
  const permissions = String(channelPermissions(world, channel, userId))
  const bot = channelPermissions(world, channel, world.application.bot.id)
  return {
    id: interaction.id,
    application_id: world.application.id,
    type: interaction.type,
    token: interaction.token,
    version: 1,
    data: interaction.data,
    channel_id: channel.id,
    channel: { ...renderChannel(world, channel), permissions },
    app_permissions: String(bot === 0n ? OUTSIDER_PERMISSIONS : bot),
    locale: interaction.locale,
    entitlements: [],
    entitlement_sku_ids: [],
    attachment_size_limit: MAX_FILE_BYTES,
    authorizing_integration_owners: interaction.owners,
    context: contextOf(world, channel),
    ...(source ? { message: renderMessage(world, source, { seesContent: true }) } : {}),
    ...(guildId === null
      ? {}
      : {
          guild_id: guildId,
          guild_locale: 'en-US',
          guild: { id: guildId, locale: 'en-US', features: [] },
        }),
    ...(member
      ? { member: { ...renderMember(world, member), permissions } }
      : { user: renderUser(world.user(userId)) }),
  }
}
