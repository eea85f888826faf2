/**
 * The demo model's questions as rules: on half of the unseen scenes staff decide every hit, which
 * gives the suggested threshold; on the other half that threshold is measured.
 */

import { scoreQuestion } from '../bot/moderation/rules.ts'
import { type Reviewed, suggestedThreshold } from '../bot/moderation/rules-numbers.ts'
import type { ImageTokens, Model } from '../inference/types.ts'
import type { UnseenScene } from './demo-scenes.ts'
import { renderScene } from './scene-svg.ts'

/** A rule begins low, so that staff see where it errs. */
const FIRST = { threshold: 0.05, precision: 0.97 } as const
/** Asked are these: the colours and shapes that the scenes have most often. */
const RULES = 12

export type RuleResult = {
  readonly question: string
  /** Null: too few hits were decided; the first threshold is measured then. */
  readonly suggested: number | null
  /** On the scenes that the threshold was not taken from. */
  readonly hits: number
  readonly right: number
  readonly there: number
}

/** @returns a result for each question. */
export async function measureRules(
  model: Model,
  scenes: readonly UnseenScene[],
): Promise<RuleResult[]> {
  const half = Math.floor(scenes.length / 2)
  const pictures: { image: ImageTokens; scene: UnseenScene; decided: boolean }[] = []
  for (const [index, scene] of scenes.entries()) {
    for (const bytes of [scene.picture, await renderScene(scene.scene, index)]) {
      pictures.push({ image: await model.embedImage(bytes), scene, decided: index < half })
    }
  }
  const results: RuleResult[] = []
  for (const what of frequent(scenes)) {
    const question = `is there ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}?`
    const scored: (Reviewed & { readonly decided: boolean })[] = []
    for (const { image, scene, decided } of pictures) {
      const score = await scoreQuestion(model, image, question)
      scored.push({ score, right: shows(scene, what), decided })
    }
    const reviewed = scored.filter(({ decided, score }) => decided && score >= FIRST.threshold)
    const suggested = suggestedThreshold(reviewed, FIRST)
    const unseen = scored.filter(({ decided }) => !decided)
    const hits = unseen.filter(({ score }) => score >= (suggested ?? FIRST.threshold))
    results.push({
      question,
      suggested,
      hits: hits.length,
      right: hits.filter(({ right }) => right).length,
      there: unseen.filter(({ right }) => right).length,
    })
  }
  return results
}

/** Precision and recall of all rules together. */
export function together(results: readonly RuleResult[]) {
  const sum = (key: 'hits' | 'right' | 'there') =>
    results.reduce((total, one) => total + one[key], 0)
  return { precision: sum('right') / sum('hits'), recall: sum('right') / sum('there') }
}

/** "red circle" and the like, the most frequent first. */
function frequent(scenes: readonly UnseenScene[]): string[] {
  const counts = new Map<string, number>()
  for (const { scene } of scenes) {
    for (const what of new Set(scene.objects.map(({ color, shape }) => `${color} ${shape}`))) {
      counts.set(what, (counts.get(what) ?? 0) + 1)
    }
  }
  return [...counts]
    .toSorted(([a, m], [b, n]) => n - m || a.localeCompare(b))
    .slice(0, RULES)
    .map(([what]) => what)
}

function shows({ scene }: UnseenScene, what: string): boolean {
  return scene.objects.some(({ color, shape }) => `${color} ${shape}` === what)
}
