/**
 * /find: pictures of this channel or server by the words in them, or by what they show. Only who asks sees
 * the answer.
 */

import { ApplicationCommandOptionType } from 'discord.js'
import type { Command } from './command.ts'
import { SERVERS_ONLY } from './definition/contexts.ts'
import { choices, described, localized } from './i18n/localized.ts'

const PLACES = ['channel', 'server'] as const

/** In UTF-16 units. */
const MAX_WORDS = 100

export const findCommand = {
  data: {
    ...localized('commands.find'),
    ...SERVERS_ONLY,
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'words',
        ...described('commands.find.words'),
        required: true,
        max_length: MAX_WORDS,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'where',
        ...described('commands.find.where'),
        choices: choices(PLACES, 'commands.find.places'),
      },
    ],
  },

  async execute(interaction, { find, deferred }, text) {
    const words = interaction.options.getString('words', true)
    const everywhere = interaction.options.getString('where') === 'server'
    await deferred(interaction, async () => {
      await interaction.editReply(await find.answer(interaction, { words, everywhere }, text))
    })
  },
} satisfies Command
