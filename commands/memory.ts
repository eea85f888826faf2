/** /memory: shows and deletes what the bot remembers in this channel. */

import {
  ApplicationCommandOptionType,
  AttachmentBuilder,
  type ChatInputCommandInteraction,
  type InteractionEditReplyOptions,
} from 'discord.js'
import { plainMessage } from './answer-text.ts'
import type { Command, MemoryService } from './command.ts'
import type { Catalog } from './i18n/words.ts'
import { EVERYWHERE } from './definition/contexts.ts'
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

  async execute(interaction, { memory, deferred }, text) {
    await deferred(interaction, async () => {
      await interaction.editReply(await replyTo(interaction, memory, text))
    })
  },

  async complete(interaction, services) {
    await interaction.respond(await services.recent(interaction, interaction.options.getFocused()))
  },
} satisfies Command

async function replyTo(
  interaction: ChatInputCommandInteraction,
  memory: MemoryService,
  text: Catalog,
): Promise<InteractionEditReplyOptions> {
  const { options } = interaction
  if (options.getSubcommand() === 'show') {
    const { content, file } = await memory.show(interaction, text)
    const files = file === null ? [] : [Buffer.from(file)]
    return {
      ...plainMessage(content),
      files: files.map((data) => new AttachmentBuilder(data, { name: 'sightseer-memory.txt' })),
    }
  }
  const scope = SCOPES.find((name) => name === options.getString('what', true)) ?? 'picture'
  const count = await memory.forget(interaction, scope, options.getString('picture') ?? undefined)
  const { forgotten, forgottenTurns } = text.memory
  return plainMessage(scope === 'mine' ? forgottenTurns(count) : forgotten(count))
}
