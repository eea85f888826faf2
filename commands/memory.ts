/** /memory: shows and deletes what the bot remembers in this channel. */

import { ApplicationCommandOptionType, AttachmentBuilder, MessageFlags } from 'discord.js'
import { plainMessage } from './answer-text.ts'
import type { Command } from './command.ts'
import { EVERYWHERE } from './contexts.ts'
import { choices, described, localized } from './i18n/localized.ts'

const SCOPES = ['picture', 'mine', 'channel'] as const

export const memoryCommand = {
  data: {
    ...localized('commands.memory'),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'show',
        ...described('commands.memory.show'),
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'forget',
        ...described('commands.memory.forget'),
        options: [
          {
            type: ApplicationCommandOptionType.String,
            name: 'what',
            ...described('commands.memory.what'),
            required: true,
            choices: choices(SCOPES, 'commands.memory.whats'),
          },
          {
            type: ApplicationCommandOptionType.String,
            name: 'picture',
            ...described('commands.memory.picture'),
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
      const { content, file } = await memory.show(interaction, text)
      const files = file === null ? [] : [Buffer.from(file)]
      await interaction.editReply({
        ...plainMessage(content),
        files: files.map((data) => new AttachmentBuilder(data, { name: 'sightseer-memory.txt' })),
      })
      return
    }
    const scope = SCOPES.find((name) => name === options.getString('what', true)) ?? 'picture'
    const count = await memory.forget(interaction, scope, options.getString('picture') ?? undefined)
    const { forgotten, forgottenTurns } = text.memory
    await interaction.editReply(
      plainMessage(scope === 'mine' ? forgottenTurns(count) : forgotten(count)),
    )
  },

  async complete(interaction, services) {
    await interaction.respond(await services.recent(interaction, interaction.options.getFocused()))
  },
} satisfies Command
