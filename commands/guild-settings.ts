/** A server's settings, and their defaults. */

import { z } from 'zod'

/** Channels in one list of a server's settings. */
export const MAX_CHANNELS = 50
export const MAX_DAILY_LIMIT = 1000
export const MAX_RETENTION_HOURS = 720
/** Of an answer, in tokens. A token is a word or a part of one. */
export const MAX_LENGTH = 1000

/** How a server wants pictures described when nobody says how. */
export const SERVER_STYLES = ['caption', 'detailed', 'alt'] as const
/** `text`: the words in the picture, read instead of described. */
export const STYLES = [...SERVER_STYLES, 'text'] as const
export type Style = (typeof STYLES)[number]
/** `auto`: the language each member uses Discord in. */
export const LANGUAGES = ['auto', 'en', 'zh-CN'] as const

const channels = z.array(z.string().regex(/^\d{17,20}$/)).max(MAX_CHANNELS)

const fields = {
  /** Ids of channels where the bot describes every picture without being asked. */
  answerChannels: channels,
  /** Ids of channels where it adds alternative text to pictures that have none. */
  altTextChannels: channels,
  /** Ids of channels where it stores the words in pictures, for /find. */
  searchChannels: channels,
  /** The default style of descriptions. */
  style: z.enum(SERVER_STYLES),
  language: z.enum(LANGUAGES),
  /** Longest answer, in tokens, 1 to MAX_LENGTH; null: as the model's card says. */
  maxTokens: z.int().min(1).max(MAX_LENGTH).nullable(),
  /** Requests of one member a day, 1 to MAX_DAILY_LIMIT; null: no limit. */
  dailyLimit: z.int().min(1).max(MAX_DAILY_LIMIT).nullable(),
  /** Hours after their last use until conversations are deleted; null: the operator's limit. */
  retentionHours: z.int().min(1).max(MAX_RETENTION_HOURS).nullable(),
}

export const guildSettings = z.object(fields)

export type GuildSettings = Readonly<z.infer<typeof guildSettings>>

export const DEFAULT_GUILD_SETTINGS: GuildSettings = {
  answerChannels: [],
  altTextChannels: [],
  searchChannels: [],
  style: 'caption',
  language: 'auto',
  maxTokens: null,
  dailyLimit: null,
  retentionHours: null,
}

/**
 * Reads stored settings. Missing or invalid fields, as after a change of version, get their default;
 * the others are kept.
 */
export function readGuildSettings(stored: unknown): GuildSettings {
  const { answerChannels, altTextChannels, searchChannels, style, language } = fields
  const { maxTokens, dailyLimit, retentionHours } = fields
  const defaults = DEFAULT_GUILD_SETTINGS
  const lenient = z
    .object({
      answerChannels: answerChannels.catch([...defaults.answerChannels]),
      altTextChannels: altTextChannels.catch([...defaults.altTextChannels]),
      searchChannels: searchChannels.catch([...defaults.searchChannels]),
      style: style.catch(defaults.style),
      language: language.catch(defaults.language),
      maxTokens: maxTokens.catch(defaults.maxTokens),
      dailyLimit: dailyLimit.catch(defaults.dailyLimit),
      retentionHours: retentionHours.catch(defaults.retentionHours),
    })
    .catch({ ...defaults, answerChannels: [], altTextChannels: [], searchChannels: [] })
  return lenient.parse(stored)
}
