/** What the bot can do for the commands of moderation. */

import type {
  BaseInteraction,
  ChatInputCommandInteraction,
  MessageContextMenuCommandInteraction,
} from 'discord.js'
import type { ModerationSettings } from './settings.ts'
import type { FoundPicture } from '../picture.ts'
import type { Catalogue } from '../i18n/words.ts'
import type { DuplicatePostService, RulesService } from './rules-service.ts'

/** An entry of a server's list of pictures. */
export type ListedHash = {
  /** What it is called: its hash. */
  readonly hash: string
  readonly verdict: 'confirmed' | 'dismissed' | 'imported'
  /** Bits in which a picture may differ. */
  readonly distance: number
  readonly by: string | null
  readonly at: number
  readonly note: string
}

/** Seven days of a server's cases. */
export type WeeklyStats = {
  readonly since: number
  /** Cases by what became of them. */
  readonly states: Readonly<Record<'open' | 'confirmed' | 'dismissed' | 'undone', number>>
  /** Cases by the reason they were opened for. */
  readonly kinds: Readonly<
    Record<'hash' | 'other-server' | 'burst' | 'marked' | 'reported' | 'rule', number>
  >
  readonly removed: number
  /** Cases of each day, the oldest first. */
  readonly days: readonly { readonly name: string; readonly cases: number }[]
}

/** Each throws InputError with what the person should know. */
export type ModerationService = {
  readonly of: (guildId: string) => Promise<ModerationSettings>
  readonly change: (
    guildId: string,
    change: (settings: ModerationSettings) => ModerationSettings,
  ) => Promise<void>
  /** Throws unless they decide cases here, or manage the server. */
  readonly demand: (interaction: BaseInteraction, who: 'staff' | 'manager') => Promise<void>
  /** What will not work, a sentence each. */
  readonly troubles: (
    interaction: ChatInputCommandInteraction,
    text: Catalogue,
  ) => Promise<string[]>
  readonly list: (guildId: string) => Promise<readonly ListedHash[]>
  /** Confirms a picture. @returns its code. */
  readonly add: (
    interaction: ChatInputCommandInteraction,
    picture: FoundPicture,
    note: string,
  ) => Promise<string>
  readonly remove: (guildId: string, hash: string) => Promise<boolean>
  readonly test: (
    guildId: string,
    picture: FoundPicture,
  ) => Promise<{
    readonly hash: string
    readonly found?: { readonly picture: ListedHash; readonly distance: number }
  }>
  /** The list as a file's text. */
  readonly exported: (guildId: string) => Promise<string>
  /** @returns how many were added, and how many there was no room for. */
  readonly imported: (
    interaction: ChatInputCommandInteraction,
    file: { readonly url: string; readonly size: number },
  ) => Promise<{ readonly added: number; readonly left: number }>
  /** Confirms the pictures of a message. @returns a link to its case, if it has one. */
  readonly mark: (interaction: MessageContextMenuCommandInteraction) => Promise<string | undefined>
  readonly allow: (interaction: MessageContextMenuCommandInteraction) => Promise<void>
  readonly report: (interaction: MessageContextMenuCommandInteraction) => Promise<void>
  /** Questions that the model answers about each picture. */
  readonly rules: RulesService
  readonly reposts: DuplicatePostService
  readonly week: (guildId: string) => Promise<WeeklyStats>
  /** A bar chart as a PNG file. */
  readonly chart: (week: WeeklyStats) => Promise<Buffer>
}
