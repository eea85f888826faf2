/**
 * Cuts a picture of any shape into squares for a vision tower, with the whole picture squashed to one more square
 * before them: it is resized into the one of a list of resolutions that wastes least of it, with black bars at two
 * ends where its shape is another.
 *
 * Source: transformers 5.18, models/llava_onevision/image_processing_pil_llava_onevision.py and
 * image_processing_utils.py, `select_best_resolution`.
 */

import type { Filter } from './filters.ts'
import { type Color, fitted } from './fit.ts'
import { resize } from './resize.ts'
import type { RgbImage } from './resize.ts'
import { type Detail, nearestTiles, type Size, type Tiled, tilesOf } from './tiles.ts'

/** How a picture is cut. */
export type AnyResolution = {
  readonly fit: 'any-resolution'
  /** Of a square, in pixels. */
  readonly side: number
  readonly filter: Filter
  /** In the order in which they are tried; both sides are multiples of the square's. */
  readonly resolutions: readonly Size[]
  /** Tiles whose patches are all kept; `auto` takes no more. */
  readonly mostTiles: number
  /** Of the bars around a picture that becomes one square, with `low`. */
  readonly background?: Color | undefined
  /** Default `high`. */
  readonly detail?: Detail
}

/**
 * - `high`: the best of all resolutions, as the checkpoint says
 * - `auto`: the best of those that have no more tiles along a side than the picture's own size is nearest to, and no
 *   more in all than are kept in full
 * - `low`: one square, with bars around the picture; so are pictures seen that are several in a prompt
 */
export function cutToResolution(image: RgbImage, cut: AnyResolution): Tiled {
  const { side, filter, background, detail = 'high' } = cut
  const size = { width: image.width, height: image.height }
  if (detail === 'low') {
    const square = { side, fit: 'surround', filter, background } as const
    return { image: fitted(image, square), grid: { rows: 0, columns: 0, size } }
  }
  const resolution = bestResolution(
    size,
    detail === 'auto' ? resolutionsFor(size, cut) : cut.resolutions,
  )
  const grid = { rows: resolution.height / side, columns: resolution.width / side, size }
  const inner = within(size, resolution)
  const scaled = resize(image, inner.width, inner.height, { filter })
  const left = Math.floor((resolution.width - inner.width) / 2)
  const top = Math.floor((resolution.height - inner.height) / 2)
  const data = new Uint8Array(tilesOf(grid) * side * side * 3)
  data.set(resize(image, side, side, { filter }).data)
  const row = scaled.width * 3
  for (let y = 0; y < scaled.height; y++) {
    putRow(data, scaled.data.subarray(y * row, (y + 1) * row), {
      side,
      columns: grid.columns,
      left,
      y: top + y,
    })
  }
  return { image: { width: side, height: tilesOf(grid) * side, data }, grid }
}

/** Puts a row of pixels into the squares that it crosses, which stand behind the first. */
function putRow(
  data: Uint8Array,
  pixels: Uint8Array,
  place: {
    readonly side: number
    readonly columns: number
    readonly left: number
    readonly y: number
  },
): void {
  const { side, columns, left, y } = place
  const first = 1 + Math.floor(y / side) * columns
  const width = pixels.length / 3
  let from = 0
  while (from < width) {
    const x = left + from
    const count = Math.min(side - (x % side), width - from)
    const to = (((first + Math.floor(x / side)) * side + (y % side)) * side + (x % side)) * 3
    data.set(pixels.subarray(from * 3, (from + count) * 3), to)
    from += count
  }
}

function resolutionsFor(
  size: Size,
  { side, resolutions, mostTiles }: AnyResolution,
): readonly Size[] {
  const edge = nearestTiles(size, side) * side
  const most = mostTiles * side ** 2
  const fitting = resolutions.filter(
    (one) => Math.max(one.width, one.height) <= edge && areaOf(one) <= most,
  )
  return fitting.length > 0 ? fitting : [least(resolutions)]
}

function least(resolutions: readonly Size[]): Size {
  return resolutions.reduce((best, one) => (areaOf(one) < areaOf(best) ? one : best))
}

function areaOf({ width, height }: Size): number {
  return width * height
}

/** The one that keeps most of a picture's pixels; of equals the one with the smallest bars. */
function bestResolution(picture: Size, resolutions: readonly Size[]): Size {
  let best = { size: resolutions[0]!, kept: 0, wasted: Infinity }
  for (const size of resolutions) {
    const scale = Math.min(size.width / picture.width, size.height / picture.height)
    const scaled = Math.trunc(picture.width * scale) * Math.trunc(picture.height * scale)
    const kept = Math.min(scaled, areaOf(picture))
    const wasted = areaOf(size) - kept
    if (kept > best.kept || (kept === best.kept && wasted < best.wasted)) {
      best = { size, kept, wasted }
    }
  }
  return best.size
}

/** The largest of a picture's shape. Source: as above, `get_patch_output_size`. */
function within(picture: Size, { width, height }: Size): Size {
  const across = width / picture.width
  const down = height / picture.height
  return across < down
    ? { width, height: Math.min(Math.ceil(picture.height * across), height) }
    : { width: Math.min(Math.ceil(picture.width * down), width), height }
}
