/**
 * A rule: a question that the model answers about each picture, words that are looked for in it, or a
 * text that a model for matching compares with it, with the managers' settings for it.
 */

import { z } from 'zod'

/**
 * What a rule does:
 * - `flag`: a hit opens a case for staff;
 * - `remove`: also deletes the message, if the rule has earned it (see MIN_REVIEWED) and the mode of
 *   the server is `act`.
 */
export const RULE_ACTIONS = ['flag', 'remove'] as const

export const RULE_KINDS = ['question', 'words', 'match'] as const
export type RuleKind = (typeof RULE_KINDS)[number]

/** The lists of words that come with the bot. */
export const WORD_LISTS = ['scams'] as const
export type WordList = (typeof WORD_LISTS)[number]

/** Rules of one server: each of them is judged for each picture. */
export const MAX_RULES = 10
/** Cases that staff must have decided before a rule may delete messages. */
export const MIN_REVIEWED = 20
export const RULE_LIMITS = {
  /** Characters. */
  name: { min: 1, max: 32 },
  question: { min: 3, max: 150 },
  match: { min: 3, max: 150 },
  channels: { min: 1, max: 25 },
  /** Minutes; at most 28 days, as on Discord. */
  timeout: { min: 0, max: 40_320 },
  /** Percent of probability from which a rule has a hit. */
  threshold: { min: 1, max: 99.99 },
  /** Points from which a rule by words has a hit. */
  points: { min: 1, max: 100 },
  /** Percent of a rule's reviewed hits that must have been right before it may act. */
  precision: { min: 80, max: 100 },
  /** Terms of one rule. */
  terms: { min: 1, max: 250 },
  /** Characters. */
  term: { min: 1, max: 100 },
  reason: { min: 0, max: 100 },
  /** Points of a term. */
  weight: { min: 1, max: 10 },
} as const
export const DEFAULT_PRECISION = 95
/** Points from which a rule by words has a hit, where its managers did not say. */
export const DEFAULT_POINTS = 5

const share = z.number().min(0).max(1)

const termSchema = z.object({
  /** Words (`casino*`) or a pattern between slashes (`/\\d+ usdt/`). */
  text: z.string().min(RULE_LIMITS.term.min).max(RULE_LIMITS.term.max),
  /** Points that it adds. */
  weight: z.int().min(RULE_LIMITS.weight.min).max(RULE_LIMITS.weight.max),
  /** Why it is on the list, for those who edit it. */
  reason: z.string().max(RULE_LIMITS.reason.max).optional(),
})

/** A term of a rule by words. */
export type RuleTerm = Readonly<z.infer<typeof termSchema>>

const common = {
  /** Identifies it in its cases. A changed question, changed words and a changed text get a new id, so that its statistics restart. */
  id: z.string(),
  name: z.string().min(RULE_LIMITS.name.min).max(RULE_LIMITS.name.max),
  action: z.enum(RULE_ACTIONS),
  /** Share of its reviewed hits that must have been right before it may act. */
  precision: share,
  /** How long confirming a hit times the member out, in minutes; 0: not at all. */
  timeoutMinutes: z.int().min(RULE_LIMITS.timeout.min).max(RULE_LIMITS.timeout.max).default(0),
  /** The channels it applies to; empty: all. */
  channels: z.array(z.string()),
  /** Whether it applies to age-restricted channels too. */
  ageRestricted: z.boolean(),
  at: z.number(),
} as const

const questionSchema = z.object({
  ...common,
  /** Older records have none. */
  kind: z.literal('question').default('question'),
  question: z.string().min(1).max(RULE_LIMITS.question.max),
  /** Probability of "yes" from which it has a hit. */
  threshold: share,
})

const wordsSchema = z.object({
  ...common,
  kind: z.literal('words'),
  terms: z.array(termSchema).min(RULE_LIMITS.terms.min).max(RULE_LIMITS.terms.max).readonly(),
  /** Sum of the weights of its terms from which it has a hit. */
  threshold: z.number().min(RULE_LIMITS.points.min).max(RULE_LIMITS.points.max),
})

const matchSchema = z.object({
  ...common,
  kind: z.literal('match'),
  /** What the picture must show. */
  text: z.string().min(1).max(RULE_LIMITS.match.max),
  /** Probability that both fit from which it has a hit. */
  threshold: share,
})

export const ruleSchema = z.union([wordsSchema, matchSchema, questionSchema])

export type QuestionRule = Readonly<z.infer<typeof questionSchema>>
export type WordsRule = Readonly<z.infer<typeof wordsSchema>>
export type MatchRule = Readonly<z.infer<typeof matchSchema>>
export type Rule = QuestionRule | WordsRule | MatchRule

/**
 * The end of the scale of a rule's scores: 1 for probabilities; for points a multiple of 10 above its
 * threshold and all scores.
 */
export function topScore(
  { kind, threshold }: Pick<Rule, 'kind' | 'threshold'>,
  scored: readonly { readonly score: number }[],
): number {
  const highest = Math.max(threshold, ...scored.map(({ score }) => score))
  return kind === 'words' ? 10 * Math.ceil((highest + 1) / 10) : 1
}
