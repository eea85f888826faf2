/**
 * The demo model's questions as rules, on pictures that somebody else drew. On every second one staff decide
 * each hit, which gives the suggested threshold; on the others that threshold is measured.
 */

import { scoreQuestion } from '../../bot/moderation/rules/score-question.ts'
import { type Reviewed, suggestedThreshold } from '../../bot/moderation/rules/rule-statistics.ts'
import { imageSourceOf } from '../../inference/contract/image-source.ts'
import type { ImageSource, Model } from '../../inference/contract/types.ts'
import { readHandPictures, readTruth } from '../hands/truth.ts'

/** A rule begins low, so that staff see where it errs. */
const FIRST = { threshold: 0.05, precision: 0.97 } as const
/** Asked about: the example that rules were designed for, and what the pictures have most often. */
const NAMED = 'red circle'
const RULES = 12

/** What a rule found of what is there. */
export type Found = { readonly hits: number; readonly right: number; readonly there: number }

export type RuleResult = {
  readonly question: string
  /** Null: too few hits were decided; the first threshold is measured then. */
  readonly suggested: number | null
  /** On the pictures that the threshold was not taken from. */
  readonly unseen: Found
}

/** A picture, and what it shows. */
type Shown = { readonly image: ImageSource; readonly shown: ReadonlySet<string> }

/** @returns a result for each question. */
export async function measureRules(model: Model): Promise<RuleResult[]> {
  const pictures = readHandPictures()
  const shown: Shown[] = []
  for (const { name, objects } of readTruth().drawings) {
    const what = objects.flatMap(({ colors, shape }) => colors.map((color) => `${color} ${shape}`))
    shown.push({ image: await imageSourceOf(pictures.get(name)!), shown: new Set(what) })
  }
  const decidedOn = shown.filter((_, index) => index % 2 === 0)
  const measuredOn = shown.filter((_, index) => index % 2 === 1)
  const results: RuleResult[] = []
  for (const what of asked(shown)) {
    const question = `is there ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}?`
    const scored = (of: readonly Shown[]) => scoresOf(model, of, { question, what })
    const hits = (await scored(decidedOn)).filter(({ score }) => score >= FIRST.threshold)
    const suggested = suggestedThreshold(hits, FIRST)
    const threshold = suggested ?? FIRST.threshold
    results.push({ question, suggested, unseen: foundAt(await scored(measuredOn), threshold) })
  }
  return results
}

/** All rules together. */
export function together(results: readonly RuleResult[]): Found {
  const sum = (key: keyof Found) => results.reduce((total, one) => total + one.unseen[key], 0)
  return { hits: sum('hits'), right: sum('right'), there: sum('there') }
}

/** The share of the hits that was right, and of what is there that was found; null: there is none. */
export function sharesOf({ hits, right, there }: Found) {
  return {
    precision: hits === 0 ? null : right / hits,
    recall: there === 0 ? null : right / there,
  }
}

async function scoresOf(
  model: Model,
  pictures: readonly Shown[],
  { question, what }: { question: string; what: string },
): Promise<Reviewed[]> {
  const scored: Reviewed[] = []
  for (const { image, shown } of pictures) {
    scored.push({ score: await scoreQuestion(model, image, question), right: shown.has(what) })
  }
  return scored
}

function foundAt(scored: readonly Reviewed[], threshold: number): Found {
  const hits = scored.filter(({ score }) => score >= threshold)
  return {
    hits: hits.length,
    right: hits.filter(({ right }) => right).length,
    there: scored.filter(({ right }) => right).length,
  }
}

/** "red circle" and the like, the most frequent first after the one that is named. */
function asked(pictures: readonly Shown[]): string[] {
  const counts = new Map<string, number>()
  for (const what of pictures.flatMap(({ shown }) => [...shown])) {
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  counts.delete(NAMED)
  const frequent = [...counts]
    .toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b))
    .map(([what]) => what)
  return [NAMED, ...frequent].slice(0, RULES)
}
