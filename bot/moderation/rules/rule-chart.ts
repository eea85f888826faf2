/** A rule's reviewed hits as a chart: the model's probability, and whether staff agreed. */

import type { RuleChartWords } from '../../../commands/moderation/rules-service.ts'
import { BLUE, drawBarChart, ORANGE } from '../chart.ts'
import { histogramOf, type Reviewed } from './rule-statistics.ts'

export type RuleChart = {
  readonly reviewed: readonly Reviewed[]
  /** 0 to 1; drawn as a line. */
  readonly threshold: number
  readonly words: RuleChartWords
}

/**
 * Bars of right hits with the wrong ones on top, by tenths of probability.
 *
 * @returns a PNG file, 640 × 320.
 */
export function drawRuleChart({ reviewed, threshold, words }: RuleChart): Promise<Buffer> {
  const bins = histogramOf(reviewed)
  return drawBarChart({
    title: words.title,
    across: words.across,
    up: words.up,
    bars: bins.map(({ right, wrong }) => [
      { color: BLUE, value: right },
      { color: ORANGE, value: wrong },
    ]),
    labels: Array.from({ length: bins.length + 1 }, (_, i) => `${i * 10}%`),
    key: [
      { color: BLUE, text: words.right },
      { color: ORANGE, text: words.wrong },
    ],
    line: { at: threshold, text: words.threshold },
  })
}
