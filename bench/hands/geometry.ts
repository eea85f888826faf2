/** What people say of sizes and places, and where they would hesitate: then nothing is asked. */

import type { Box, Thing } from './truth.ts'

export type Measured = { readonly width: number; readonly height: number }
export type Size = 'small' | 'medium' | 'large'
export type Direction = 'left' | 'right' | 'above' | 'below'

/** Of a box's longer side, as a share of the picture's shorter side. */
const SMALL = 0.2
const MEDIUM = [0.26, 0.42] as const
const LARGE = 0.5
/** Around a line between thirds no position is asked. */
const MARGIN = 0.04
/** One thing is larger than another if its box's longer side and its area are so by this factor. */
const LARGER = 1.35

const OPPOSITE = { left: 'right', right: 'left', above: 'below', below: 'above' } as const

/** The longer side of a box, as a share of the picture's shorter side. */
export function extentOf({ box }: Pick<Thing, 'box'>, { width, height }: Measured): number {
  const [left, top, right, bottom] = box
  return Math.max((right - left) * width, (bottom - top) * height) / Math.min(width, height)
}

/** Null between the sizes. */
export function sizeOf(thing: Pick<Thing, 'box'>, picture: Measured): Size | null {
  const extent = extentOf(thing, picture)
  if (extent <= SMALL) {
    return 'small'
  }
  if (extent >= LARGE) {
    return 'large'
  }
  return extent >= MEDIUM[0] && extent <= MEDIUM[1] ? 'medium' : null
}

/** The third of the picture that a thing's center is in; null near a line between two. */
export function placeOf({ box }: Pick<Thing, 'box'>): { x: string; y: string } | null {
  const [x, y] = centerOf(box)
  const column = third(x, ['left', 'center', 'right'])
  const row = third(y, ['top', 'middle', 'bottom'])
  return column === null || row === null ? null : { x: column, y: row }
}

function third(share: number, names: readonly [string, string, string]): string | null {
  const isNear = [1 / 3, 2 / 3].some((line) => Math.abs(share - line) < MARGIN)
  return isNear ? null : names[Math.min(2, Math.floor(share * 3))]!
}

/** The index, 0 or 1, of the larger of two things; null if they are about the same. */
export function largerOf(one: Thing, other: Thing, picture: Measured): 0 | 1 | null {
  const sides = extentOf(one, picture) / extentOf(other, picture)
  const areas = areaOf(one.box) / areaOf(other.box)
  if (sides > LARGER && areas > LARGER) {
    return 0
  }
  return sides < 1 / LARGER && areas < 1 / LARGER ? 1 : null
}

/**
 * Whether `one` is on that side of `other`: true and false only where nobody would doubt it. Then
 * their boxes do not overlap along that axis, and they are further apart along it than across.
 */
export function isBeside(
  direction: Direction,
  one: Thing,
  other: Thing,
  { width, height }: Measured,
): boolean | null {
  const [x1, y1] = centerOf(one.box)
  const [x2, y2] = centerOf(other.box)
  const isAcross = direction === 'left' || direction === 'right'
  const along = Math.abs(isAcross ? (x1 - x2) * width : (y1 - y2) * height)
  const across = Math.abs(isAcross ? (y1 - y2) * height : (x1 - x2) * width)
  if (across > along) {
    return null
  }
  if (isWhollyBeside(direction, one.box, other.box)) {
    return true
  }
  return isWhollyBeside(OPPOSITE[direction], one.box, other.box) ? false : null
}

/**
 * The one thing on that side of `thing`; `nothing` if there is none, null if people could disagree.
 */
export function onlyBeside(
  direction: Direction,
  thing: Thing,
  things: readonly Thing[],
  picture: Measured,
): Thing | 'nothing' | null {
  const others = things.filter((other) => other !== thing)
  const beside = others.filter((other) => isBeside(direction, other, thing, picture) === true)
  const clear = others.every(
    (other) => beside.includes(other) || isWhollyBeside(OPPOSITE[direction], other.box, thing.box),
  )
  if (!clear || beside.length > 1) {
    return null
  }
  return beside[0] ?? 'nothing'
}

function isWhollyBeside(direction: Direction, one: Box, other: Box): boolean {
  return {
    left: one[2] <= other[0],
    right: one[0] >= other[2],
    above: one[3] <= other[1],
    below: one[1] >= other[3],
  }[direction]
}

function centerOf([left, top, right, bottom]: Box): [number, number] {
  return [(left + right) / 2, (top + bottom) / 2]
}

function areaOf([left, top, right, bottom]: Box): number {
  return (right - left) * (bottom - top)
}
