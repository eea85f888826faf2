/** /compare: asks about two to four uploaded pictures together. */

import { ApplicationCommandOptionType } from 'discord.js'
import type { Command } from './command.ts'
import { EVERYWHERE } from './definition/contexts.ts'
import { described, localized } from './i18n/localized.ts'

const NAMES = ['image', 'second', 'third', 'fourth'] as const
/** Fewer are nothing to compare. */
const REQUIRED = 2

export const compareCommand = {
  data: {
    ...localized('commands.compare'),
    ...EVERYWHERE,
    options: [
      ...NAMES.map((name, i) => ({
        type: ApplicationCommandOptionType.Attachment as const,
        name,
        ...described(`commands.compare.${name}`),
        required: i < REQUIRED,
        file_types: ['image' as const],
      })),
      {
        type: ApplicationCommandOptionType.String,
        name: 'question',
        ...described('commands.compare.question'),
        max_length: 300,
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        ...described('commands.compare.private'),
      },
    ],
  },

  async execute(interaction, services) {
    const { options } = interaction
    const attachments = NAMES.map((name) => options.getAttachment(name))
    await services.compare(interaction, {
      question: options.getString('question'),
      images: attachments.filter((one) => one !== null).map((one) => services.pictureOf(one)),
      hidden: options.getBoolean('private') ?? false,
    })
  },
} satisfies Command
