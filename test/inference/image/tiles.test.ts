import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Detail, tiled } from '../../../inference/image/tiles.ts'

const TILING = { fit: 'tiles', side: 16, filter: 'lanczos', longestEdge: 64, split: true } as const

/** Every pixel of another color than its neighbors. */
function picture(width: number, height: number) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 251)
  return { width, height, data }
}

function gridOf(width: number, height: number, detail: Detail) {
  const { image, grid } = tiled(picture(width, height), { ...TILING, detail })
  assert.deepEqual([image.width, image.height], [16, (grid.rows * grid.columns + 1) * 16])
  return [grid.rows, grid.columns]
}

describe('tiled', () => {
  it('enlarges a small picture to as many tiles as a large one', () => {
    assert.deepEqual(gridOf(5, 5, 'high'), [4, 4])
    assert.deepEqual(gridOf(500, 500, 'high'), [4, 4])
    assert.deepEqual(gridOf(500, 200, 'high'), [2, 4])
    assert.deepEqual(gridOf(20, 500, 'high'), [4, 1])
  })

  it('goes by the size of the picture where no detail is asked for', () => {
    assert.deepEqual(gridOf(5, 5, 'auto'), [0, 0])
    assert.deepEqual(gridOf(23, 20, 'auto'), [0, 0])
    assert.deepEqual(gridOf(24, 24, 'auto'), [2, 2])
    assert.deepEqual(gridOf(48, 20, 'auto'), [2, 3])
    assert.deepEqual(gridOf(500, 500, 'auto'), [4, 4])
  })

  it('sees one tile in the least detail', () => {
    assert.deepEqual(gridOf(500, 500, 'low'), [0, 0])
  })

  it('is what it is with the same longer side, whoever chose it', () => {
    const wide = picture(48, 20)
    const chosen = tiled(wide, { ...TILING, longestEdge: 48 })
    assert.deepEqual(tiled(wide, { ...TILING, detail: 'auto' }), chosen)
    const least = tiled(wide, { ...TILING, longestEdge: 16 })
    assert.deepEqual(tiled(wide, { ...TILING, detail: 'low' }), least)
  })

  it('puts the tiles one below the other, row by row, and the whole picture last', () => {
    // Four colors, each of a tile: no resizing mixes them inside.
    const data = new Uint8Array(32 * 32 * 3)
    for (let i = 0; i < 32 * 32; i++) {
      const [row, column] = [Math.floor(i / 32 / 16), Math.floor((i % 32) / 16)]
      data.fill(50 * (2 * row + column), i * 3, i * 3 + 3)
    }
    const { image } = tiled({ width: 32, height: 32, data }, { ...TILING, longestEdge: 32 })
    const corners = [0, 1, 2, 3, 4].map((tile) => image.data[tile * 16 * 16 * 3])
    assert.deepEqual(corners, [0, 50, 100, 150, 0])
    assert.equal(image.data.at(-1), 150)
  })
})
