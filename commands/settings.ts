/** /settings: what a server's managers can choose. */

import {
  ApplicationCommandOptionType,
  ChannelType,
  type ChatInputCommandInteraction,
  MessageFlags,
  PermissionFlagsBits,
} from 'discord.js'
import { InputError } from '../config/errors.ts'
import {
  type GuildSettings,
  LANGUAGES,
  MAX_CHANNELS,
  MAX_DAILY_LIMIT,
  MAX_RETENTION_HOURS,
  STYLES,
} from './guild-settings.ts'
import { plainMessage } from './answer-text.ts'
import type { Command } from './command.ts'
import { SERVERS_ONLY } from './contexts.ts'
import { EN } from './i18n/en.ts'
import { choices, described, localized } from './i18n/localized.ts'
import type { Catalogue } from './i18n/words.ts'
import { subcommand } from './subcommand.ts'

const { settings: words } = EN.commands
const DOINGS = ['nothing', 'describe', 'alt'] as const

const text = ApplicationCommandOptionType.String as const
const whole = ApplicationCommandOptionType.Integer as const

export const settingsCommand = {
  data: {
    ...localized('commands.settings'),
    ...SERVERS_ONLY,
    default_member_permissions: String(PermissionFlagsBits.ManageGuild),
    options: [
      subcommand('show', 'commands.settings.show'),
      subcommand('channel', 'commands.settings.channel', [
        {
          type: ApplicationCommandOptionType.Channel,
          name: 'channel',
          ...described('commands.settings.which'),
          channel_types: [ChannelType.GuildText, ChannelType.GuildAnnouncement],
          required: true,
        },
        {
          type: text,
          name: 'does',
          ...described('commands.settings.does'),
          required: true,
          choices: choices(DOINGS, 'commands.settings.doings'),
        },
      ]),
      subcommand('style', 'commands.settings.style', [
        {
          type: text,
          name: 'value',
          ...described('commands.settings.value'),
          required: true,
          choices: choices(STYLES, 'commands.describe.styles'),
        },
      ]),
      subcommand('language', 'commands.settings.language', [
        {
          type: text,
          name: 'value',
          ...described('commands.settings.value'),
          required: true,
          choices: LANGUAGES.map((language) => ({
            name: words.languages[language],
            value: language,
          })),
        },
      ]),
      subcommand('limit', 'commands.settings.limit', [
        {
          type: whole,
          name: 'value',
          ...described('commands.settings.number'),
          required: true,
          min_value: 0,
          max_value: MAX_DAILY_LIMIT,
        },
      ]),
      subcommand('retention', 'commands.settings.retention', [
        {
          type: whole,
          name: 'value',
          ...described('commands.settings.hours'),
          required: true,
          min_value: 0,
          max_value: MAX_RETENTION_HOURS,
        },
      ]),
    ],
  },

  async execute(interaction, { settings, privacy }, catalogue) {
    const { guildId } = interaction
    if (guildId === null) {
      throw new InputError('place/server-only')
    }
    // A server can give the command to other roles; what it changes stays the managers' business.
    if (!interaction.memberPermissions?.has(PermissionFlagsBits.ManageGuild)) {
      throw new InputError('permission/settings')
    }
    await interaction.deferReply({ flags: MessageFlags.Ephemeral })
    const change = changeOf(interaction)
    if (change) {
      await settings.change(guildId, change)
    }
    const hours = await privacy.retentionHours(guildId)
    const shown = lines(await settings.of(guildId), hours, catalogue)
    const { saved, how } = catalogue.settings
    const whole = change ? [saved, ...shown] : [...shown, how]
    await interaction.editReply(plainMessage(whole.join('\n')))
  },
} satisfies Command

/** What the subcommand changes; nothing for `show`. */
function changeOf({
  options,
}: ChatInputCommandInteraction): ((settings: GuildSettings) => GuildSettings) | undefined {
  switch (options.getSubcommand()) {
    case 'channel': {
      const { id } = options.getChannel('channel', true)
      const does = options.getString('does', true)
      return (settings) => ({
        ...settings,
        answerChannels: listed(settings.answerChannels, id, does === 'describe'),
        altTextChannels: listed(settings.altTextChannels, id, does === 'alt'),
      })
    }
    case 'style': {
      const style = STYLES.find((one) => one === options.getString('value', true))
      return (settings) => ({ ...settings, style: style ?? settings.style })
    }
    case 'language': {
      const language = LANGUAGES.find((one) => one === options.getString('value', true))
      return (settings) => ({ ...settings, language: language ?? settings.language })
    }
    case 'limit': {
      const limit = options.getInteger('value', true)
      return (settings) => ({ ...settings, dailyLimit: limit === 0 ? null : limit })
    }
    case 'retention': {
      const hours = options.getInteger('value', true)
      return (settings) => ({ ...settings, retentionHours: hours === 0 ? null : hours })
    }
    default:
      return undefined
  }
}

/** The list with or without an id. @throws {InputError} if it grows too long. */
function listed(ids: readonly string[], id: string, wanted: boolean): string[] {
  const others = ids.filter((other) => other !== id)
  const next = wanted ? [...others, id] : others
  if (next.length > MAX_CHANNELS) {
    throw new InputError('settings/too-many-channels', { most: MAX_CHANNELS })
  }
  return next
}

function lines(settings: GuildSettings, hours: number, { settings: said, commands }: Catalogue) {
  const channels = (ids: readonly string[]) => ids.map((id) => `<#${id}>`).join(' ') || said.none
  const each = [
    said.describes(channels(settings.answerChannels)),
    said.altTexts(channels(settings.altTextChannels)),
    said.style(commands.describe.styles[settings.style]),
    said.language(commands.settings.languages[settings.language]),
    said.limit(settings.dailyLimit),
    said.retention(hours),
  ]
  return [said.title, ...each.map((line) => `- ${line}`)]
}
