/** The type of commands, and the services that the bot gives them. */

import type {
  Attachment,
  AutocompleteInteraction,
  ButtonInteraction,
  ChatInputCommandInteraction,
  InteractionEditReplyOptions,
  MessageContextMenuCommandInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
  RESTPostAPIContextMenuApplicationCommandsJSONBody,
} from 'discord.js'
import type { ModelPlace } from '../config/models.ts'
import type { GuildSettings, Style } from './guild-settings.ts'
import type { Catalog } from './i18n/words.ts'
import type { ModerationService } from './moderation/service.ts'
import type { FoundPicture } from './picture.ts'

/** An interaction without a first response. */
export type Asking = ChatInputCommandInteraction | MessageContextMenuCommandInteraction

/** A command, or a button of a message that only its user sees. */
export type Deferrable = Asking | ButtonInteraction

/** What people are told of the model, from its card. */
export type AboutModel = {
  readonly text: string
  /** ISO 639 codes of the languages that it understands; undefined: not known. */
  readonly languages: readonly string[] | undefined
}

/** What the bot can do for a command. Each method may throw InputError, which the user sees. */
export type Services = {
  /** Describes pictures, or reads them in the style `text`, and replies to the interaction. */
  readonly describe: (
    interaction: Asking,
    request: {
      readonly pictures: () => Promise<readonly FoundPicture[]>
      readonly style?: Style | undefined
      readonly hidden: boolean
      /** Where the pictures come from, which decides what the answer shows of them. */
      readonly from: 'upload' | 'newest' | 'message'
    },
  ) => Promise<void>
  /** Answers a question about `picture`, or the last picture that was discussed in the channel. */
  readonly ask: (
    interaction: ChatInputCommandInteraction,
    request: {
      readonly question: string
      /** An uploaded picture; it wins over `picture`. */
      readonly image: FoundPicture | undefined
      readonly picture: string | undefined
      readonly hidden: boolean
    },
  ) => Promise<void>
  /** Answers a question about all of the uploaded pictures; null: what they share and what differs. */
  readonly compare: (
    interaction: ChatInputCommandInteraction,
    request: {
      readonly question: string | null
      readonly images: readonly FoundPicture[]
      readonly hidden: boolean
    },
  ) => Promise<void>
  /**
   * Acknowledges an interaction, then does the work, which answers it where only the user sees that.
   * If the process ends in between, the next one tells the user.
   *
   * @param redo what the next process does again: deletes everything about the user.
   */
  readonly deferred: (
    interaction: Deferrable,
    work: () => Promise<void>,
    redo?: 'forget' | null,
  ) => Promise<void>
  /** Opens the form for a question about the pictures in a message. */
  readonly openQuestion: (interaction: MessageContextMenuCommandInteraction) => Promise<void>
  readonly pictureOf: (attachment: Attachment) => FoundPicture
  /** @throws {InputError} that says what the message has instead, if it has no pictures. */
  /** The pictures of the message whose menu was used. */
  readonly picturesOf: (
    interaction: MessageContextMenuCommandInteraction,
  ) => Promise<readonly FoundPicture[]>
  /** The pictures in the newest message with pictures that the person may point at. */
  readonly newest: (interaction: Asking) => Promise<readonly FoundPicture[]>
  /** Autocomplete choices of recent pictures, newest first. `ask` takes their values. */
  readonly recent: (
    interaction: AutocompleteInteraction,
    typed: string,
  ) => Promise<readonly { readonly name: string; readonly value: string }[]>
  readonly memory: MemoryService
  readonly find: FindService
  readonly privacy: PrivacyService
  readonly settings: SettingsService
  readonly moderation: ModerationService
  readonly about: () => AboutModel
  /** What kind of pictures the model knows, completing "I only know …"; null: all kinds. */
  readonly knows: () => { readonly en: string; readonly zh: string } | null
}

/** What the bot remembers, as a message and, if that does not hold all of it, as a text file. */
export type MemoryList = { readonly content: string; readonly file: string | null }

export type MemoryService = {
  /** What the bot remembers in a channel. */
  readonly show: (interaction: ChatInputCommandInteraction, text: Catalog) => Promise<MemoryList>
  /** @returns the number of deleted pictures or, for `mine`, questions. */
  readonly forget: (
    interaction: ChatInputCommandInteraction,
    what: 'picture' | 'mine' | 'channel',
    picture: string | undefined,
  ) => Promise<number>
}

/** Pictures by the words in them, or by what they show. */
export type FindService = {
  /**
   * The pictures that the person may see, best first, as a message with the first page of them.
   *
   * @param everywhere in all channels of the server that they can read.
   */
  readonly answer: (
    interaction: ChatInputCommandInteraction,
    query: { readonly words: string; readonly everywhere: boolean },
    text: Catalog,
  ) => Promise<InteractionEditReplyOptions>
}

export type PrivacyService = {
  /** The custom_id of the button that confirms a deletion. */
  readonly deleteButtonId: string
  readonly isOut: (userId: string) => Promise<boolean>
  /** @param commandId of the interaction; earlier requests are not stored after it. */
  readonly setOut: (userId: string, out: boolean, commandId: string) => Promise<void>
  /** All records about a user. */
  readonly records: (userId: string) => Promise<readonly object[]>
  /**
   * @param commandId of the interaction; earlier requests are not stored after it.
   * @returns the number of deleted records.
   */
  readonly forget: (userId: string, commandId: string) => Promise<number>
  readonly retentionHours: (guildId: string | null) => Promise<number>
  /** Where pictures and questions are sent. */
  readonly modelPlace: () => ModelPlace
}

/** The settings of servers; see commands/guild-settings.ts. */
export type SettingsService = {
  readonly of: (guildId: string) => Promise<GuildSettings>
  readonly change: (
    guildId: string,
    change: (settings: GuildSettings) => GuildSettings,
  ) => Promise<void>
}

/** A slash command. */
export type Command = {
  /** The command as it is registered with Discord. */
  readonly data: RESTPostAPIChatInputApplicationCommandsJSONBody
  /** Replies to an interaction. The user sees an InputError; other errors are logged as bugs. */
  execute(
    interaction: ChatInputCommandInteraction,
    services: Services,
    text: Catalog,
  ): Promise<void>
  /** Responds with choices for the option that is being typed. */
  complete?(interaction: AutocompleteInteraction, services: Services): Promise<void>
}

/** An entry in a message's context menu. */
export type MenuCommand = {
  readonly data: RESTPostAPIContextMenuApplicationCommandsJSONBody
  execute(
    interaction: MessageContextMenuCommandInteraction,
    services: Services,
    text: Catalog,
  ): Promise<void>
}
