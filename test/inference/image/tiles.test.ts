import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resize } from '../../../inference/image/resize.ts'
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

const OWN = { ...TILING, mostTiles: 20 } as const

function ownGridOf(width: number, height: number, detail: Detail = 'high', mostTiles = 20) {
  const { image, grid } = tiled(picture(width, height), { ...OWN, detail, mostTiles })
  assert.deepEqual([image.width, image.height], [16, (grid.rows * grid.columns + 1) * 16])
  return [grid.rows, grid.columns]
}

describe('tiled, of pictures that keep their size', () => {
  it('cuts what is larger than a tile, and nothing else', () => {
    assert.deepEqual(ownGridOf(5, 5), [0, 0])
    assert.deepEqual(ownGridOf(16, 16), [0, 0])
    assert.deepEqual(ownGridOf(17, 16), [2, 2]) // 31 pixels high when it is 32 wide
    assert.deepEqual(ownGridOf(16, 17), [2, 2])
    assert.deepEqual(ownGridOf(48, 16), [1, 3])
    assert.deepEqual(ownGridOf(10, 96), [6, 1])
    assert.deepEqual(ownGridOf(1, 300), [19, 1])
  })

  it('stretches a small picture to a tile', () => {
    const small = picture(5, 9)
    const { image } = tiled(small, OWN)
    assert.deepEqual(image, resize(small, 16, 16, { filter: 'lanczos' }))
  })

  it('sees in high and in auto the same of a picture that is not longer than the edge', () => {
    const wide = picture(64, 20)
    for (const one of [wide, picture(48, 20), picture(5, 5)]) {
      assert.deepEqual(tiled(one, { ...OWN, detail: 'auto' }), tiled(one, OWN))
    }
    assert.deepEqual(ownGridOf(65, 20, 'high'), [2, 5])
    assert.deepEqual(ownGridOf(65, 20, 'auto'), [2, 4])
    const { mostTiles: _, ...resized } = OWN
    const long = picture(65, 20)
    assert.deepEqual(tiled(long, { ...OWN, detail: 'auto' }), tiled(long, resized))
  })

  it('has no more tiles than it may, as if the longer side were resized to fewer', () => {
    assert.deepEqual(ownGridOf(64, 64, 'high', 17), [4, 4])
    for (const detail of ['auto', 'high'] as const) {
      assert.deepEqual(ownGridOf(64, 64, detail, 16), [3, 3])
      assert.deepEqual(ownGridOf(500, 500, detail, 10), [3, 3])
      assert.deepEqual(ownGridOf(500, 500, detail, 4), [0, 0])
      assert.deepEqual(ownGridOf(500, 500, detail, 1), [0, 0])
    }
    assert.deepEqual(ownGridOf(1000, 16, 'high', 20), [1, 19])
    const large = picture(500, 200)
    const fewer = tiled(large, { ...TILING, longestEdge: 6 * 16 })
    assert.deepEqual(tiled(large, OWN), fewer)
  })

  it('squashes the picture itself to one tile in the least detail, and where none is cut', () => {
    const wide = picture(48, 20)
    const whole = resize(wide, 16, 16, { filter: 'lanczos' })
    assert.deepEqual(tiled(wide, { ...OWN, detail: 'low' }).image, whole)
    assert.deepEqual(tiled(wide, { ...OWN, split: false }).image, whole)
    assert.deepEqual(tiled(wide, { ...OWN, split: false, mostTiles: 1 }).image, whole)
  })

  it('has no more tiles than it may where a tile has an odd number of pixels', () => {
    // 7 x 8, since the other side becomes even.
    const { grid } = tiled(picture(15, 15), { ...OWN, side: 7, mostTiles: 4 })
    assert.deepEqual(grid, { rows: 0, columns: 0 })
  })

  it('has a tile for a picture so narrow that the reference computes a width of nothing', () => {
    // 49 * (1 / 49) is less than 1.
    const { grid } = tiled(picture(1, 49), { ...OWN, side: 7 })
    assert.deepEqual(grid, { rows: 7, columns: 1 })
  })
})
