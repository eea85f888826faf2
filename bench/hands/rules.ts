/**
 * Yes/no rules of moderation on the test pictures: "is there a red circle?" hits at a probability of
 * one half, and on no picture that is turned away.
 */

import { scoreQuestion } from '../../bot/moderation/rules/score-question.ts'
import type { Model } from '../../inference/contract/types.ts'
import { isAlike, withArticle } from './questions/words.ts'
import type { HandPicture, Thing } from './truth.ts'
import type { Said } from './answers.ts'

/** Rules about a shape of one color, the most frequent ones, and about a shape of any color. */
const COLORED = 10
const PLAIN = 6
const THRESHOLD = 0.5

export type RuleShares = {
  readonly rules: number
  /** Share of the hits that are right, and of what is there that was hit; null: there is none. */
  readonly precision: number | null
  readonly recall: number | null
}

type Rule = { readonly shape: string; readonly color: string | null }

export async function measureHandRules(model: Model, said: readonly Said[]): Promise<RuleShares> {
  const rules = frequentRules(said.map(({ picture }) => picture))
  let [hits, right, there] = [0, 0, 0]
  for (const { picture, source, isTurnedAway } of said) {
    const asked = rules.flatMap((rule) => {
      const isThere = isShown(rule, picture)
      return isThere === null ? [] : [{ rule, isThere }]
    })
    const scores = await Promise.all(
      asked.map(({ rule: { color, shape } }) => {
        const thing = color === null ? shape : `${color} ${shape}`
        return scoreQuestion(model, source, `is there ${withArticle(thing)}?`)
      }),
    )
    for (const [i, { isThere }] of asked.entries()) {
      const isHit = !isTurnedAway && scores[i]! >= THRESHOLD
      hits += Number(isHit)
      right += Number(isHit && isThere)
      there += Number(isThere)
    }
  }
  return {
    rules: rules.length,
    precision: hits === 0 ? null : right / hits,
    recall: there === 0 ? null : right / there,
  }
}

function frequentRules(pictures: readonly HandPicture[]): Rule[] {
  const things = pictures.flatMap(({ objects }) => objects)
  const colored = mostFrequent(things.map(({ shape, colors }) => `${colors[0]} ${shape}`))
  const plain = mostFrequent(things.map(({ shape }) => shape))
  return [
    ...colored.slice(0, COLORED).map((name) => {
      const [color = '', shape = ''] = name.split(' ')
      return { shape, color }
    }),
    ...plain.slice(0, PLAIN).map((shape) => ({ shape, color: null })),
  ]
}

function mostFrequent(names: readonly string[]): string[] {
  const counts = Map.groupBy(names, (name) => name)
  return [...counts]
    .toSorted(([a, m], [b, n]) => n.length - m.length || a.localeCompare(b))
    .map(([name]) => name)
}

/** Null where people could disagree: something like it is there. */
function isShown({ shape, color }: Rule, { objects }: HandPicture): boolean | null {
  const hasColor = ({ colors }: Thing) => color === null || colors.includes(color)
  if (objects.some((thing) => thing.shape === shape && hasColor(thing))) {
    return true
  }
  return objects.some((thing) => isAlike(thing.shape, shape) && hasColor(thing)) ? null : false
}
