/** Who is staff, and who is exempt. Checked at each event, never cached. */

import { InputError } from '../../config/errors.ts'
import {
  type BaseInteraction,
  type GuildMember,
  type Message,
  PermissionFlagsBits,
} from 'discord.js'
import type { ModerationSettings } from '../../commands/moderation/settings.ts'

/** @throws {InputError} unless the user is staff at the time of the interaction. */
export function demandStaff(
  interaction: Pick<BaseInteraction, 'member' | 'memberPermissions'>,
  { staffRoles }: ModerationSettings,
): void {
  const roles = interaction.member === null ? [] : rolesOf(interaction.member)
  const permitted = interaction.memberPermissions?.has(PermissionFlagsBits.ManageMessages) ?? false
  if (!permitted && !roles.some((role) => staffRoles.includes(role))) {
    throw new InputError('permission/staff')
  }
}

/** @throws {InputError} unless the user may manage the server. */
export function demandManager(interaction: Pick<BaseInteraction, 'memberPermissions'>): void {
  if (!interaction.memberPermissions?.has(PermissionFlagsBits.ManageGuild)) {
    throw new InputError('permission/moderation')
  }
}

function rolesOf(member: NonNullable<BaseInteraction['member']>): readonly string[] {
  return Array.isArray(member.roles) ? member.roles : [...member.roles.cache.keys()]
}

/** Whether a message is exempt from moderation: bots, webhooks, the owner, staff, exempt roles and channels. */
export function isExempt(message: Message<true>, settings: ModerationSettings): boolean {
  const { author, webhookId, guild, member, channel } = message
  const places = [
    message.channelId,
    channel.parentId,
    channel.isThread() ? channel.parent?.parentId : null,
  ]
  return (
    author.bot ||
    webhookId !== null ||
    guild.ownerId === author.id ||
    places.some((id) => id != null && settings.exemptChannels.includes(id)) ||
    (member !== null && isExemptMember(member, settings))
  )
}

function isExemptMember(member: GuildMember, { staffRoles, exemptRoles }: ModerationSettings) {
  return (
    member.permissions.has(PermissionFlagsBits.ManageMessages) ||
    [...staffRoles, ...exemptRoles].some((role) => member.roles.cache.has(role))
  )
}
