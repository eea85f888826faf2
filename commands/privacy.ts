/** /privacy: shows, exports and deletes what the bot stores about a user, and sets the opt-out. */

import { ApplicationCommandOptionType, AttachmentBuilder, MessageFlags } from 'discord.js'
import { plainMessage } from './answer-text.ts'
import type { Command, PrivacyService } from './command.ts'
import { EVERYWHERE } from './contexts.ts'
import { described, localized } from './i18n/localized.ts'
import type { Catalog } from './i18n/words.ts'

const SUBCOMMANDS = [
  ['show', 'show'],
  ['opt-out', 'optOut'],
  ['opt-in', 'optIn'],
  ['export', 'export'],
  ['delete', 'delete'],
] as const

export const privacyCommand = {
  data: {
    ...localized('commands.privacy'),
    ...EVERYWHERE,
    options: SUBCOMMANDS.map(([name, key]) => ({
      type: ApplicationCommandOptionType.Subcommand as const,
      name,
      ...described(`commands.privacy.${key}`),
    })),
  },

  async execute(interaction, { privacy }, text) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const userId = interaction.user.id
    const subcommand = interaction.options.getSubcommand()
    if (subcommand === 'export') {
      const records = await privacy.records(userId)
      const data = Buffer.from(`${JSON.stringify(records, null, 2)}\n`)
      await interaction.editReply({
        ...plainMessage(text.privacy.exported(records.length)),
        files: [new AttachmentBuilder(data, { name: 'sightseer.json' })],
      })
      return
    }
    const { guildId, id: commandId } = interaction
    const content = await answer(privacy, { subcommand, userId, guildId, commandId }, text)
    await interaction.editReply(plainMessage(content))
  },
} satisfies Command

async function answer(
  privacy: PrivacyService,
  {
    subcommand,
    userId,
    guildId,
    commandId,
  }: { subcommand: string; userId: string; guildId: string | null; commandId: string },
  { privacy: sentences }: Catalog,
): Promise<string> {
  switch (subcommand) {
    case 'opt-out':
      await privacy.setOut(userId, true, commandId)
      return sentences.optedOut
    case 'opt-in':
      await privacy.setOut(userId, false, commandId)
      return sentences.optedIn
    case 'delete':
      return sentences.deleted(await privacy.forget(userId, commandId))
    default: {
      const about = sentences.kept(await privacy.retentionHours(guildId))
      return `${about}\n\n${(await privacy.isOut(userId)) ? sentences.out : sentences.in}`
    }
  }
}
