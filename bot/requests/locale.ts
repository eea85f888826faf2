/**
 * Which language the bot answers a message in. An interaction tells the language of the person's
 * Discord; a message does not, and the platform offers no other way to learn it.
 */

import type { Interaction, Message } from 'discord.js'
import type { Logger } from 'pino'
import { privacyCommand } from '../../commands/privacy.ts'
import type { GuildSettings } from '../../commands/guild-settings.ts'
import type { UserStore } from '../memory/user-store.ts'

const ENGLISH = 'en-US'
const CHINESE = 'zh-CN'

/**
 * The language of an answer to a message: the server's choice, else the server's own. In direct
 * messages that of the person's Discord, and until they use a command or a button, what they write.
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
  const known = guildId === null ? await users.localeOf(author.id, id) : undefined
  return known ?? localeOfMessage(message)
}

/** The language as far as the message itself tells it, without the store. */
export function localeOfMessage({ guild, guildId, content }: Message): string {
  return guildId === null ? guessLocale(content) : (guild?.preferredLocale ?? ENGLISH)
}

/** Keeps the language that an interaction tells. `/privacy` leaves no new trace. */
export async function storeLocale(
  interaction: Interaction,
  users: UserStore,
  log: Logger,
): Promise<void> {
  if (interaction.isChatInputCommand() && interaction.commandName === privacyCommand.data.name) {
    return
  }
  try {
    await users.storeLocale(interaction.user.id, interaction.locale, interaction.id)
  } catch (error) {
    log.error({ err: error }, 'a language could not be kept')
  }
}

function guessLocale(text: string): string {
  const isChinese =
    /\p{Script=Han}/u.test(text) && !/\p{Script=Hiragana}|\p{Script=Katakana}/u.test(text)
  return isChinese ? CHINESE : ENGLISH
}
