/** A rule: a question that the model answers about each picture, with the managers' settings for it. */

import { z } from 'zod'

/**
 * What a rule does:
 * - `flag`: a hit opens a case for staff;
 * - `remove`: also deletes the message, if the rule has earned it (see MIN_REVIEWED) and the mode of
 *   the server is `act`.
 */
export const RULE_ACTIONS = ['flag', 'remove'] as const

/** Rules of one server: the model answers each of them for each picture. */
export const MAX_RULES = 10
/** Cases that staff must have decided before a rule may delete messages. */
export const MIN_REVIEWED = 20
export const RULE_LIMITS = {
  /** Characters. */
  name: { min: 1, max: 32 },
  question: { min: 3, max: 150 },
  channels: { min: 1, max: 25 },
  /** Minutes; at most 28 days, as on Discord. */
  timeout: { min: 0, max: 40_320 },
  /** Percent of probability from which a rule has a hit. */
  threshold: { min: 1, max: 99.99 },
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

export const ruleSchema = z.object({
  /** Identifies it in its cases. A changed question gets a new id, so that its statistics restart. */
  id: z.string(),
  name: z.string().min(RULE_LIMITS.name.min).max(RULE_LIMITS.name.max),
  question: z.string().min(1).max(RULE_LIMITS.question.max),
  /** Probability of "yes" from which it has a hit. */
  threshold: share,
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
})

export type Rule = Readonly<z.infer<typeof ruleSchema>>
