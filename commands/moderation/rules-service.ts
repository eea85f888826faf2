/** What the bot can do for the commands of questions as rules and of reposts. */

import type { Rule } from './rule.ts'
import type { FoundPicture } from '../picture.ts'

export type RuleWish = Omit<Rule, 'id' | 'at'>

/** How a rule did. */
export type RuleRecord = {
  readonly rule: Rule
  /** Cases with a hit of it, and what staff decided about them; the rest wait. */
  readonly hits: number
  readonly confirmed: number
  readonly dismissed: number
  /** Reviewed hits at its threshold as it is now, and the share that was right with its interval. */
  readonly counted: number
  readonly precision: { readonly share: number; readonly low: number; readonly high: number } | null
  /** Probability from which the reviewed hits were right often enough; null: none is known. */
  readonly suggested: number | null
  /** Whether it may remove: enough reviewed hits, enough of them right. */
  readonly earned: boolean
  readonly reviewed: readonly { readonly score: number; readonly right: boolean }[]
}

/** Each throws InputError with what the person should know. */
export type RulesService = {
  readonly list: (guildId: string) => Promise<readonly Rule[]>
  /** Messages that were not looked at since the bot started, for there were too many. */
  readonly dropped: (guildId: string) => number
  /** Adds a rule, or changes the one of that name. */
  readonly put: (guildId: string, wish: RuleWish) => Promise<'added' | 'changed'>
  /** @returns whether there was one. */
  readonly remove: (guildId: string, name: string) => Promise<boolean>
  /** What the model makes of a picture: the probability of "yes" for each rule. */
  readonly test: (
    guildId: string,
    picture: FoundPicture,
  ) => Promise<readonly { readonly rule: Rule; readonly score: number }[]>
  readonly stats: (guildId: string, name: string) => Promise<RuleRecord>
  /** The reviewed hits as a PNG file. */
  readonly chart: (
    record: RuleRecord,
    words: { readonly right: string; readonly wrong: string },
  ) => Promise<Buffer>
}

export type DuplicatePostService = {
  /** Channels where a picture that was there before is answered with where. */
  readonly channels: (guildId: string) => Promise<readonly string[]>
  /** Switches it on in a channel, or off again. @returns whether it is on now. */
  readonly toggle: (guildId: string, channelId: string) => Promise<boolean>
}
