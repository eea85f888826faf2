/** /help: what the bot can do, and what its model knows. */

import { MessageFlags } from 'discord.js'
import { escaped, plainMessage } from './answer-text.ts'
import type { Command } from './command.ts'
import { EVERYWHERE } from './everywhere.ts'
import { localizations } from './i18n/catalogue.ts'
import { EN } from './i18n/en.ts'

export const helpCommand = {
  data: {
    name: EN.commands.help.name,
    name_localizations: localizations(({ commands }) => commands.help.name),
    description: EN.commands.help.description,
    description_localizations: localizations(({ commands }) => commands.help.description),
    ...EVERYWHERE,
  },

  async execute(interaction, services, text) {
    await interaction.reply({
      ...plainMessage(text.help(escaped(services.about()))),
      flags: MessageFlags.Ephemeral,
    })
  },
} satisfies Command
