/** How a rule did, from the cases that it opened. */

import type { RuleRecord } from '../../../commands/moderation/rules-service.ts'
import type { Rule } from '../../../commands/moderation/rule.ts'
import type { Case } from '../cases/case-record.ts'
import { judgmentOf } from '../cases/case-index.ts'
import { hasEarned, type Reviewed, suggestedThreshold, tallyAt, wilson } from './rule-statistics.ts'

/** How a rule did in some cases. Only those that staff decided count, besides `hits`. */
export function recordOf(rule: Rule, cases: readonly Case[]): RuleRecord {
  const hits = cases.flatMap((record) => {
    const reason = record.reasons.find((one) => one.kind === 'rule' && one.rule === rule.id)
    return reason ? [{ record, score: reason.score ?? 0 }] : []
  })
  const reviewed = hits.flatMap(({ record, score }): Reviewed[] => {
    const right = judgmentOf(record)
    return right === null ? [] : [{ score, right }]
  })
  const confirmed = reviewed.filter(({ right }) => right).length
  const suggested = suggestedThreshold(reviewed, rule)
  const { right, all } = tallyAt(reviewed, rule.threshold)
  return {
    rule,
    hits: hits.length,
    confirmed,
    dismissed: reviewed.length - confirmed,
    counted: all,
    precision: wilson(right, all),
    suggested: suggested !== null && rule.kind === 'words' ? Math.ceil(suggested) : suggested,
    earned: hasEarned(rule, reviewed),
    reviewed,
  }
}
