/** The order in which people read lines: row by row, each from left to right. */

import { boundsOf, type Quad } from './geometry.ts'

/** Boxes of one row overlap in height by at least this share of the smaller one. */
const SAME_ROW = 0.5

type Placed<Item> = ReturnType<typeof boundsOf> & { readonly item: Item }

/** @returns the items, the first to be read first. */
export function inReadingOrder<Item extends { readonly corners: Quad }>(
  items: readonly Item[],
): Item[] {
  const placed = items
    .map((item): Placed<Item> => ({ item, ...boundsOf(item.corners) }))
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
