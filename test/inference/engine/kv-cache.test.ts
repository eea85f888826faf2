import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KvCache } from '../../../inference/engine/kv-cache.ts'

const SHAPE = { layers: 1, heads: 2, headDim: 1 }

/** Puts one position into every row: row r, head h gets `value + 10 * r + h`. */
function put(cache: KvCache, value: number): void {
  cache.reserve(cache.length + 1)
  const fresh = Float32Array.from(
    { length: cache.rows * 2 },
    (_, i) => value + 10 * (i >> 1) + (i & 1),
  )
  cache.scatter(cache.keys[0]!, fresh, 1)
  cache.scatter(cache.values[0]!, fresh, 1)
  cache.advance(1)
}

/** The filled positions, [row][head][position]. */
function filled(cache: KvCache): number[][][] {
  return Array.from({ length: cache.rows }, (_, row) =>
    [0, 1].map((head) => {
      const start = (row * 2 + head) * cache.capacity
      return Array.from(cache.keys[0]!.subarray(start, start + cache.length))
    }),
  )
}

describe('KvCache', () => {
  it('scatters [rows, count, heads * headDim] into [rows, heads, capacity, headDim]', () => {
    const cache = new KvCache(SHAPE)
    cache.reserve(2)
    cache.scatter(cache.keys[0]!, Float32Array.of(1, 2, 3, 4), 2)
    cache.advance(2)
    assert.deepEqual(filled(cache), [
      [
        [1, 3],
        [2, 4],
      ],
    ])
  })

  it('keeps what it holds when it grows', () => {
    const cache = new KvCache(SHAPE)
    for (let i = 0; i < 70; i++) {
      put(cache, 100 * i)
    }
    assert.equal(cache.capacity, 128)
    assert.equal(cache.keys[0]!.length, 2 * 128)
    assert.deepEqual(
      filled(cache)[0]![1]!.slice(62),
      [6201, 6301, 6401, 6501, 6601, 6701, 6801, 6901],
    )
  })

  it('copies one row to several, and rows over each other', () => {
    const cache = new KvCache(SHAPE)
    put(cache, 0)
    cache.reorder([0, 0])
    put(cache, 100)
    assert.deepEqual(filled(cache), [
      [
        [0, 100],
        [1, 101],
      ],
      [
        [0, 110],
        [1, 111],
      ],
    ])
    cache.reorder([1, 1])
    assert.deepEqual(filled(cache), [
      [
        [0, 110],
        [1, 111],
      ],
      [
        [0, 110],
        [1, 111],
      ],
    ])
    cache.reorder([1, 0])
    put(cache, 200)
    assert.deepEqual(filled(cache)[1], [
      [0, 110, 210],
      [1, 111, 211],
    ])
  })

  it('swaps rows, and grows with several rows', () => {
    const cache = new KvCache(SHAPE)
    put(cache, 0)
    cache.reorder([0, 0, 0])
    for (let i = 1; i < 70; i++) {
      put(cache, 100 * i)
      cache.reorder([2, 0, 1])
    }
    // After n turns row r holds what was last put into row (r + 2) % 3, and so on back in time.
    const rows = filled(cache)
    for (const row of [0, 1, 2]) {
      for (const [position, value] of rows[row]![0]!.entries()) {
        const origin = (((row - (70 - position)) % 3) + 3) % 3
        assert.equal(value, position === 0 ? 0 : 100 * position + 10 * origin)
      }
    }
  })

  it('takes rows of other lengths in, gives them out, and closes the gap', () => {
    const cache = new KvCache(SHAPE)
    put(cache, 0)
    put(cache, 100)
    for (const value of [500, 600, 700]) {
      const one = new KvCache(SHAPE)
      put(one, value)
      cache.append(one)
    }
    assert.deepEqual(cache.lengths, [2, 1, 1, 1])
    put(cache, 1000)
    const row = (heads: number[][]) => heads.map((head) => head.slice(0, cache.lengths[0]))
    assert.deepEqual(row(filled(cache)[0]!), [
      [0, 100, 1000],
      [1, 101, 1001],
    ])
    assert.deepEqual(filled(cache.copyOf(1)), [
      [
        [500, 1010],
        [501, 1011],
      ],
    ])
    assert.deepEqual(filled(cache.copyOf(2, 1)), [[[600], [601]]])
    cache.remove(1)
    assert.deepEqual(cache.lengths, [3, 2, 2])
    assert.deepEqual(
      filled(cache)[1]!.map((head) => head.slice(0, 2)),
      [
        [700, 1030],
        [701, 1031],
      ],
    )
    assert.equal(cache.filledRows(cache.keys[0]!).length, 3 * 2 * cache.capacity)
  })
})
