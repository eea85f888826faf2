/**
 * /describe image: describes a picture in a sentence.
 *
 * Describing takes seconds and Discord drops a command that is not answered within 3 s, so this
 * defers first. The picture passes the model once; questions reuse its image tokens.
 */

import { ApplicationCommandOptionType } from 'discord.js'
import { answerMessage } from './answer-text.ts'
import type { Command } from './command.ts'

export const describeCommand = {
  data: {
    name: 'describe',
    description: 'Describe a picture',
    options: [
      {
        type: ApplicationCommandOptionType.Attachment,
        name: 'image',
        description: 'PNG, JPEG, WebP, AVIF, GIF or TIFF',
        required: true,
      },
    ],
  },

  async execute(interaction, { model, fetchPicture, remember }) {
    await interaction.deferReply()
    const bytes = await fetchPicture(interaction.options.getAttachment('image', true))
    const image = await model.embedImage(bytes)
    const { text } = await model.describe(image)
    const message = await interaction.editReply(answerMessage(text))
    remember(message.id, { image, turns: [] })
  },
} satisfies Command
