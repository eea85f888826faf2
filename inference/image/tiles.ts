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
 *
 * Where pictures keep their own size (`mostTiles`), that is what `high` and `auto` see of one that is small
 * enough; `auto` first resizes what is longer than `longestEdge`.
 */
export const DETAILS = ['auto', 'low', 'high'] as const
export type Detail = (typeof DETAILS)[number]

/** How a picture is cut. */
export type Tiling = {
  readonly fit: 'tiles'
  /** Of a square, in pixels. */
  readonly side: number
  readonly filter: Filter
  /**
   * What the longer side of the picture is resized to first, in pixels; a smaller picture is enlarged.
   * With `mostTiles` only `auto` does it, and only with larger pictures.
   */
  readonly longestEdge: number
  /** False: only the whole picture, squashed to a square. */
  readonly split: boolean
  /**
   * Absent: every picture is resized first. Otherwise it keeps its own size, as with `do_resize: false` in the
   * reference, unless it would become more squares than this; then it is resized to fewer along its longer side.
   */
  readonly mostTiles?: number | undefined
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

/** No picture is resized to a longer side first; its own may be longer. Source: as above, `MAX_IMAGE_SIZE`. */
export const MAX_EDGE = 4096

export function tiled(image: RgbImage, tiling: Tiling): Tiled {
  const { side, filter } = tiling
  const edge = edgeFor(image, tiling)
  const first = edge === null ? image : scaledTo(image, edge)
  const scaled = resize(image, first.width, first.height, { filter })
  // Where the least that a picture is resized to would be more tiles than it may be, it is squashed, too.
  if (!isCut(tiling) || squaresOf(scaled, side) > (tiling.mostTiles ?? Infinity)) {
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

/** False: the whole picture is squashed to a square, whatever its size. */
function isCut({ split, mostTiles, detail }: Tiling): boolean {
  return split && !(mostTiles !== undefined && detail === 'low')
}

/**
 * What the longer side is resized to: as `size: {longest_edge}` of the reference's processor.
 *
 * @returns null where the picture is not resized before it is cut.
 */
function edgeFor({ width, height }: Size, tiling: Tiling): number | null {
  const { side, longestEdge, mostTiles, detail = 'high' } = tiling
  if (mostTiles !== undefined) {
    return isCut(tiling) ? edgeWithin({ width, height }, { ...tiling, mostTiles }) : null
  }
  const tiles = detail === 'low' ? 1 : nearestTiles({ width, height }, side)
  return detail === 'high' ? longestEdge : Math.min(longestEdge, tiles * side)
}

/** The same of a picture that keeps its own size if it can. */
function edgeWithin(
  size: Size,
  { side, longestEdge, mostTiles, detail }: Tiling & { readonly mostTiles: number },
): number | null {
  const longest = Math.max(size.width, size.height)
  const isReduced = detail === 'auto' && longest > longestEdge
  const first = isReduced ? scaledTo(size, longestEdge) : size
  if (squaresOf(first, side) <= mostTiles) {
    return isReduced ? longestEdge : null
  }
  let across = Math.ceil(Math.max(first.width, first.height) / side) - 1
  while (across > 1 && squaresOf(scaledTo(size, across * side), side) > mostTiles) {
    across -= 1
  }
  return across * side
}

/** How many squares a picture of this size is cut into, itself included. */
function squaresOf(size: Size, side: number): number {
  const { width, height } = wholeTiles(size, side)
  return width <= side && height <= side ? 1 : (width / side) * (height / side) + 1
}

/** As many squares along the longer side as the picture's own size is nearest to, one or more. */
export function nearestTiles({ width, height }: Size, side: number): number {
  return Math.max(1, Math.round(Math.max(width, height) / side))
}

/** The longer side becomes `longest`, or `MAX_EDGE` if that is less; the other one keeps the aspect ratio and is even. */
function scaledTo({ width, height }: Size, longest: number): Size {
  const aspect = width / height
  const scaled =
    width >= height
      ? { width: longest, height: even(Math.trunc(longest / aspect)) }
      : { width: even(Math.trunc(longest * aspect)), height: longest }
  return longest > MAX_EDGE ? below(scaled, MAX_EDGE) : scaled
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
  const rounded = (length: number) => Math.max(1, Math.ceil(length / side)) * side
  if (width >= height) {
    const across = rounded(width)
    return { width: across, height: rounded(Math.trunc(across / aspect)) }
  }
  const down = rounded(height)
  return { width: rounded(Math.trunc(down * aspect)), height: down }
}
