/** /ask: asks about the last picture that was discussed in this channel, or about another one. */

import { ApplicationCommandOptionType } from 'discord.js'
import type { Command } from './command.ts'
import { EVERYWHERE } from './definition/contexts.ts'
import { described, localized } from './i18n/localized.ts'

export const askCommand = {
  data: {
    ...localized('commands.ask'),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'question',
        ...described('commands.ask.question'),
        required: true,
        max_length: 300,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'picture',
        ...described('commands.ask.picture'),
        autocomplete: true,
      },
      {
        type: ApplicationCommandOptionType.Attachment,
        name: 'image',
        ...described('commands.ask.image'),
        file_types: ['image'],
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        ...described('commands.ask.private'),
      },
    ],
  },

  async execute(interaction, services) {
    const { options } = interaction
    const image = options.getAttachment('image')
    await services.ask(interaction, {
      question: options.getString('question', true),
      image: image ? services.pictureOf(image) : undefined,
      picture: options.getString('picture') ?? undefined,
      hidden: options.getBoolean('private') ?? false,
    })
  },

  async complete(interaction, services) {
    await interaction.respond(await services.recent(interaction, interaction.options.getFocused()))
  },
} satisfies Command
