/**
 * What stands for a picture in a prompt: its tiles row by row, each after the token of its place, then the
 * whole picture.
 *
 * Source: transformers 5.18, models/idefics3/processing_idefics3.py, `replace_image_token`; SmolVLM's is
 * the same.
 */

import { type Grid, tilesOf } from '../../image/tiles.ts'
import type { PicturePlace } from '../common/chat-prompts.ts'
import type { KeyedImage } from '../common/runner.ts'

const WHOLE: Grid = { rows: 0, columns: 0 }

/**
 * @param image null: for a picture of one tile.
 * @param tileTokens rows of a tile.
 */
export function picturePlace(image: KeyedImage | null, tileTokens: number): PicturePlace {
  const grid = image?.tokens.grid ?? WHOLE
  return { text: textOf(grid), images: image === null ? [] : tiles(image, grid, tileTokens) }
}

/** With `<image>` once for each tile. */
function textOf({ rows, columns }: Grid): string {
  const whole = '<fake_token_around_image><global-img><image><fake_token_around_image>'
  if (rows === 0) {
    return whole
  }
  const lines = Array.from({ length: rows }, (_, row) => {
    const places = Array.from(
      { length: columns },
      (__, column) => `<row_${row + 1}_col_${column + 1}>`,
    )
    return `${places.map((place) => `<fake_token_around_image>${place}<image>`).join('')}\n`
  })
  return `${lines.join('')}\n${whole}`
}

function tiles({ key, tokens }: KeyedImage, grid: Grid, tileTokens: number): KeyedImage[] {
  const [, width] = tokens.shape
  const size = tileTokens * width
  return Array.from({ length: tilesOf(grid) }, (_, i) => ({
    key: `${key}:${i}`,
    tokens: {
      data: tokens.data.subarray(i * size, (i + 1) * size),
      shape: [tileTokens, width] as const,
    },
  }))
}
