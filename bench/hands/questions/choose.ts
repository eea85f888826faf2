/** What can be asked about a picture without a doubt, and a share of it, evenly over the kinds. */

import { createRandom } from '../../report/random.ts'
import type { Kind, Question } from '../truth.ts'
import { followUpsOf } from './follow-ups.ts'
import { comparisonsOf, relationsOf } from './pairs.ts'
import {
  aboutEach,
  absencesOf,
  backgroundOf,
  colorOf,
  countsOf,
  placeQuestion,
  presencesOf,
  shapeOf,
  sizeQuestion,
} from './single.ts'
import type { Ask, Asked } from './words.ts'

/** A kind that was asked about this picture comes only after those that lag by as many. */
const AGAIN = 60
/** There is one thing to ask in each of these, in other words only. */
const ONCE: ReadonlySet<Kind> = new Set(['background', 'absent'])

/**
 * Chooses questions about one picture.
 *
 * @param counts how often each kind was asked before; the rarest come first. Is counted on.
 */
export function chooseQuestions(
  picture: Asked,
  { seed, most, counts }: { seed: number; most: number; counts: Map<Kind, number> },
): Question[] {
  const random = createRandom(seed)
  const chosen: Question[] = []
  const open = new Map(askables(picture))
  while (chosen.length < most && open.size > 0) {
    const times = (kind: Kind) =>
      (counts.get(kind) ?? 0) + AGAIN * chosen.filter((one) => one.kind === kind).length
    const kind = [...open.keys()].toSorted((a, b) => times(a) - times(b))[0]!
    const asks = open.get(kind)!
    const question = asks.length === 0 ? null : random.pick(asks)(random)
    if (question === null || chosen.some(({ text }) => text === question.text)) {
      // Most kinds have several things to ask; one that has no more is done.
      open.set(kind, asks.slice(1))
      if (asks.length <= 1) {
        open.delete(kind)
      }
      continue
    }
    chosen.push(question)
    if (ONCE.has(kind)) {
      open.delete(kind)
    }
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return chosen
}

function askables(picture: Asked): [Kind, Ask[]][] {
  return [
    ['color', aboutEach(picture, colorOf)],
    ['shape', aboutEach(picture, shapeOf)],
    ['count', countsOf(picture)],
    ['size', aboutEach(picture, sizeQuestion)],
    ['position', aboutEach(picture, placeQuestion)],
    ['presence', presencesOf(picture)],
    ['comparison', comparisonsOf(picture)],
    ['relation', relationsOf(picture)],
    ['background', backgroundOf(picture)],
    ['follow-up', followUpsOf(picture)],
    ['absent', absencesOf(picture)],
  ]
}
