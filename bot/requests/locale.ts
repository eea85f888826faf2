/**
 * Which language the bot answers a message in. An interaction carries the person's locale; a
 * message does not, and the API has no other way to get it.
 */

import type { Interaction, Message } from 'discord.js'
import type { Logger } from 'pino'
import { privacyCommand } from '../../commands/privacy.ts'
import type { GuildSettings } from '../../commands/guild-settings.ts'
import { isChinese } from '../../commands/i18n/question-language.ts'
import { PRIVACY_DELETE_ID } from '../discord/custom-id.ts'
import type { UserStore } from '../memory/user-store.ts'

const ENGLISH = 'en-US'
const CHINESE = 'zh-CN'

/**
 * The language of an answer to a message: the server's choice, else the server's own. In direct
 * messages it is the person's last known locale, or else guessed from the text.
 */
export async function localeOf(
  message: Message,
  { language }: GuildSettings,
  users: UserStore,
): Promise<string> {
  if (language !== 'auto') {
    return language
  }
  const { id, author, guildId } = message
  const locale = guildId === null ? await users.localeOf(author.id, id) : undefined
  return locale ?? localeOfMessage(message)
}

/** The language from the message alone, without the store. */
export function localeOfMessage({ guild, guildId, content }: Message): string {
  return guildId === null
    ? isChinese(content)
      ? CHINESE
      : ENGLISH
    : (guild?.preferredLocale ?? ENGLISH)
}

/** Stores the locale of an interaction. `/privacy` stores nothing new. */
export async function storeLocale(
  interaction: Interaction,
  users: UserStore,
  log: Logger,
): Promise<void> {
  const isPrivacy =
    (interaction.isChatInputCommand() && interaction.commandName === privacyCommand.data.name) ||
    (interaction.isButton() && interaction.customId === PRIVACY_DELETE_ID)
  if (isPrivacy) {
    return
  }
  try {
    await users.storeLocale(interaction.user.id, interaction.locale, interaction.id)
  } catch (error) {
    log.error({ err: error }, 'a language could not be kept')
  }
}
