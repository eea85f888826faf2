/**
 * Why a case was opened.
 *
 * Reasons about the picture or its spread open a case. The age of an account is only mentioned beside
 * those, and so is a listed picture whose template it shares with other words; neither opens a case.
 */

import { SnowflakeUtil } from 'discord.js'
import { z } from 'zod'
import { DAY_MS } from '../../../config/durations.ts'
import { WORD_VERDICTS } from '../../../commands/moderation/word-verdict.ts'

const YOUNG_ACCOUNT_DAYS = 14
const NEW_MEMBER_DAYS = 3

export const reasonSchema = z.object({
  kind: z.enum([
    'hash',
    'resembles',
    'other-server',
    'burst',
    'marked',
    'reported',
    'rule',
    'other-words',
    'young-account',
    'new-member',
  ]),
  /** The strongest reason is shown first. */
  weight: z.number(),
  /**
   * `hash`, `resembles`, `other-server`, `other-words`: bits that differ. `burst`: channels.
   * `young-account`, `new-member`: days. `rule`: channels whose words count together; absent: one message.
   */
  count: z.number().optional(),
  /** `hash`, `resembles`: how its words compare with those of the entry; older records do not say. */
  words: z.enum(WORD_VERDICTS).optional(),
  /** `burst`: from the first posting to the last. */
  seconds: z.number().optional(),
  /** `marked`, `reported`: by which member. */
  by: z.string().optional(),
  /** `rule`: its id, its name at the time, and the probability of "yes" or of a match, or the points. */
  rule: z.string().optional(),
  name: z.string().optional(),
  score: z.number().optional(),
  /** `rule`: what it asks for at the time; older records do not say. */
  removes: z.boolean().optional(),
  timeoutMinutes: z.number().optional(),
  /** `rule` by a text: what the picture fits. */
  text: z.string().optional(),
  /** `rule` by words: its terms that are in the picture, those with the most points first. */
  terms: z
    .array(z.object({ text: z.string(), weight: z.number() }))
    .readonly()
    .optional(),
})

export type Reason = Readonly<z.infer<typeof reasonSchema>>

type Mentioned = 'other-words' | 'young-account' | 'new-member'

const MENTIONED: ReadonlySet<Reason['kind']> = new Set<Mentioned>([
  'other-words',
  'young-account',
  'new-member',
])

/** Whether a reason opens a case; the others are only mentioned in one. */
export function opensCase<R extends Pick<Reason, 'kind'>>(
  reason: R,
): reason is R & { readonly kind: Exclude<Reason['kind'], Mentioned> } {
  return !MENTIONED.has(reason.kind)
}

/** Reasons that are mentioned but never open a case. @param joinedAt milliseconds; null: not known. */
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

/** The names of the rules that a case is about; empty if it was opened for anything else too. */
export function ruleNames({ reasons }: { readonly reasons: readonly Reason[] }): string[] {
  const opening = reasons.filter(opensCase)
  return opening.every(({ kind }) => kind === 'rule') ? opening.map(({ name }) => name ?? '') : []
}

/**
 * What confirming a case about rules alone does: what the rules ask for. A case about a scam differs:
 * its picture is listed, and the settings of the server say how long the member is timed out.
 *
 * @returns null for a case that is not about rules alone.
 */
export function ruleConsequences(record: {
  readonly reasons: readonly Reason[]
}): { readonly removes: boolean; readonly timeoutMinutes: number } | null {
  if (ruleNames(record).length === 0) {
    return null
  }
  const rules = record.reasons.filter(({ kind }) => kind === 'rule')
  return {
    removes: rules.some(({ removes = true }) => removes),
    timeoutMinutes: Math.max(...rules.map(({ timeoutMinutes = 0 }) => timeoutMinutes)),
  }
}

/** The ids of the rules by words that had hits. */
export function wordRulesOf(reasons: readonly Reason[]): readonly (string | undefined)[] {
  return reasons.filter(({ terms }) => terms !== undefined).map(({ rule }) => rule)
}
