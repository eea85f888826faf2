/** What every command file exports, and what the bot hands it. */

import type {
  Attachment,
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  Message,
  MessageContextMenuCommandInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
  RESTPostAPIContextMenuApplicationCommandsJSONBody,
  TextBasedChannel,
} from 'discord.js'
import type { GuildSettings, Style } from './guild-settings.ts'
import type { Catalogue } from './i18n/words.ts'
import type { ModerationService } from './moderation/service.ts'
import type { FoundPicture } from './picture.ts'

/** An interaction that is answered with text; its first answer is still owed. */
export type Asking = ChatInputCommandInteraction | MessageContextMenuCommandInteraction

/** What the bot can do for a command. Each throws InputError with what a person should know. */
export type Services = {
  /** Describes pictures and posts one answer, its first reply included. */
  readonly describe: (
    use: Asking,
    request: {
      readonly pictures: () => Promise<readonly FoundPicture[]>
      readonly style?: Style | undefined
      readonly hidden: boolean
    },
  ) => Promise<void>
  /** Answers a question about the picture talked about here, or the one `picture` names. */
  readonly ask: (
    use: ChatInputCommandInteraction,
    request: {
      readonly question: string
      readonly picture: string | undefined
      readonly hidden: boolean
    },
  ) => Promise<void>
  /** Opens the form for a question about the pictures of a message. */
  readonly openQuestion: (use: MessageContextMenuCommandInteraction) => Promise<void>
  readonly given: (attachment: Attachment) => FoundPicture
  readonly picturesIn: (message: Message) => readonly FoundPicture[]
  /** The pictures of the newest message that has some. */
  readonly newest: (channel: TextBasedChannel | null) => Promise<readonly FoundPicture[]>
  /** Pictures to choose from, newest first: what is shown, and what `ask` takes. */
  readonly recent: (
    use: AutocompleteInteraction,
    typed: string,
  ) => Promise<readonly { readonly name: string; readonly value: string }[]>
  readonly memory: MemoryService
  readonly privacy: PrivacyService
  readonly settings: SettingsService
  readonly moderation: ModerationService
  /** A sentence about the model, from its card. */
  readonly about: () => string
}

export type MemoryService = {
  /** What is remembered in a channel, as text for the person. */
  readonly show: (use: ChatInputCommandInteraction, text: Catalogue) => Promise<string>
  /** @returns how many pictures or, for `mine`, questions were forgotten. */
  readonly forget: (
    use: ChatInputCommandInteraction,
    what: 'picture' | 'mine' | 'channel',
    picture: string | undefined,
  ) => Promise<number>
}

export type PrivacyService = {
  readonly isOut: (userId: string) => Promise<boolean>
  /** @param commandId of the interaction; what was asked before it is not kept. */
  readonly setOut: (userId: string, out: boolean, commandId: string) => Promise<void>
  /** Everything kept about a person. */
  readonly records: (userId: string) => Promise<readonly object[]>
  /**
   * @param commandId of the interaction; nothing asked before it is kept.
   * @returns how many records there were.
   */
  readonly forget: (userId: string, commandId: string) => Promise<number>
  readonly retentionHours: (guildId: string | null) => Promise<number>
}

/** What managers may set; see commands/guild-settings.ts. */
export type SettingsService = {
  readonly of: (guildId: string) => Promise<GuildSettings>
  readonly change: (
    guildId: string,
    change: (settings: GuildSettings) => GuildSettings,
  ) => Promise<void>
}

/** A slash command. */
export type Command = {
  /** What Discord is told about the command. */
  readonly data: RESTPostAPIChatInputApplicationCommandsJSONBody
  /** Answers one use. Throws InputError to tell the user; anything else is logged as a bug. */
  execute(
    interaction: ChatInputCommandInteraction,
    services: Services,
    text: Catalogue,
  ): Promise<void>
  /** Offers values for the option being typed. */
  complete?(interaction: AutocompleteInteraction, services: Services): Promise<void>
}

/** An entry in a message's context menu. */
export type MenuCommand = {
  readonly data: RESTPostAPIContextMenuApplicationCommandsJSONBody
  execute(
    interaction: MessageContextMenuCommandInteraction,
    services: Services,
    text: Catalogue,
  ): Promise<void>
}
