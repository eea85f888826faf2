/**
 * Puts the tokens of a picture's tiles together: those of the whole picture first, then the rows of the large
 * picture, each with a token that ends it. Rows and columns of the bars around it are left out, and a picture of very many
 * patches is made smaller.
 *
 * Source: transformers 5.18, models/llava_onevision/modeling_llava_onevision.py, `pack_image_features` and
 * `unpad_image`.
 */

import type { Grid, Size } from '../../image/tiles.ts'
import type { ImageTokens } from '../common/runner.ts'

/** How a picture's tokens are put together. */
export type Packing = {
  /** Patches along a side of a tile. */
  readonly side: number
  /** Tiles whose patches are all kept. */
  readonly mostTiles: number
}

/** A larger map is made smaller; a little more than all is kept. */
const LARGEST_RATIO = 1.1

/**
 * @param tiles of each tile its patches, then the token that ends a line; the whole picture first.
 * @returns float32 [tokens, width]; of a picture that is one tile the same.
 */
export function packTokens(tiles: ImageTokens, { side, mostTiles }: Packing): ImageTokens {
  const { data, shape, grid } = tiles
  const [, width] = shape
  if (grid?.size === undefined || grid.rows === 0) {
    return tiles
  }
  const { columns } = grid
  const map = patchesWithin(grid, grid.size, side)
  const size = sizeOf(map, side ** 2 * mostTiles)
  const whole = side ** 2
  const tokens = whole + size.height * (size.width + 1)
  const packed = new Float32Array(tokens * width)
  packed.set(data.subarray(0, whole * width))
  const end = data.subarray(whole * width, (whole + 1) * width)
  const patch = (y: number, x: number) => {
    const [row, column] = [map.top + y, map.left + x]
    const tile = 1 + Math.floor(row / side) * columns + Math.floor(column / side)
    const from = (tile * (whole + 1) + (row % side) * side + (column % side)) * width
    return data.subarray(from, from + width)
  }
  const [down, across] = [taps(map.height, size.height), taps(map.width, size.width)]
  let to = whole * width
  for (const y of down) {
    for (const x of across) {
      mix(packed.subarray(to, to + width), [
        [patch(y.from, x.from), (1 - y.share) * (1 - x.share)],
        [patch(y.from, x.next), (1 - y.share) * x.share],
        [patch(y.next, x.from), y.share * (1 - x.share)],
        [patch(y.next, x.next), y.share * x.share],
      ])
      to += width
    }
    packed.set(end, to)
    to += width
  }
  return { data: packed, shape: [tokens, width], grid }
}

type Map = Size & { readonly top: number; readonly left: number }

/** The patches that show the picture, without the bars at two ends. */
function patchesWithin({ rows, columns }: Grid, picture: Size, side: number): Map {
  const [height, width] = [rows * side, columns * side]
  if (picture.width / picture.height > width / height) {
    const inner = rounded(picture.height * (width / picture.width))
    const top = Math.floor((height - inner) / 2)
    return { top, left: 0, height: height - 2 * top, width }
  }
  const inner = rounded(picture.width * (height / picture.height))
  const left = Math.floor((width - inner) / 2)
  return { top: 0, left, height, width: width - 2 * left }
}

/** Python's `int(round(length, 7))`. */
function rounded(length: number): number {
  return Math.trunc(Number(length.toFixed(7)))
}

/** @param most patches that are all kept. */
function sizeOf({ width, height }: Size, most: number): Size {
  const ratio = Math.sqrt((height * width) / most)
  return ratio > LARGEST_RATIO
    ? { width: floorDivide(width, ratio), height: floorDivide(height, ratio) }
    : { width, height }
}

/** Python's `a // b` of floats, which is exact where the quotient is rounded; 1 at least. */
function floorDivide(a: number, b: number): number {
  return Math.max(1, Math.round((a - (a % b)) / b))
}

/** Where an output stands between two inputs, and the share of the second. */
type Tap = { readonly from: number; readonly next: number; readonly share: number }

/** Of one axis, as PyTorch's bilinear `interpolate` without `align_corners`. */
function taps(inputs: number, outputs: number): Tap[] {
  const scale = inputs / outputs
  return Array.from({ length: outputs }, (_, i) => {
    const center = Math.max(0, (i + 0.5) * scale - 0.5)
    const from = Math.min(inputs - 1, Math.floor(center))
    return { from, next: Math.min(inputs - 1, from + 1), share: center - from }
  })
}

/** Writes the sum of rows by their weights; most often there is one. */
function mix(out: Float32Array, parts: readonly (readonly [Float32Array, number])[]): void {
  const [first, ...others] = parts.filter(([, weight]) => weight > 0)
  if (first !== undefined && others.length === 0) {
    out.set(first[0])
    return
  }
  for (let i = 0; i < out.length; i++) {
    let sum = 0
    for (const [row, weight] of parts) {
      sum += row[i]! * weight
    }
    out[i] = sum
  }
}
