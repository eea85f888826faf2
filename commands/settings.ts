/** /settings: the settings of a server, for members with Manage Server. */

import {
  ApplicationCommandOptionType,
  ChannelType,
  type ChatInputCommandInteraction,
  PermissionFlagsBits,
} from 'discord.js'
import { InputError } from '../config/errors.ts'
import {
  type GuildSettings,
  LANGUAGES,
  MAX_CHANNELS,
  MAX_DAILY_LIMIT,
  MAX_LENGTH,
  MAX_RETENTION_HOURS,
  SERVER_STYLES,
} from './guild-settings.ts'
import { plainMessage } from './answer-text.ts'
import type { Command } from './command.ts'
import { SERVERS_ONLY } from './definition/contexts.ts'
import { choices, described, localized } from './i18n/localized.ts'
import type { Catalog } from './i18n/words.ts'
import { subcommand } from './definition/subcommand.ts'

const SWITCHES = ['on', 'off'] as const
const ACTIONS = ['nothing', 'describe', 'alt'] as const

/** Threads and the posts of forums are treated as the channel they are in. */
const CHANNEL_TYPES = [
  ChannelType.GuildText,
  ChannelType.GuildAnnouncement,
  ChannelType.GuildForum,
  ChannelType.GuildMedia,
  ChannelType.GuildVoice,
  ChannelType.GuildStageVoice,
] as const

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
          channel_types: [...CHANNEL_TYPES],
          required: true,
        },
        {
          type: text,
          name: 'does',
          ...described('commands.settings.does'),
          required: true,
          choices: choices(ACTIONS, 'commands.settings.doings'),
        },
      ]),
      subcommand('search', 'commands.settings.search', [
        {
          type: ApplicationCommandOptionType.Channel,
          name: 'channel',
          ...described('commands.settings.which'),
          channel_types: [...CHANNEL_TYPES],
          required: true,
        },
        {
          type: text,
          name: 'value',
          ...described('commands.settings.searching'),
          required: true,
          choices: choices(SWITCHES, 'commands.settings.switches'),
        },
      ]),
      subcommand('style', 'commands.settings.style', [
        {
          type: text,
          name: 'value',
          ...described('commands.settings.value'),
          required: true,
          choices: choices(SERVER_STYLES, 'commands.describe.styles'),
        },
      ]),
      subcommand('language', 'commands.settings.language', [
        {
          type: text,
          name: 'value',
          ...described('commands.settings.value'),
          required: true,
          choices: choices(LANGUAGES, 'commands.settings.languages'),
        },
      ]),
      subcommand('length', 'commands.settings.length', [
        {
          type: whole,
          name: 'value',
          ...described('commands.settings.tokens'),
          required: true,
          min_value: 0,
          max_value: MAX_LENGTH,
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

  async execute(interaction, { settings, privacy, deferred }, catalog) {
    const { guildId } = interaction
    if (guildId === null) {
      throw new InputError('place/server-only')
    }
    // A server can allow the command for other roles, but the settings need Manage Server.
    if (!interaction.memberPermissions?.has(PermissionFlagsBits.ManageGuild)) {
      throw new InputError('permission/settings')
    }
    await deferred(interaction, async () => {
      const change = changeOf(interaction)
      if (change) {
        await settings.change(guildId, change)
      }
      const hours = await privacy.retentionHours(guildId)
      const current = lines(await settings.of(guildId), hours, catalog)
      const { saved, how } = catalog.settings
      const reply = change ? [saved, ...current] : [...current, how]
      await interaction.editReply(plainMessage(reply.join('\n')))
    })
  },
} satisfies Command

/** The change that the subcommand makes; undefined for `show`. */
function changeOf({
  options,
}: ChatInputCommandInteraction): ((settings: GuildSettings) => GuildSettings) | undefined {
  switch (options.getSubcommand()) {
    case 'channel': {
      const { id } = options.getChannel('channel', true)
      const does = options.getString('does', true)
      return (settings) => ({
        ...settings,
        answerChannels: withId(settings.answerChannels, id, does === 'describe'),
        altTextChannels: withId(settings.altTextChannels, id, does === 'alt'),
      })
    }
    case 'search': {
      const { id } = options.getChannel('channel', true)
      const isOn = options.getString('value', true) === 'on'
      return (settings) => ({
        ...settings,
        searchChannels: withId(settings.searchChannels, id, isOn),
      })
    }
    case 'style': {
      const style = SERVER_STYLES.find((name) => name === options.getString('value', true))
      return (settings) => ({ ...settings, style: style ?? settings.style })
    }
    case 'language': {
      const language = LANGUAGES.find((name) => name === options.getString('value', true))
      return (settings) => ({ ...settings, language: language ?? settings.language })
    }
    case 'length': {
      const most = options.getInteger('value', true)
      return (settings) => ({ ...settings, maxTokens: most === 0 ? null : most })
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

/** Adds or removes an id. @throws {InputError} if the list gets too long. */
function withId(ids: readonly string[], id: string, isListed: boolean): string[] {
  const others = ids.filter((other) => other !== id)
  const next = isListed ? [...others, id] : others
  if (next.length > MAX_CHANNELS) {
    throw new InputError('settings/too-many-channels', { most: MAX_CHANNELS })
  }
  return next
}

function lines(settings: GuildSettings, hours: number, { settings: sentences, commands }: Catalog) {
  const channels = (ids: readonly string[]) =>
    ids.map((id) => `<#${id}>`).join(' ') || sentences.none
  const each = [
    sentences.describes(channels(settings.answerChannels)),
    sentences.altTexts(channels(settings.altTextChannels)),
    sentences.searches(channels(settings.searchChannels)),
    sentences.style(commands.describe.styles[settings.style]),
    sentences.language(commands.settings.languages[settings.language]),
    sentences.length(settings.maxTokens),
    sentences.limit(settings.dailyLimit),
    sentences.retention(hours),
  ]
  return [sentences.title, ...each.map((line) => `- ${line}`)]
}
