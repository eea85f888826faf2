/** Entries in a message's context menu: describe its pictures, read them, or ask about them. */

import { ApplicationCommandType } from 'discord.js'
import type { MenuCommand } from './command.ts'
import { EVERYWHERE } from './definition/contexts.ts'
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

export const readMenu = {
  data: {
    type: ApplicationCommandType.Message,
    ...named('commands.readMenu'),
    ...EVERYWHERE,
  },

  async execute(interaction, services) {
    await services.describe(interaction, {
      pictures: () => services.picturesOf(interaction),
      style: 'text',
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
