/** /memory: what is remembered of this channel, and making it forgotten. */

import { ApplicationCommandOptionType, MessageFlags } from 'discord.js'
import { plainMessage } from './answer-text.ts'
import type { Command } from './command.ts'
import { EVERYWHERE } from './everywhere.ts'
import { localizations } from './i18n/catalogue.ts'
import { EN } from './i18n/en.ts'

const { memory: words } = EN.commands
const WHATS = ['picture', 'mine', 'channel'] as const

export const memoryCommand = {
  data: {
    name: words.name,
    name_localizations: localizations(({ commands }) => commands.memory.name),
    description: words.description,
    description_localizations: localizations(({ commands }) => commands.memory.description),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'show',
        description: words.show,
        description_localizations: localizations(({ commands }) => commands.memory.show),
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'forget',
        description: words.forget,
        description_localizations: localizations(({ commands }) => commands.memory.forget),
        options: [
          {
            type: ApplicationCommandOptionType.String,
            name: 'what',
            description: words.what,
            description_localizations: localizations(({ commands }) => commands.memory.what),
            required: true,
            choices: WHATS.map((what) => ({
              name: words.whats[what],
              name_localizations: localizations(({ commands }) => commands.memory.whats[what]),
              value: what,
            })),
          },
          {
            type: ApplicationCommandOptionType.String,
            name: 'picture',
            description: words.picture,
            description_localizations: localizations(({ commands }) => commands.memory.picture),
            autocomplete: true,
          },
        ],
      },
    ],
  },

  async execute(interaction, { memory }, text) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const { options } = interaction
    if (options.getSubcommand() === 'show') {
      await interaction.editReply(plainMessage(await memory.show(interaction, text)))
      return
    }
    const what = WHATS.find((one) => one === options.getString('what', true)) ?? 'picture'
    const count = await memory.forget(interaction, what, options.getString('picture') ?? undefined)
    const { forgotten, forgottenTurns } = text.memory
    await interaction.editReply(
      plainMessage(what === 'mine' ? forgottenTurns(count) : forgotten(count)),
    )
  },

  async complete(interaction, services) {
    await interaction.respond(await services.recent(interaction, interaction.options.getFocused()))
  },
} satisfies Command
