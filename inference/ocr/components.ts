/** Connected components of a thresholded map. */

import type { Point } from './geometry.ts'

/** A map of one value per pixel, row by row. */
export type ScoreMap = {
  readonly width: number
  readonly height: number
  /** float32 [height, width], 0 to 1. */
  readonly data: Float32Array
}

/**
 * The components of pixels above a threshold; neighbors at a corner belong together.
 *
 * @param limit components at most.
 * @returns of each, its outermost pixels: the first and the last of each row, for its hull.
 */
export function componentsAbove(map: ScoreMap, threshold: number, limit: number): Point[][] {
  const { width, height, data } = map
  const open = new Uint8Array(width * height)
  for (let i = 0; i < open.length; i++) {
    open[i] = Number(data[i]! > threshold)
  }
  const components: Point[][] = []
  const first = new Int32Array(height)
  const last = new Int32Array(height).fill(-1)
  for (let seed = 0; seed < open.length && components.length < limit; seed++) {
    if (open[seed] === 1) {
      const rows = flood(open, map, seed, { first, last })
      const edge: Point[] = []
      for (let y = rows.top; y <= rows.bottom; y++) {
        edge.push({ x: first[y]!, y })
        if (last[y]! > first[y]!) {
          edge.push({ x: last[y]!, y })
        }
        last[y] = -1
      }
      components.push(edge)
    }
  }
  return components
}

/** Takes one component off `open`, and notes the first and last pixel of each of its rows. */
function flood(
  open: Uint8Array,
  { width, height }: ScoreMap,
  seed: number,
  { first, last }: { readonly first: Int32Array; readonly last: Int32Array },
): { readonly top: number; readonly bottom: number } {
  const stack = [seed]
  open[seed] = 0
  let [top, bottom] = [height, -1]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const x = at % width
    const y = (at - x) / width
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
    first[y] = last[y] === -1 ? x : Math.min(first[y]!, x)
    last[y] = Math.max(last[y]!, x)
    for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
      for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
        const next = ny * width + nx
        if (open[next] === 1) {
          open[next] = 0
          stack.push(next)
        }
      }
    }
  }
  return { top, bottom }
}
