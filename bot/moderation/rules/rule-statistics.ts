/** How good a rule is, from what staff decided about its hits. Pure. */

import { MIN_REVIEWED, type Rule } from '../../../commands/moderation/rule.ts'

/** A hit that staff decided: how sure the model was, or how many points it had, and whether they agreed. */
export type Reviewed = { readonly score: number; readonly right: boolean }

/** A share with the interval it lies in, each 0 to 1. */
export type Share = { readonly share: number; readonly low: number; readonly high: number }

/** The two-sided 95 % quantile of the normal distribution. */
const Z_95 = 1.959964

/**
 * A share with its 95 % interval, which is valid for few cases too: 20 of 20 may be 84 %.
 * Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
 *
 * @returns null where there are no cases.
 */
export function wilson(right: number, all: number): Share | null {
  if (all === 0) {
    return null
  }
  const share = right / all
  const square = Z_95 ** 2
  const middle = (share + square / (2 * all)) / (1 + square / all)
  const half =
    (Z_95 / (1 + square / all)) * Math.sqrt((share * (1 - share)) / all + square / (4 * all ** 2))
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

/** The reviewed hits at a threshold, and how many of them were right. */
export function tallyAt(
  reviewed: readonly Reviewed[],
  threshold: number,
): { readonly right: number; readonly all: number } {
  const hits = reviewed.filter(({ score }) => score >= threshold)
  return { right: hits.filter(({ right }) => right).length, all: hits.length }
}

/** Whether a rule may delete messages: enough reviewed hits at its threshold, and enough of them right. */
export function hasEarned(
  { threshold, precision }: Pick<Rule, 'threshold' | 'precision'>,
  reviewed: readonly Reviewed[],
): boolean {
  const { right, all } = tallyAt(reviewed, threshold)
  return all >= MIN_REVIEWED && right / all >= precision
}

/**
 * The lowest threshold at which enough of the reviewed hits were right: it misses the fewest. It is the
 * midpoint between the last included hit and the first excluded one; if none is excluded, it is at most
 * the current threshold.
 *
 * @param rule its current threshold, and the share of hits that must be right.
 * @param least the number of reviewed hits that the threshold must include.
 * @returns null if no threshold does.
 */
export function suggestedThreshold(
  reviewed: readonly Reviewed[],
  { threshold, precision }: Pick<Rule, 'threshold' | 'precision'>,
  least: number = MIN_REVIEWED,
): number | null {
  const sorted = reviewed.toSorted((a, b) => b.score - a.score)
  let right = 0
  let suggested: number | null = null
  for (const [i, one] of sorted.entries()) {
    right += Number(one.right)
    const next = sorted[i + 1]?.score
    if (next === one.score) {
      continue // no threshold lies between equal scores
    }
    if (i + 1 >= least && right / (i + 1) >= precision) {
      suggested = next === undefined ? Math.min(threshold, one.score) : (one.score + next) / 2
    }
  }
  return suggested
}

/**
 * Reviewed hits by tenths of the highest score, the lowest first: right and wrong ones.
 *
 * @param top the highest score that there can be.
 */
export function histogramOf(
  reviewed: readonly Reviewed[],
  top = 1,
): readonly { readonly right: number; readonly wrong: number }[] {
  const bins = Array.from({ length: 10 }, () => ({ right: 0, wrong: 0 }))
  for (const { score, right } of reviewed) {
    const bin = bins[Math.min(9, Math.floor((score / top) * 10))]
    if (bin) {
      bin[right ? 'right' : 'wrong'] += 1
    }
  }
  return bins
}
