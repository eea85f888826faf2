/**
 * From the detector's map to boxes: connected components, the smallest rectangle around each, its
 * mean score, and growth to the size of the text, since the map shows the text's core only.
 *
 * Source: PaddleOCR, ppocr/postprocess/db_postprocess.py, `boxes_from_bitmap`. A box is convex, so it
 * grows without a polygon library: the hull of circles around its corners.
 */

import { componentsAbove, type ScoreMap } from './components.ts'
import { boundsOf, cornersOf, minAreaRectangle, type Quad, type Rectangle } from './geometry.ts'

export type BoxOptions = {
  /** Pixels above this belong to text. */
  readonly threshold: number
  /** Least mean score of a box. */
  readonly boxThreshold: number
  /** How far a box grows: area times this, divided by its perimeter. */
  readonly unclipRatio: number
}

/** Where text is. */
export type TextBox = {
  readonly corners: Quad
  /** Mean of the map in the box before it grew, 0 to 1. */
  readonly score: number
}

const MAX_CANDIDATES = 3000
/** Thinner boxes are dropped, in pixels of the map: before and after they grow. */
const MIN_SIDE = 3
const MIN_GROWN_SIDE = 5
/** In pixels of the picture. */
const MIN_PICTURE_SIDE = 3

/** Points of a unit circle, the four that are straight from its center among them. */
const CIRCLE = Array.from({ length: 32 }, (_, i) => ({
  x: Math.cos((i * Math.PI) / 16),
  y: Math.sin((i * Math.PI) / 16),
}))

/** @param size of the picture whose map it is; the boxes are in its pixels. */
export function boxesOf(
  map: ScoreMap,
  size: { readonly width: number; readonly height: number },
  options: BoxOptions,
): TextBox[] {
  const boxes: TextBox[] = []
  for (const edge of componentsAbove(map, options.threshold, MAX_CANDIDATES)) {
    const core = minAreaRectangle(edge)
    if (Math.min(core.width, core.height) < MIN_SIDE) {
      continue
    }
    const score = meanInside(map, cornersOf(core))
    const grown = grow(core, options.unclipRatio)
    if (score < options.boxThreshold || Math.min(grown.width, grown.height) < MIN_GROWN_SIDE) {
      continue
    }
    const corners = inPicture(cornersOf(grown), map, size)
    const { left, right, top, bottom } = boundsOf(corners)
    if (right - left > MIN_PICTURE_SIDE && bottom - top > MIN_PICTURE_SIDE) {
      boxes.push({ corners, score })
    }
  }
  return boxes
}

/**
 * The smallest rectangle around a core with everything within a distance of it, in whole pixels: the
 * corners are cut to whole pixels before and rounded after, as the reference's polygon library does.
 */
function grow(core: Rectangle, ratio: number): Rectangle {
  const { width, height } = core
  const distance = (width * height * ratio) / (2 * (width + height))
  const around = cornersOf(core).flatMap(({ x, y }) =>
    CIRCLE.map((unit) => ({
      x: Math.round(Math.trunc(x) + distance * unit.x),
      y: Math.round(Math.trunc(y) + distance * unit.y),
    })),
  )
  return minAreaRectangle(around)
}

function inPicture(
  corners: Quad,
  map: ScoreMap,
  { width, height }: { readonly width: number; readonly height: number },
): Quad {
  const [a, b, c, d] = corners.map(({ x, y }) => ({
    x: scaled(x, map.width, width),
    y: scaled(y, map.height, height),
  }))
  return [a!, b!, c!, d!]
}

/** A coordinate of the map in a picture, as a whole pixel of it. */
function scaled(value: number, of: number, to: number): number {
  return Math.min(Math.max(Math.round((value / of) * to), 0), to - 1)
}

/** The map's mean over the pixels in a quadrilateral, its edge included. */
function meanInside({ width, height, data }: ScoreMap, quad: Quad): number {
  const { top, bottom } = boundsOf(quad)
  let [sum, count] = [0, 0]
  const lastRow = Math.min(height - 1, Math.floor(bottom))
  for (let y = Math.max(0, Math.floor(top)); y <= lastRow; y++) {
    let [left, right] = [Infinity, -Infinity]
    for (const [i, from] of quad.entries()) {
      const to = quad[(i + 1) % quad.length]!
      // The part of the edge in this row.
      const [upper, lower] = from.y <= to.y ? [from, to] : [to, from]
      if (upper.y <= y + 1 && lower.y >= y) {
        for (const rowY of [Math.max(y, upper.y), Math.min(y + 1, lower.y)]) {
          const share = lower.y === upper.y ? 0 : (rowY - upper.y) / (lower.y - upper.y)
          const x = upper.x + share * (lower.x - upper.x)
          left = Math.min(left, x)
          right = Math.max(right, x)
        }
        if (lower.y === upper.y) {
          left = Math.min(left, lower.x)
          right = Math.max(right, lower.x)
        }
      }
    }
    const last = Math.min(width - 1, Math.floor(right))
    for (let x = Math.max(0, Math.floor(left)); x <= last; x++) {
      sum += data[y * width + x]!
      count += 1
    }
  }
  return count === 0 ? 0 : sum / count
}
