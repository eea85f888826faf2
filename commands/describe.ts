/** /describe: puts a picture into words, the one given or the newest of the channel. */

import { ApplicationCommandOptionType } from 'discord.js'
import { type Style, STYLES } from '../config/guild-settings.ts'
import type { Command } from './command.ts'
import { EVERYWHERE } from './everywhere.ts'
import { localizations } from './i18n/catalogue.ts'
import { EN } from './i18n/en.ts'

const { describe: words } = EN.commands

export const describeCommand = {
  data: {
    name: words.name,
    name_localizations: localizations(({ commands }) => commands.describe.name),
    description: words.description,
    description_localizations: localizations(({ commands }) => commands.describe.description),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.Attachment,
        name: 'image',
        description: words.image,
        description_localizations: localizations(({ commands }) => commands.describe.image),
        // By extension only; the bytes are checked later.
        file_types: ['image'],
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'style',
        description: words.style,
        description_localizations: localizations(({ commands }) => commands.describe.style),
        choices: STYLES.map((style) => ({
          name: words.styles[style],
          name_localizations: localizations(({ commands }) => commands.describe.styles[style]),
          value: style,
        })),
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        description: words.private,
        description_localizations: localizations(({ commands }) => commands.describe.private),
      },
    ],
  },

  async execute(interaction, services) {
    const { options } = interaction
    const image = options.getAttachment('image')
    const style = STYLES.find((name) => name === options.getString('style'))
    await services.describe(interaction, {
      pictures: async () =>
        image ? [services.given(image)] : services.newest(interaction.channel),
      style: style satisfies Style | undefined,
      hidden: options.getBoolean('private') ?? false,
    })
  },
} satisfies Command
