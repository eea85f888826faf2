/**
 * Cuts a picture into squares for a vision tower, in rows and columns, with the whole picture squashed to
 * one more square behind them.
 *
 * Source: transformers 5.18, models/idefics3/image_processing_pil_idefics3.py; SmolVLM's is the same.
 */

import type { Filter } from './filters.ts'
import { resize } from './resize.ts'
import type { RgbImage } from './resize.ts'

/**
 * How much of a picture's detail is seen, where that is a choice:
 * - `high`: as the checkpoint says; a small picture is enlarged to as many tiles as a large one
 * - `auto`: as many tiles along the longer side as the picture's own size is nearest to, `high` at most
 * - `low`: one tile
 */
export const DETAILS = ['auto', 'low', 'high'] as const
export type Detail = (typeof DETAILS)[number]

/** How a picture is cut. */
export type Tiling = {
  readonly fit: 'tiles'
  /** Of a square, in pixels. */
  readonly side: number
  readonly filter: Filter
  /** What the longer side of the picture is resized to first, in pixels; a smaller picture is enlarged. */
  readonly longestEdge: number
  /** False: only the whole picture, squashed to a square. */
  readonly split: boolean
  /** Default `high`. */
  readonly detail?: Detail
}

/** Squares one below the other, and where they come from. */
export type Tiled = {
  /** uint8 [tiles * side, side, 3]: the whole picture, and before or behind it the others row by row. */
  readonly image: RgbImage
  readonly grid: Grid
}

/** In pixels. */
export type Size = { readonly width: number; readonly height: number }

/** How a picture was cut: both 0 where it was not, and the whole picture is the only square. */
export type Grid = {
  readonly rows: number
  readonly columns: number
  /** The picture's own, where what is made of its squares depends on it. */
  readonly size?: Size
}

/** Number of squares, the whole picture included. */
export function tilesOf({ rows, columns }: Grid): number {
  return rows * columns + 1
}

/** No picture is resized to a longer side first. Source: as above, `MAX_IMAGE_SIZE`. */
export const MAX_EDGE = 4096

export function tiled(image: RgbImage, tiling: Tiling): Tiled {
  const { side, filter, split } = tiling
  const longest = edgeFor(image, tiling)
  const first = scaledTo(image, longest, Math.min(longest, MAX_EDGE))
  const scaled = resize(image, first.width, first.height, { filter })
  if (!split) {
    return { image: resize(scaled, side, side, { filter }), grid: { rows: 0, columns: 0 } }
  }
  const { width, height } = wholeTiles(scaled, side)
  const whole = resize(scaled, width, height, { filter })
  if (width <= side && height <= side) {
    return { image: whole, grid: { rows: 0, columns: 0 } }
  }
  const grid = { rows: height / side, columns: width / side }
  const data = new Uint8Array(tilesOf(grid) * side * side * 3)
  const length = side * 3
  let to = 0
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      for (let y = row * side; y < (row + 1) * side; y++) {
        const from = (y * width + column * side) * 3
        data.set(whole.data.subarray(from, from + length), to)
        to += length
      }
    }
  }
  data.set(resize(whole, side, side, { filter }).data, to)
  return { image: { width: side, height: tilesOf(grid) * side, data }, grid }
}

/** What the longer side is resized to: as `size: {longest_edge}` of the reference's processor. */
function edgeFor({ width, height }: Size, { side, longestEdge, detail = 'high' }: Tiling): number {
  const tiles = detail === 'low' ? 1 : nearestTiles({ width, height }, side)
  return detail === 'high' ? longestEdge : Math.min(longestEdge, tiles * side)
}

/** As many squares along the longer side as the picture's own size is nearest to, one or more. */
export function nearestTiles({ width, height }: Size, side: number): number {
  return Math.max(1, Math.round(Math.max(width, height) / side))
}

/** The longer side becomes `longest`; the other one keeps the aspect ratio and is even; then at most `edge`. */
function scaledTo({ width, height }: Size, longest: number, edge: number): Size {
  const aspect = width / height
  const scaled =
    width >= height
      ? { width: longest, height: even(Math.trunc(longest / aspect)) }
      : { width: even(Math.trunc(longest * aspect)), height: longest }
  return longest > edge ? below(scaled, edge) : scaled
}

function even(length: number): number {
  return Math.max(1, length + (length % 2))
}

function below({ width, height }: Size, edge: number): Size {
  const aspect = width / height
  return width >= height
    ? { width: edge, height: Math.max(1, Math.trunc(edge / aspect)) }
    : { width: Math.max(1, Math.trunc(edge * aspect)), height: edge }
}

/** The longer side first, so that the other one follows what the aspect ratio became. */
function wholeTiles({ width, height }: Size, side: number): Size {
  const aspect = width / height
  const rounded = (length: number) => Math.ceil(length / side) * side
  if (width >= height) {
    const across = rounded(width)
    return { width: across, height: rounded(Math.trunc(across / aspect)) }
  }
  const down = rounded(height)
  return { width: rounded(Math.trunc(down * aspect)), height: down }
}
