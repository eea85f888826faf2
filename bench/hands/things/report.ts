/** The part of the table about pictures of things and digits. */

import { createTally } from '../../report/tally.ts'
import type { Said } from '../answers.ts'
import { namedThings, namesAll, unnamed } from '../score.ts'

export type ThingRow = {
  readonly name: string
  readonly goal: string
  readonly count: number
  readonly share: number | null
  /** As if no picture were turned away. */
  readonly inside: number | null
}

const ROWS = [
  { name: 'things named', goal: '85 %' },
  { name: 'digits named', goal: '85 %' },
  { name: 'captions naming all', goal: '' },
  { name: 'questions', goal: '' },
] as const

export function thingRows(said: readonly Said[]): ThingRow[] {
  const by = createTally()
  const inside = createTally()
  const add = (name: (typeof ROWS)[number]['name'], isRight: boolean, isTurnedAway: boolean) => {
    by.add(name, isRight && !isTurnedAway)
    inside.add(name, isRight)
  }
  for (const { picture, caption, isTurnedAway, answers } of said) {
    const missed = unnamed(namedThings(caption), picture.objects)
    for (const thing of picture.objects) {
      const name = thing.style.includes('digit') ? 'digits named' : 'things named'
      add(name, !missed.includes(thing), isTurnedAway)
    }
    add('captions naming all', namesAll(caption, picture), isTurnedAway)
    for (const { isRightInside } of answers) {
      add('questions', isRightInside, isTurnedAway)
    }
  }
  return ROWS.flatMap(({ name, goal }) => {
    const count = by.count(name)
    return count === 0
      ? []
      : [{ name, goal, count, share: by.share(name), inside: inside.share(name) }]
  })
}
