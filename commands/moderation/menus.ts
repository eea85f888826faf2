/** Moderation's commands in the context menu of a message. */

import {
  ApplicationCommandType,
  type MessageContextMenuCommandInteraction,
  PermissionFlagsBits,
} from 'discord.js'
import { plainMessage } from '../answer-text.ts'
import type { MenuCommand, Services } from '../command.ts'
import { SERVERS_ONLY } from '../definition/contexts.ts'
import { named } from '../i18n/localized.ts'
import type { Catalog } from '../i18n/words.ts'

type MenuAction = (
  interaction: MessageContextMenuCommandInteraction,
  services: Services,
  text: Catalog,
) => Promise<string>

function menu(key: 'mark' | 'allow' | 'report', action: MenuAction): MenuCommand {
  return {
    data: {
      type: ApplicationCommandType.Message,
      ...named(`moderation.menus.${key}`),
      ...SERVERS_ONLY,
      ...(key !== 'report' && {
        default_member_permissions: String(PermissionFlagsBits.ManageMessages),
      }),
    },

    async execute(interaction, services, text) {
      await services.deferred(interaction, async () => {
        await interaction.editReply(plainMessage(await action(interaction, services, text)))
      })
    },
  }
}

export const markMenu = menu('mark', async (interaction, { moderation }, { moderation: words }) => {
  const link = await moderation.mark(interaction)
  return link === undefined ? words.menu.markedPlain : words.menu.marked(link)
})

export const allowMenu = menu(
  'allow',
  async (interaction, { moderation }, { moderation: words }) => {
    await moderation.allow(interaction)
    return words.menu.allowed
  },
)

export const reportMenu = menu(
  'report',
  async (interaction, { moderation }, { moderation: words }) => {
    await moderation.report(interaction)
    return words.menu.reported
  },
)
