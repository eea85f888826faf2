/** /privacy: shows, exports and deletes what the bot stores about a user, and sets the opt-out. */

import { setImmediate } from 'node:timers/promises'
import {
  ApplicationCommandOptionType,
  AttachmentBuilder,
  type ButtonInteraction,
  ButtonStyle,
  type ChatInputCommandInteraction,
  ComponentType,
  type InteractionEditReplyOptions,
} from 'discord.js'
import { plainMessage } from './answer-text.ts'
import type { Command, PrivacyService, Services } from './command.ts'
import { EVERYWHERE } from './definition/contexts.ts'
import { described, localized } from './i18n/localized.ts'
import type { Catalog } from './i18n/words.ts'

const SUBCOMMANDS = [
  ['show', 'show'],
  ['opt-out', 'optOut'],
  ['opt-in', 'optIn'],
  ['export', 'export'],
  ['delete', 'delete'],
] as const

/** Records of an export that are written before other work gets its turn. */
const RECORDS_PER_TURN = 100

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

  async execute(interaction, { privacy, deferred }, text) {
    await deferred(interaction, async () => {
      await interaction.editReply(await replyTo(interaction, privacy, text))
    })
  },
} satisfies Command

async function replyTo(
  interaction: ChatInputCommandInteraction,
  privacy: PrivacyService,
  text: Catalog,
): Promise<InteractionEditReplyOptions> {
  const userId = interaction.user.id
  const subcommand = interaction.options.getSubcommand()
  if (subcommand === 'export') {
    const records = await privacy.records(userId)
    const data = Buffer.from(await exportOf(records, text))
    return {
      ...plainMessage(text.privacy.exported(records.length)),
      files: [new AttachmentBuilder(data, { name: 'sightseer.json' })],
    }
  }
  if (subcommand === 'delete') {
    return deletionQuestion(privacy, text)
  }
  const { guildId, id: commandId } = interaction
  return plainMessage(await answer(privacy, { subcommand, userId, guildId, commandId }, text))
}

/** Asks back, because what is deleted is gone everywhere. */
function deletionQuestion({ deleteButtonId }: PrivacyService, { privacy }: Catalog) {
  const button = {
    type: ComponentType.Button,
    style: ButtonStyle.Danger,
    label: privacy.deleteAll,
    customId: deleteButtonId,
  } as const
  return {
    ...plainMessage(privacy.confirmDelete),
    components: [{ type: ComponentType.ActionRow, components: [button] } as const],
  }
}

/** The button that confirms a deletion was pressed. */
export async function deleteConfirmed(
  interaction: ButtonInteraction,
  { privacy, deferred }: Services,
  { privacy: sentences }: Catalog,
): Promise<void> {
  const work = async () => {
    const count = await privacy.forget(interaction.user.id, interaction.id)
    await interaction.editReply({ ...plainMessage(sentences.deleted(count)), components: [] })
  }
  await deferred(interaction, work, 'forget')
}

/** The records as JSON. A moderator may have thousands, so other work gets its turn in between. */
async function exportOf(records: readonly object[], text: Catalog): Promise<string> {
  const items: string[] = []
  for (const [i, record] of records.entries()) {
    items.push(JSON.stringify([readable(record, text)], null, 2).slice(2, -2)) // without its brackets
    if (i % RECORDS_PER_TURN === RECORDS_PER_TURN - 1) {
      await setImmediate()
    }
  }
  return items.length === 0 ? '[]\n' : `[\n${items.join(',\n')}\n]\n`
}

/** A record with a name for people, and with times as ISO 8601 in place of milliseconds. */
function readable(record: object, { privacy }: Catalog): object {
  const names: Readonly<Record<string, string>> = privacy.kinds
  const kind = 'kind' in record ? String(record.kind) : ''
  return { what: names[kind] ?? kind, ...withDates(record) }
}

/** Fields that hold a time in milliseconds. */
const TIMES = new Set(['at', 'until', 'createdAt', 'joinedAt', 'timeoutUntil', 'seenAt'])

function withDates(record: object): object {
  return JSON.parse(JSON.stringify(record), (key, value: unknown) =>
    TIMES.has(key) && typeof value === 'number' ? new Date(value).toISOString() : value,
  )
}

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
    default: {
      const about = sentences.kept(await privacy.retentionHours(guildId), privacy.modelPlace())
      return `${about}\n\n${(await privacy.isOut(userId)) ? sentences.out : sentences.in}`
    }
  }
}
