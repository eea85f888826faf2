/** The entries in a message's context menu: describe its pictures, or ask about them. */

import { InputError } from '../config/errors.ts'
import { ApplicationCommandType } from 'discord.js'
import type { MenuCommand } from './command.ts'
import { EVERYWHERE } from './everywhere.ts'
import { localizations } from './i18n/catalogue.ts'
import { EN } from './i18n/en.ts'

export const describeMenu = {
  data: {
    type: ApplicationCommandType.Message,
    name: EN.commands.describeMenu,
    name_localizations: localizations(({ commands }) => commands.describeMenu),
    ...EVERYWHERE,
  },

  async execute(interaction, services) {
    await services.describe(interaction, {
      pictures: async () => {
        const found = services.picturesIn(interaction.targetMessage)
        if (found.length === 0) {
          throw new InputError('image/none-in-message')
        }
        return found
      },
      hidden: false,
    })
  },
} satisfies MenuCommand

export const askMenu = {
  data: {
    type: ApplicationCommandType.Message,
    name: EN.commands.askMenu,
    name_localizations: localizations(({ commands }) => commands.askMenu),
    ...EVERYWHERE,
  },

  async execute(interaction, services) {
    await services.openQuestion(interaction)
  },
} satisfies MenuCommand
