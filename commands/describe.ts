/**
 * /describe describes the attached picture, or the newest one in the channel; /read reads its words.
 */

import { ApplicationCommandOptionType } from 'discord.js'
import { type Style, STYLES } from './guild-settings.ts'
import type { Command } from './command.ts'
import { EVERYWHERE } from './definition/contexts.ts'
import { choices, described, localized } from './i18n/localized.ts'

export const describeCommand = {
  data: {
    ...localized('commands.describe'),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.Attachment,
        name: 'image',
        ...described('commands.describe.image'),
        // Discord only checks the extension. The bot checks the bytes later.
        file_types: ['image'],
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'style',
        ...described('commands.describe.style'),
        choices: choices(STYLES, 'commands.describe.styles'),
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        ...described('commands.describe.private'),
      },
    ],
  },

  async execute(interaction, services) {
    const { options } = interaction
    const image = options.getAttachment('image')
    const style = STYLES.find((name) => name === options.getString('style'))
    await services.describe(interaction, {
      pictures: async () => (image ? [services.pictureOf(image)] : services.newest(interaction)),
      style: style satisfies Style | undefined,
      hidden: options.getBoolean('private') ?? false,
      from: image ? 'upload' : 'newest',
    })
  },
} satisfies Command

export const readCommand = {
  data: {
    ...localized('commands.read'),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.Attachment,
        name: 'image',
        ...described('commands.read.image'),
        file_types: ['image'],
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'private',
        ...described('commands.read.private'),
      },
    ],
  },

  async execute(interaction, services) {
    const { options } = interaction
    const image = options.getAttachment('image')
    await services.describe(interaction, {
      pictures: async () => (image ? [services.pictureOf(image)] : services.newest(interaction)),
      style: 'text',
      hidden: options.getBoolean('private') ?? false,
      from: image ? 'upload' : 'newest',
    })
  },
} satisfies Command
