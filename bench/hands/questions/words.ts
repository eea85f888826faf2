/** The words that pictures are asked about with, and the answers that people would accept. */

import type { Random } from '../../report/random.ts'
import { type Measured, placeOf, sizeOf } from '../geometry.ts'
import type { Question, Scene, Thing } from '../truth.ts'

export const SHAPES = [
  'circle',
  'square',
  'triangle',
  'star',
  'heart',
  'rectangle',
  'oval',
  'hexagon',
  'pentagon',
  'diamond',
  'cross',
  'arrow',
  'crescent',
  'ring',
] as const
export const COLORS = [
  'red',
  'orange',
  'yellow',
  'green',
  'blue',
  'purple',
  'pink',
  'brown',
  'black',
  'white',
  'gray',
  'turquoise',
] as const

/** Shapes that people could take for one another: neither counts as absent where the other is. */
const ALIKE: readonly (readonly string[])[] = [
  ['circle', 'oval', 'ring'],
  ['square', 'rectangle', 'diamond'],
  ['hexagon', 'pentagon', 'circle'],
]
/** A picture that is asked about. */
export type Asked = Scene & Measured
/** Makes a question, or null where this one could not be answered without a doubt. */
export type Ask = (random: Random) => Question | null

export const NOTHING = ['nothing', 'none', 'no shape', 'no shapes', 'there is nothing'] as const

/** "circle" or "red circle", whichever names one thing only; null if neither does. */
export function nameOf({ objects }: Asked, thing: Thing): string | null {
  if (isOnly(objects, ({ shape }) => isAlike(shape, thing.shape))) {
    return thing.shape
  }
  const isOne = isOnly(
    objects,
    (other) => isAlike(other.shape, thing.shape) && sharesColor(other, thing),
  )
  return isOne && thing.colors.length === 1 ? `${thing.colors[0]} ${thing.shape}` : null
}

export function isOnly(objects: readonly Thing[], matches: (thing: Thing) => boolean): boolean {
  return objects.filter(matches).length === 1
}

export function isAlike(one: string, other: string): boolean {
  return one === other || ALIKE.some((group) => group.includes(one) && group.includes(other))
}

export function sharesColor(one: Thing, other: Thing): boolean {
  return one.colors.some((color) => other.colors.includes(color))
}

/** A large thing may be called big. */
export function sizeAnswers(thing: Thing, picture: Measured): readonly string[] | null {
  const size = sizeOf(thing, picture)
  if (size === null) {
    return null
  }
  return size === 'large' ? ['large', 'big'] : [size]
}

/** The third of the picture that a thing is in, in any order of words. */
export function placeAnswers(thing: Thing): readonly string[] | null {
  const place = placeOf(thing)
  if (place === null) {
    return null
  }
  const { x, y } = place
  if (x === 'center') {
    return y === 'middle'
      ? ['center', 'middle', 'center center', 'middle center']
      : [y, `${y} center`, `${y} middle`, `center ${y}`]
  }
  return y === 'middle'
    ? [x, `middle ${x}`, `center ${x}`, `${x} middle`, `${x} center`]
    : [`${y} ${x}`, `${x} ${y}`]
}

export const withArticle = (thing: string) => `${/^[aeiou]/.test(thing) ? 'an' : 'a'} ${thing}`

/** A shape that is not there, nor one like it. */
export function absentShape({ objects }: Asked, random: Random): string | null {
  const free = SHAPES.filter((shape) => !objects.some((thing) => isAlike(thing.shape, shape)))
  return free.length === 0 ? null : random.pick(free)
}

/** Also not a color that people could mix up with one that is there. */
export function absentColor({ objects, background }: Asked, random: Random): string {
  const near: Readonly<Record<string, readonly string[]>> = {
    turquoise: ['blue', 'green'],
    pink: ['red', 'purple'],
    orange: ['red', 'yellow', 'brown'],
    brown: ['orange', 'red'],
    gray: ['black', 'white'],
    white: ['gray'],
    purple: ['blue', 'pink'],
  }
  const seen = [...objects.flatMap(({ colors }) => colors), background ?? 'white', 'black', 'white']
  const free = COLORS.filter(
    (color) =>
      !seen.some(
        (other) => other === color || near[color]?.includes(other) || near[other]?.includes(color),
      ),
  )
  return random.pick(free.length === 0 ? COLORS.filter((color) => !seen.includes(color)) : free)
}

/** What a thing may be called in an answer. */
export function namesOf(thing: Thing, name: string): string[] {
  return [
    ...new Set([name, thing.shape, ...thing.colors.map((color) => `${color} ${thing.shape}`)]),
  ]
}
