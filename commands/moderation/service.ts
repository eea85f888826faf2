/** The bot's service for the moderation commands. */

import type {
  BaseInteraction,
  ChatInputCommandInteraction,
  MessageContextMenuCommandInteraction,
} from 'discord.js'
import type { ModerationSettings } from './settings.ts'
import type { FoundPicture } from '../picture.ts'
import type { Catalog } from '../i18n/words.ts'
import type { Relation, WordVerdict } from './word-verdict.ts'
import type { DuplicatePostService, RulesService } from './rules-service.ts'

/** An entry of a server's hash list. */
export type ListedHash = {
  /** Identifies the entry in the list. */
  readonly code: string
  readonly verdict: 'confirmed' | 'dismissed' | 'imported'
  /** The case that it comes from; null: none. */
  readonly caseId: string | null
  /** Bits in which a picture may differ. */
  readonly distance: number
  readonly by: string | null
  readonly at: number
  readonly note: string
}

/** What is said about a case where it is only named. */
export type CaseSummary = {
  readonly name: string
  readonly state: 'open' | 'confirmed' | 'dismissed' | 'undone'
  readonly memberId: string
  readonly createdAt: number
  /** The link of its message in the log channel; null: it was not posted. */
  readonly link: string | null
}

/** The pictures of an imported file, counted. */
export type ImportedHashes = {
  readonly added: number
  /** There was no room for them. */
  readonly skipped: number
  readonly known: number
  readonly dismissed: number
}

/** Seven days of a server's cases. */
export type WeeklyStats = {
  readonly since: number
  /** Cases by state. */
  readonly states: Readonly<Record<'open' | 'confirmed' | 'dismissed' | 'undone', number>>
  /** Cases by the reason they were opened for. */
  readonly kinds: Readonly<
    Record<'hash' | 'resembles' | 'other-server' | 'burst' | 'marked' | 'reported' | 'rule', number>
  >
  readonly removed: number
  /** Cases of each day, the oldest first. */
  readonly days: readonly { readonly name: string; readonly cases: number }[]
}

/** The title of a chart, and the names of its axes. */
export type ChartWords = { readonly title: string; readonly across: string; readonly up: string }

/** Each method throws InputError with a message for the user. */
export type ModerationService = {
  readonly of: (guildId: string) => Promise<ModerationSettings>
  readonly change: (
    guildId: string,
    change: (settings: ModerationSettings) => ModerationSettings,
  ) => Promise<void>
  /** Throws unless the user is staff, or manages the server. */
  readonly demand: (interaction: BaseInteraction, who: 'staff' | 'manager') => Promise<void>
  /** A sentence for each thing that will not work. */
  readonly checkSetup: (
    interaction: ChatInputCommandInteraction,
    text: Catalog,
  ) => Promise<string[]>
  readonly list: (guildId: string) => Promise<readonly ListedHash[]>
  /** A case by its id, or by the number that people see; undefined: there is none. */
  readonly findCase: (
    guildId: string,
    wanted: { readonly id: string } | { readonly number: number },
  ) => Promise<CaseSummary | undefined>
  /** Confirms a picture. @returns its code. */
  readonly add: (
    interaction: ChatInputCommandInteraction,
    picture: FoundPicture,
    note: string,
  ) => Promise<string>
  readonly remove: (guildId: string, code: string) => Promise<boolean>
  readonly test: (
    asker: { readonly guildId: string; readonly userId: string },
    picture: FoundPicture,
  ) => Promise<{
    readonly code: string
    readonly match?: {
      readonly entry: ListedHash
      readonly distance: number
      readonly relation: Relation
      readonly words: WordVerdict
    }
  }>
  /** The list as a file's text. */
  readonly exported: (guildId: string) => Promise<string>
  /**
   * @returns how many were added; how many were skipped because the list was full, because it has
   *   them already, and because the other server dismissed them.
   */
  readonly imported: (
    interaction: ChatInputCommandInteraction,
    file: { readonly url: string; readonly size: number },
  ) => Promise<ImportedHashes>
  /** Confirms the pictures of a message. @returns a link to its case, if it has one. */
  readonly mark: (interaction: MessageContextMenuCommandInteraction) => Promise<string | undefined>
  readonly allow: (interaction: MessageContextMenuCommandInteraction) => Promise<void>
  readonly report: (interaction: MessageContextMenuCommandInteraction) => Promise<void>
  /** Questions that the model answers about each picture. */
  readonly rules: RulesService
  readonly duplicatePosts: DuplicatePostService
  readonly weeklyStats: (guildId: string) => Promise<WeeklyStats>
  /** A bar chart as a PNG file. */
  readonly chart: (stats: WeeklyStats, words: ChartWords) => Promise<Buffer>
}
