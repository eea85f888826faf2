/** A rule's reviewed hits as a chart: the probability or the points, and whether staff agreed. */

import type { RuleChartWords } from '../../../commands/moderation/rules-service.ts'
import { type Rule, topScore } from '../../../commands/moderation/rule.ts'
import { BLUE, drawBarChart, ORANGE } from '../chart.ts'
import { histogramOf, type Reviewed } from './rule-statistics.ts'

export type RuleChart = {
  readonly reviewed: readonly Reviewed[]
  /** Its threshold is drawn as a line. */
  readonly rule: Pick<Rule, 'kind' | 'threshold'>
  readonly words: RuleChartWords
}

/**
 * Bars of right hits with the wrong ones on top, by tenths of probability, or by points.
 *
 * @returns a PNG file, 640 × 320.
 */
export function drawRuleChart({ reviewed, rule, words }: RuleChart): Promise<Buffer> {
  const top = topScore(rule, reviewed)
  const bins = histogramOf(reviewed, top)
  const unit = rule.kind === 'words' ? '' : '%'
  const step = rule.kind === 'words' ? top / bins.length : 100 / bins.length
  return drawBarChart({
    title: words.title,
    across: words.across,
    up: words.up,
    bars: bins.map(({ right, wrong }) => [
      { color: BLUE, value: right },
      { color: ORANGE, value: wrong },
    ]),
    labels: Array.from({ length: bins.length + 1 }, (_, i) => `${i * step}${unit}`),
    key: [
      { color: BLUE, text: words.right },
      { color: ORANGE, text: words.wrong },
    ],
    line: { at: rule.threshold / top, text: words.threshold },
  })
}
