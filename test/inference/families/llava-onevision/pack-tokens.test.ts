import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { packTokens } from '../../../../inference/families/llava-onevision/pack-tokens.ts'

const SIDE = 2
const END = -1

/** A token is one number: 10 times its tile, and its patch. */
function tiles(rows: number, columns: number, width: number, height: number) {
  const count = rows * columns + 1
  const data = Array.from({ length: count }, (_, tile) =>
    [0, 1, 2, 3, NaN].map((patch) => 10 * tile + patch),
  )
  const values = Float32Array.from(data.flat(), (value) => (Number.isNaN(value) ? END : value))
  const grid = { rows, columns, size: { width, height } }
  return { data: values, shape: [values.length, 1] as const, grid }
}

function packed(input: ReturnType<typeof tiles>, mostTiles = 9) {
  const { data, shape } = packTokens(input, { side: SIDE, mostTiles })
  assert.equal(shape[0], data.length)
  return [...data]
}

describe('packTokens', () => {
  it('has the whole picture, then lines of patches with their ends', () => {
    assert.deepEqual(packed(tiles(1, 1, 7, 7)), [0, 1, 2, 3, 10, 11, END, 12, 13, END])
    assert.deepEqual(packed(tiles(1, 2, 14, 7)).slice(4), [
      10,
      11,
      20,
      21,
      END,
      12,
      13,
      22,
      23,
      END,
    ])
  })

  it('leaves out the patches of bars', () => {
    // Four by four patches, of which a picture twice as wide has the middle two lines.
    assert.deepEqual(packed(tiles(2, 2, 20, 10)).slice(4), [
      12,
      13,
      22,
      23,
      END,
      30,
      31,
      40,
      41,
      END,
    ])
    assert.deepEqual(packed(tiles(2, 2, 10, 20)).slice(4, 10), [11, 20, END, 13, 22, END])
  })

  it('keeps a line that is partly a bar', () => {
    // 37 / 45 of eight lines are 6.6, and half of the other 1.4 is no line.
    const input = tiles(4, 4, 45, 37)
    assert.equal(packed(input, 16).length, 4 + 6 * 9)
    assert.equal(packed(tiles(4, 4, 45, 33), 16).length, 4 + 6 * 9) // 5.9
    assert.equal(packed(tiles(4, 4, 45, 40), 16).length, 4 + 8 * 9) // 7.1
  })

  it('has no line of a picture that is thinner than one', () => {
    assert.deepEqual(packed(tiles(1, 1, 500, 1)), [0, 1, 2, 3])
  })

  it('makes a large map smaller, between its patches', () => {
    // Four by four patches where four are kept in full: half as many lines and columns.
    const all = packed(tiles(2, 2, 8, 8), 1)
    assert.equal(all.length, 4 + 2 * 3)
    assert.deepEqual(all.slice(4), [11.5, 21.5, END, 31.5, 41.5, END])
    assert.equal(packed(tiles(2, 2, 8, 8), 4).length, 4 + 4 * 5)
  })

  it('changes nothing of a picture that is one tile', () => {
    const { data, shape } = tiles(0, 0, 7, 7)
    const one = { data, shape, grid: { rows: 0, columns: 0, size: { width: 7, height: 7 } } }
    assert.equal(packTokens(one, { side: SIDE, mostTiles: 9 }), one)
  })
})
