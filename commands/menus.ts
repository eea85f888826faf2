/** Entries in a message's context menu: describe its pictures, or ask about them. */

import { ApplicationCommandType } from 'discord.js'
import type { MenuCommand } from './command.ts'
import { EVERYWHERE } from './contexts.ts'
import { named } from './i18n/localized.ts'

export const describeMenu = {
  data: {
    type: ApplicationCommandType.Message,
    ...named('commands.describeMenu'),
    ...EVERYWHERE,
  },

  async execute(interaction, services) {
    await services.describe(interaction, {
      pictures: () => services.picturesOf(interaction),
      hidden: false,
      from: 'message',
    })
  },
} satisfies MenuCommand

export const askMenu = {
  data: {
    type: ApplicationCommandType.Message,
    ...named('commands.askMenu'),
    ...EVERYWHERE,
  },

  async execute(interaction, services) {
    await services.openQuestion(interaction)
  },
} satisfies MenuCommand
