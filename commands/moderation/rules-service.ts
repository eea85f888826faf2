/** The bot's services for `/moderation rule` and `/moderation reposts`. */

import type { Rule, RuleTerm, WordList } from './rule.ts'
import type { FoundPicture, PictureLink } from '../picture.ts'

/** What a rule shall look for; later words replace the same words before them. */
export type RuleSubject =
  | { readonly kind: 'question'; readonly question: string }
  | { readonly kind: 'match'; readonly text: string }
  | {
      readonly kind: 'words'
      readonly list: WordList | null
      readonly file: PictureLink | null
      /** As people write them (bot/moderation/words/terms.ts). */
      readonly words: string
    }

export type RuleWish = Pick<
  Rule,
  'name' | 'action' | 'precision' | 'timeoutMinutes' | 'channels' | 'ageRestricted'
> & {
  /** Null: what the rule of that name looks for now. */
  readonly subject: RuleSubject | null
  /** Percent of probability, or points; null: that of the rule of that name, or the usual one. */
  readonly threshold: number | null
}

/** What a picture has by a rule. */
export type RuleScore = {
  readonly rule: Rule
  /**
   * Probability of "yes" or of a match, or points; null: the model does not know such pictures, or there
   * is none for matching.
   */
  readonly score: number | null
  /** The terms that are in the picture; empty for other rules than by words. */
  readonly terms: readonly RuleTerm[]
}

/** The statistics of a rule. */
export type RuleRecord = {
  readonly rule: Rule
  /** Cases with a hit of it, and staff's decisions about them; the others are undecided. */
  readonly hits: number
  readonly confirmed: number
  readonly dismissed: number
  /** Reviewed hits at the current threshold, and the share that was right with its 95 % interval. */
  readonly counted: number
  readonly precision: { readonly share: number; readonly low: number; readonly high: number } | null
  /** The threshold at which the reviewed hits were right often enough; null: not known. */
  readonly suggested: number | null
  /** Whether it may delete messages: enough reviewed hits, and enough of them right. */
  readonly earned: boolean
  readonly reviewed: readonly { readonly score: number; readonly right: boolean }[]
}

/** The words in the chart of a rule. */
export type RuleChartWords = {
  readonly title: string
  /** The names of the axes. */
  readonly across: string
  readonly up: string
  /** What the colors and the line mean. */
  readonly right: string
  readonly wrong: string
  readonly threshold: string
}

/** What a model can be asked, from its card. */
export type ModelLimits = {
  /** ISO 639 codes; undefined: not known. */
  readonly languages: readonly string[] | undefined
  /** The pictures that it was made for, by language; null: all kinds, as far as anybody knows. */
  readonly knows: { readonly en: string; readonly zh: string } | null
  /** Whether it only says yes or no, so that each score is 0 or 1. */
  readonly onlyAnswers: boolean
  /** Words of a question that it does not know. */
  readonly unknownWords: (question: string) => readonly string[]
}

/** Each method throws InputError with a message for the user. */
export type RulesService = {
  readonly limits: () => ModelLimits
  /** Those of the model for matching; null: there is none. */
  readonly matchLimits: () => ModelLimits | null
  readonly list: (guildId: string) => Promise<readonly Rule[]>
  /** Messages that were not scored since the bot started, because the queue was full. */
  readonly dropped: (guildId: string) => number
  /** Pictures that were not scored since the bot started, because the model does not know such. */
  readonly unknown: (guildId: string) => number
  /** Adds a rule, or changes the one of that name. */
  readonly put: (
    guildId: string,
    wish: RuleWish,
  ) => Promise<{ readonly outcome: 'added' | 'changed'; readonly rule: Rule }>
  /** The words of a rule as a file that `put` reads. */
  readonly words: (guildId: string, name: string) => Promise<string>
  /** @returns whether there was a rule of that name. */
  readonly remove: (guildId: string, name: string) => Promise<boolean>
  /** Scores a picture by each rule. */
  readonly test: (guildId: string, picture: FoundPicture) => Promise<readonly RuleScore[]>
  readonly stats: (guildId: string, name: string) => Promise<RuleRecord>
  /** The reviewed hits as a PNG file. */
  readonly chart: (record: RuleRecord, words: RuleChartWords) => Promise<Buffer>
}

export type DuplicatePostService = {
  /** Channels where a duplicate picture is answered with a link to its first posting. */
  readonly channels: (guildId: string) => Promise<readonly string[]>
  /** Switches it on or off in a channel. @returns whether it is on now. */
  readonly toggle: (guildId: string, channelId: string) => Promise<boolean>
}
