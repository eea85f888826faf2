/** /help: shows what the bot can do and what its model knows. */

import { MessageFlags } from 'discord.js'
import { plainMessage, quoted } from './answer-text.ts'
import type { Command } from './command.ts'
import { EVERYWHERE } from './definition/contexts.ts'
import { localized } from './i18n/localized.ts'

export const helpCommand = {
  data: {
    ...localized('commands.help'),
    ...EVERYWHERE,
  },

  async execute(interaction, services, text) {
    await interaction.reply({
      ...plainMessage(
        [text.help(quoted(services.about())), ...(services.knows() ? [text.otherModel] : [])].join(
          '\n',
        ),
      ),
      flags: MessageFlags.Ephemeral,
    })
  },
} satisfies Command
