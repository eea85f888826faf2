/** /ask: a question about the picture talked about in this channel, or about another one. */

import { ApplicationCommandOptionType } from 'discord.js'
import type { Command } from './command.ts'
import { EVERYWHERE } from './everywhere.ts'
import { localizations } from './i18n/catalogue.ts'
import { EN } from './i18n/en.ts'

const { ask: words } = EN.commands

export const askCommand = {
  data: {
    name: words.name,
    name_localizations: localizations(({ commands }) => commands.ask.name),
    description: words.description,
    description_localizations: localizations(({ commands }) => commands.ask.description),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'question',
        description: words.question,
        description_localizations: localizations(({ commands }) => commands.ask.question),
        required: true,
        max_length: 300,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'picture',
        description: words.picture,
        description_localizations: localizations(({ commands }) => commands.ask.picture),
        autocomplete: true,
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        description: words.private,
        description_localizations: localizations(({ commands }) => commands.ask.private),
      },
    ],
  },

  async execute(interaction, services) {
    const { options } = interaction
    await services.ask(interaction, {
      question: options.getString('question', true),
      picture: options.getString('picture') ?? undefined,
      hidden: options.getBoolean('private') ?? false,
    })
  },

  async complete(interaction, services) {
    await interaction.respond(await services.recent(interaction, interaction.options.getFocused()))
  },
} satisfies Command
