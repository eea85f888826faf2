/** Helpers for commands with subcommands. */

import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  type AttachmentBuilder,
  type ChatInputCommandInteraction,
} from 'discord.js'
import type { Services } from '../command.ts'
import { described, type TextKey } from '../i18n/localized.ts'
import type { Catalog } from '../i18n/words.ts'

/** A subcommand that is used in a server. */
export type SubcommandContext = {
  readonly interaction: ChatInputCommandInteraction
  readonly services: Services
  readonly text: Catalog
  readonly guildId: string
}

/** The reply: a text, and files if there are any. */
export type SubcommandAnswer = {
  readonly content: string
  readonly files?: AttachmentBuilder[]
}

/** @param key of its description. */
export function subcommand(
  name: string,
  key: TextKey,
  options: APIApplicationCommandBasicOption[] = [],
): APIApplicationCommandSubcommandOption {
  return {
    type: ApplicationCommandOptionType.Subcommand,
    name,
    ...described(key),
    options,
  }
}
