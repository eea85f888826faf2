/** Questions that only an earlier turn gives their meaning. */

import { pairsOf } from './pairs.ts'
import { aboutEach, colorOf, placeQuestion, shapeOf } from './single.ts'
import { type Ask, type Asked, isAlike, isOnly, placeAnswers, sizeAnswers } from './words.ts'
import type { Random } from '../../report/random.ts'
import type { Question, Thing } from '../truth.ts'

export function followUpsOf(picture: Asked): Ask[] {
  const onward = pairsOf(picture).map(([one, other, [name], about]): Ask => (random) => {
    const ask = random.chance(0.5) ? colorOf : placeQuestion
    const first = ask(picture, other, random)
    const second = ask(picture, one, random)
    return first === null || second === null
      ? null
      : { ...after(first, `and the ${name}?`, second.answers), about }
  })
  return [...aboutEach(picture, aboutIt), ...onward]
}

/** One more question about the same thing. */
function aboutIt(picture: Asked, thing: Thing, random: Random): Question | null {
  const isOne = isOnly(picture.objects, ({ shape }) => isAlike(shape, thing.shape))
  const first = random.pick([colorOf, shapeOf, placeQuestion])(picture, thing, random)
  if (first === null) {
    return null
  }
  const size = sizeAnswers(thing, picture)
  const place = first.kind === 'position' ? null : placeAnswers(thing)
  const color = first.kind === 'position' && isOne && thing.colors.length === 1
  const next = [
    ...(size === null
      ? []
      : ['and its size?', 'how big is it?'].map((text) => ({ text, answers: size }))),
    ...(place === null
      ? []
      : ['where is it?', 'and where is it?'].map((text) => ({ text, answers: place }))),
    ...(color
      ? ['what color is it?', 'and its color?'].map((text) => ({ text, answers: thing.colors }))
      : []),
  ]
  if (next.length === 0) {
    return null
  }
  const { text, answers } = random.pick(next)
  return after(first, text, answers)
}

function after(first: Question, text: string, answers: readonly string[]): Question {
  const history = [{ question: first.text, answer: first.answers[0]! }]
  return { kind: 'follow-up', text, answers, history }
}
