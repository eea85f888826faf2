/** Which scores of a message are hits of a rule, and what a case says of them. */

import type { RuleScore } from '../../../commands/moderation/rules-service.ts'
import type { WordPoints } from '../hashes/postings.ts'
import type { Reason } from '../hashes/reasons.ts'
import type { NamedTerm, Wave } from './wave.ts'

/** The weight of a hit: enough for a case. */
const WEIGHT = 3
/** Terms that a case names: those with the most points. */
const MAX_NAMED_TERMS = 12

type Scored = RuleScore & { readonly score: number }

/** A rule whose threshold a message reached. */
export type Hit = Scored & {
  /** Channels whose messages reached it together; null: the message did alone. */
  readonly channels: number | null
  /** The other messages that count. */
  readonly messages: readonly string[]
}

/** The highest score by each rule. @param scores of all pictures of a message. */
export function bestOf(scores: readonly RuleScore[]): Scored[] {
  const best = new Map<string, Scored>()
  for (const { rule, score, terms } of scores) {
    if (score !== null && score > (best.get(rule.id)?.score ?? -Infinity)) {
      best.set(rule.id, { rule, score, terms })
    }
  }
  return [...best.values()]
}

/** What is noted of a message, so that it counts together with the next ones. */
export function wordPointsOf(best: readonly Scored[]): WordPoints[] {
  return best
    .filter(({ rule, score }) => rule.kind === 'words' && score > 0)
    .map(({ rule, score, terms }) => ({ rule: rule.id, points: score, terms: named(terms) }))
}

/** The hit that a score is, alone or as part of a wave. */
export function hitOf(scored: Scored, wave: Wave | undefined): Hit | null {
  const { rule, score } = scored
  if (score >= rule.threshold) {
    return { ...scored, channels: null, messages: [] }
  }
  return wave && wave.points >= rule.threshold
    ? {
        rule,
        score: wave.points,
        terms: wave.terms,
        channels: wave.channels,
        messages: wave.messages,
      }
    : null
}

/** The reason that a hit is for a case. */
export function reasonOf({ rule, score, terms, channels }: Hit): Reason {
  const { id, name, timeoutMinutes } = rule
  return {
    kind: 'rule',
    weight: WEIGHT,
    rule: id,
    name,
    score,
    removes: rule.action === 'remove',
    timeoutMinutes,
    ...(rule.kind === 'words' && { terms: named(terms) }),
    ...(rule.kind === 'match' && { text: rule.text }),
    ...(channels !== null && { count: channels }),
  }
}

function named(terms: readonly NamedTerm[]): NamedTerm[] {
  return terms
    .toSorted((a, b) => b.weight - a.weight || a.text.localeCompare(b.text))
    .slice(0, MAX_NAMED_TERMS)
    .map(({ text, weight }) => ({ text, weight }))
}
