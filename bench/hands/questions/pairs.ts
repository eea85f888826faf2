/** Questions about two things: which is larger, and how they lie to each other. */

import { type Ask, type Asked, nameOf, namesOf, NOTHING } from './words.ts'
import type { Random } from '../../report/random.ts'
import { type Direction, isBeside, largerOf, onlyBeside } from '../geometry.ts'
import type { Question, Thing } from '../truth.ts'

const DIRECTIONS = ['left', 'right', 'above', 'below'] as const
const NEXT_TO = { left: 'left of', right: 'right of', above: 'above', below: 'below' } as const
const LONGER = {
  left: 'to the left of',
  right: 'to the right of',
  above: 'above',
  below: 'below',
} as const

type Pair = readonly [Thing, Thing, readonly [string, string], number]

/** Ordered pairs of different shapes that have a name. */
export function pairsOf(picture: Asked): Pair[] {
  return picture.objects.flatMap((one, about) =>
    picture.objects.flatMap((other): Pair[] => {
      const names = [nameOf(picture, one), nameOf(picture, other)] as const
      const isPair = one !== other && one.shape !== other.shape
      return isPair && names[0] !== null && names[1] !== null
        ? [[one, other, [names[0], names[1]], about]]
        : []
    }),
  )
}

export function comparisonsOf(picture: Asked): Ask[] {
  return pairsOf(picture).map(([one, other, names, about]) => (random) => {
    const larger = largerOf(one, other, picture)
    if (larger === null) {
      return null
    }
    const isSmaller = random.chance(0.25)
    const thing = [one, other][isSmaller ? 1 - larger : larger]!
    const name = names[isSmaller ? 1 - larger : larger]!
    const word = isSmaller ? 'smaller' : random.pick(['larger', 'bigger'])
    return {
      kind: 'comparison',
      text: `which is ${word}, the ${names[0]} or the ${names[1]}?`,
      answers: namesOf(thing, name),
      about,
    }
  })
}

export function relationsOf(picture: Asked): Ask[] {
  const closed = pairsOf(picture).map(([one, other, names, about]): Ask => (random) => {
    const direction = random.pick(DIRECTIONS)
    const isSo = isBeside(direction, one, other, picture)
    const words = random.pick([NEXT_TO, LONGER])[direction]
    const text = `is the ${names[0]} ${words} the ${names[1]}?`
    return isSo === null ? null : { kind: 'relation', text, answers: [isSo ? 'yes' : 'no'], about }
  })
  const open = picture.objects.map(
    (thing): Ask =>
      (random) =>
        besideQuestion(picture, thing, random.pick(DIRECTIONS), random),
  )
  return [...closed, ...open, ...open]
}

function besideQuestion(
  picture: Asked,
  thing: Thing,
  direction: Direction,
  random: Random,
): Question | null {
  const name = nameOf(picture, thing)
  const beside = onlyBeside(direction, thing, picture.objects, picture)
  // "nothing" is the answer too often where there is one thing.
  if (name === null || beside === null || (beside === 'nothing' && random.chance(0.85))) {
    return null
  }
  return {
    kind: 'relation',
    text: `what is ${random.pick([NEXT_TO, LONGER])[direction]} the ${name}?`,
    answers: beside === 'nothing' ? NOTHING : namesOf(beside, beside.shape),
    about: picture.objects.indexOf(thing),
  }
}
