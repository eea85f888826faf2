/**
 * The order in which people read lines: row by row, each from left to right, as seen by somebody who
 * turns the picture until most of its text is upright. Columns that run down are then rows, the
 * first at the right, as Chinese is read.
 */

import { boundsOf, type Point, type Quad, sidesOf } from './geometry.ts'

/** Boxes of one row overlap in height by at least this share of the smaller one. */
const SAME_ROW = 0.5

type Placed<Item> = ReturnType<typeof boundsOf> & { readonly item: Item }

/** @returns the items, the first to be read first. */
export function inReadingOrder<Item extends { readonly corners: Quad }>(
  items: readonly Item[],
): Item[] {
  const upright = TURNS[mainDirection(items.map(({ corners }) => corners))]
  const placed = items
    .map((item): Placed<Item> => ({ item, ...boundsOf(turned(item.corners, upright)) }))
    .sort((a, b) => a.top + a.bottom - b.top - b.bottom)
  const rows: Placed<Item>[][] = []
  for (const box of placed) {
    const row = rows.at(-1)
    if (row?.every((other) => areBeside(other, box))) {
      row.push(box)
    } else {
      rows.push([box])
    }
  }
  return rows.flatMap((row) => row.sort((a, b) => a.left - b.left).map(({ item }) => item))
}

type Direction = 'right' | 'down' | 'left' | 'up'

/** Where a point is once text of a direction is upright. */
const TURNS: Readonly<Record<Direction, (point: Point) => Point>> = {
  right: (point) => point,
  down: ({ x, y }) => ({ x: y, y: -x }),
  left: ({ x, y }) => ({ x: -x, y: -y }),
  up: ({ x, y }) => ({ x: -y, y: x }),
}

/** Where most of the text runs, by its length. */
function mainDirection(all: readonly Quad[]): Direction {
  const lengths: Record<Direction, number> = { right: 0, down: 0, left: 0, up: 0 }
  for (const corners of all) {
    lengths[directionOf(corners)] += sidesOf(corners).width
  }
  const { right, down, left, up } = lengths
  const most = Math.max(right, down, left, up)
  return (['right', 'down', 'left', 'up'] as const).find((each) => lengths[each] === most)!
}

function directionOf([start, end]: Quad): Direction {
  const [x, y] = [end.x - start.x, end.y - start.y]
  if (Math.abs(x) >= Math.abs(y)) {
    return x < 0 ? 'left' : 'right'
  }
  return y < 0 ? 'up' : 'down'
}

function turned([a, b, c, d]: Quad, turn: (point: Point) => Point): Quad {
  return [turn(a), turn(b), turn(c), turn(d)]
}

/** Whether two boxes can be in one row: at one height, and not one above the other. */
function areBeside(a: Placed<unknown>, b: Placed<unknown>): boolean {
  return (
    overlap(a.top, a.bottom, b.top, b.bottom) >= SAME_ROW &&
    overlap(a.left, a.right, b.left, b.right) < SAME_ROW
  )
}

/** What two spans have in common, as a share of the shorter one. */
function overlap(start: number, end: number, otherStart: number, otherEnd: number): number {
  const common = Math.min(end, otherEnd) - Math.max(start, otherStart)
  return common / Math.max(1, Math.min(end - start, otherEnd - otherStart))
}
