/**
 * Why a case was opened: each reason with its weight.
 *
 * Reasons about the picture or its spread open a case. The age of an account only adds weight to
 * those; it never opens a case.
 */

import { SnowflakeUtil } from 'discord.js'
import { z } from 'zod'
import { DAY_MS } from '../../../config/durations.ts'

const YOUNG_ACCOUNT_DAYS = 14
const NEW_MEMBER_DAYS = 3

/** The weight that a case needs. Each reason has it alone, except those of amplifiersOf. */
export const NEEDED_WEIGHT = 3

export const reasonSchema = z.object({
  kind: z.enum([
    'hash',
    'resembles',
    'other-server',
    'burst',
    'marked',
    'reported',
    'rule',
    'young-account',
    'new-member',
  ]),
  weight: z.number(),
  /** `hash`, `resembles`, `other-server`: bits that differ. `burst`: channels. The amplifying ones: days. */
  count: z.number().optional(),
  /** `burst`: from the first posting to the last. */
  seconds: z.number().optional(),
  /** `marked`, `reported`: by which member. */
  by: z.string().optional(),
  /** `rule`: its id, its name at the time, and the probability of "yes". */
  rule: z.string().optional(),
  name: z.string().optional(),
  score: z.number().optional(),
})

export type Reason = Readonly<z.infer<typeof reasonSchema>>

/** Reasons that add weight but never open a case. @param joinedAt milliseconds; null: not known. */
export function amplifiersOf(memberId: string, joinedAt: number | null, now: number): Reason[] {
  const days = (since: number) => Math.floor((now - since) / DAY_MS)
  const age = days(SnowflakeUtil.timestampFrom(memberId))
  const stay = joinedAt === null ? Infinity : days(joinedAt)
  return [
    ...(age < YOUNG_ACCOUNT_DAYS
      ? [{ kind: 'young-account', weight: 1, count: age } as const]
      : []),
    ...(stay < NEW_MEMBER_DAYS ? [{ kind: 'new-member', weight: 1, count: stay } as const] : []),
  ]
}

/** The sum of the weights. */
export function weightOf(reasons: readonly Reason[]): number {
  return reasons.reduce((sum, { weight }) => sum + weight, 0)
}
