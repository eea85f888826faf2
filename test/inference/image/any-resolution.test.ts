import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AnyResolution, cutToResolution } from '../../../inference/image/any-resolution.ts'
import type { Detail } from '../../../inference/image/tiles.ts'

const SIDE = 16
const SIDES = [1, 2, 3, 4].map((tiles) => tiles * SIDE)
const CUT: AnyResolution = {
  fit: 'any-resolution',
  side: SIDE,
  filter: 'bicubic',
  resolutions: SIDES.flatMap((height) => SIDES.map((width) => ({ height, width }))),
  mostTiles: 4,
  background: [9, 9, 9],
}

/** Of one color. */
function picture(width: number, height: number, color: number) {
  return { width, height, data: new Uint8Array(width * height * 3).fill(color) }
}

function gridOf(width: number, height: number, detail: Detail) {
  const { image, grid } = cutToResolution(picture(width, height, 50), { ...CUT, detail })
  assert.deepEqual(grid.size, { width, height })
  assert.deepEqual([image.width, image.height], [SIDE, (grid.rows * grid.columns + 1) * SIDE])
  return [grid.rows, grid.columns]
}

describe('cutToResolution', () => {
  it('takes the smallest resolution that keeps all of a picture', () => {
    assert.deepEqual(gridOf(5, 5, 'high'), [1, 1])
    assert.deepEqual(gridOf(17, 9, 'high'), [1, 2])
    assert.deepEqual(gridOf(40, 20, 'high'), [2, 3])
    assert.deepEqual(gridOf(64, 10, 'high'), [1, 4])
  })

  it('takes the one that keeps most of a larger picture, with the smallest bars', () => {
    assert.deepEqual(gridOf(500, 500, 'high'), [4, 4])
    assert.deepEqual(gridOf(500, 250, 'high'), [2, 4])
    assert.deepEqual(gridOf(1000, 20, 'high'), [1, 4])
    assert.deepEqual(gridOf(50_000, 3, 'high'), [1, 1]) // thinner than a pixel in each
  })

  it('takes no more tiles than the size of the picture asks for, where no detail is asked for', () => {
    assert.deepEqual(gridOf(23, 20, 'auto'), [1, 1])
    assert.deepEqual(gridOf(24, 24, 'auto'), [2, 2])
  })

  it('takes no more tiles then than are kept in full', () => {
    assert.deepEqual(gridOf(500, 500, 'auto'), [2, 2])
    assert.deepEqual(gridOf(500, 100, 'auto'), [1, 4])
    const few = { ...CUT, resolutions: [{ width: 48, height: 48 }], detail: 'auto' as const }
    assert.deepEqual(cutToResolution(picture(9, 9, 50), few).grid.rows, 3)
  })

  it('puts the whole picture first, then the tiles row by row, with black bars', () => {
    // Four colors, each of a tile: no resizing mixes them inside.
    const data = new Uint8Array(32 * 32 * 3)
    for (let i = 0; i < 32 * 32; i++) {
      const [row, column] = [Math.floor(i / 32 / 16), Math.floor((i % 32) / 16)]
      data.fill(50 * (2 * row + column + 1), i * 3, i * 3 + 3)
    }
    const { image } = cutToResolution({ width: 32, height: 32, data }, CUT)
    const corners = [0, 1, 2, 3, 4].map((tile) => image.data[tile * SIDE * SIDE * 3])
    assert.deepEqual(corners, [50, 50, 100, 150, 200])
    assert.equal(image.data[SIDE * SIDE * 3 - 1], 200)

    const wide = cutToResolution(picture(32, 10, 50), CUT).image
    const left = Array.from({ length: SIDE }, (_, y) => wide.data[(SIDE + y) * SIDE * 3])
    assert.deepEqual(left, [0, 0, 0, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 0, 0, 0])
  })

  it('sees one tile in the least detail, with bars of a color around it', () => {
    assert.deepEqual(gridOf(500, 500, 'low'), [0, 0])
    const { image } = cutToResolution(picture(16, 8, 50), { ...CUT, detail: 'low' })
    assert.deepEqual([image.data[0], image.data[8 * SIDE * 3]], [9, 50])
  })
})
