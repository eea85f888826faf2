/** A question put to the model about each picture, and what a server's managers chose about it. */

import { z } from 'zod'

/**
 * What a rule does:
 * - `flag`: it opens a case and a person does the rest;
 * - `remove`: the same, and the message is removed, once the rule has earned it (see MIN_REVIEWED)
 *   and while the server's mode is `act`.
 */
export const RULE_ACTIONS = ['flag', 'remove'] as const

/** Rules of one server: the model answers each of them for each picture. */
export const MAX_RULES = 10
/** Cases that staff must have decided before a rule may act. */
export const MIN_REVIEWED = 20
export const RULE_LIMITS = {
  /** Characters. */
  name: { min: 1, max: 32 },
  question: { min: 3, max: 150 },
  channels: { min: 1, max: 25 },
  /** Percent of probability from which a rule has a hit. */
  threshold: { min: 1, max: 99.99 },
  /** Percent of a rule's reviewed hits that must have been right before it may act. */
  precision: { min: 80, max: 100 },
} as const
export const DEFAULT_PRECISION = 95

const share = z.number().min(0).max(1)

export const ruleSchema = z.object({
  /** Names it in its cases; another question gets another one, so its record begins anew. */
  id: z.string(),
  name: z.string().min(RULE_LIMITS.name.min).max(RULE_LIMITS.name.max),
  question: z.string().min(1).max(RULE_LIMITS.question.max),
  /** Probability of "yes" from which it has a hit. */
  threshold: share,
  action: z.enum(RULE_ACTIONS),
  /** Share of its reviewed hits that must have been right before it may act. */
  precision: share,
  /** Where it looks; empty: everywhere. */
  channels: z.array(z.string()),
  /** Whether it looks in age-restricted channels too. */
  ageRestricted: z.boolean(),
  at: z.number(),
})

export type Rule = Readonly<z.infer<typeof ruleSchema>>
