import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Tensor } from 'onnxruntime-node'
import { HostCache } from '../../../inference/kv/host-cache.ts'

const SHAPE = { layers: 1, kvHeads: 2, headDim: 1 }

/** Runs a position in every row: row r, head h gets `value + 10 * r + h`. */
async function put(cache: HostCache, value: number): Promise<void> {
  const fresh = Float32Array.from(
    { length: cache.rows * 2 },
    (_, i) => value + 10 * (i >> 1) + (i & 1),
  )
  await run(cache, fresh, 1)
}

/** @param fresh float32, [rows, count, heads * headDim]. */
async function run(cache: HostCache, fresh: Float32Array, count: number): Promise<void> {
  const made = { count, keep: true }
  const { fetches } = await cache.before(made)
  assert.deepEqual(fetches, { key_0: null, value_0: null })
  const tensor = new Tensor('float32', fresh, [cache.rows, count, 2])
  cache.after(made, { key_0: tensor, value_0: tensor })
}

/** What the next run is fed, [rows, heads, capacity, headDim]. */
async function past(cache: HostCache): Promise<Tensor> {
  const { feeds } = await cache.before({ count: 1, keep: true })
  assert.deepEqual(feeds['past_value_0']!.data, feeds['past_key_0']!.data)
  return feeds['past_key_0']!
}

/** The filled positions, [row][head][position]. */
async function filled(cache: HostCache): Promise<number[][][]> {
  const { data, dims } = await past(cache)
  assert.ok(data instanceof Float32Array)
  return Array.from({ length: cache.rows }, (_, row) =>
    [0, 1].map((head) => {
      const start = (row * 2 + head) * dims[2]!
      return Array.from(data.subarray(start, start + cache.length))
    }),
  )
}

describe('HostCache', () => {
  it('scatters [rows, count, heads * headDim] into [rows, heads, capacity, headDim]', async () => {
    const cache = new HostCache(SHAPE)
    await run(cache, Float32Array.of(1, 2, 3, 4), 2)
    assert.deepEqual(await filled(cache), [
      [
        [1, 3],
        [2, 4],
      ],
    ])
  })

  it('keeps what it holds when it grows', async () => {
    const cache = new HostCache(SHAPE)
    for (let i = 0; i < 70; i++) {
      await put(cache, 100 * i)
    }
    assert.deepEqual((await past(cache)).dims, [1, 2, 128, 1])
    assert.equal(cache.bytes, 2 * 2 * 128 * 4)
    assert.deepEqual(
      (await filled(cache))[0]![1]!.slice(62),
      [6201, 6301, 6401, 6501, 6601, 6701, 6801, 6901],
    )
  })

  it('copies one row to several, and rows over each other', async () => {
    const cache = new HostCache(SHAPE)
    await put(cache, 0)
    await cache.reorder([0, 0])
    await put(cache, 100)
    assert.deepEqual(await filled(cache), [
      [
        [0, 100],
        [1, 101],
      ],
      [
        [0, 110],
        [1, 111],
      ],
    ])
    await cache.reorder([1, 1])
    assert.deepEqual(await filled(cache), [
      [
        [0, 110],
        [1, 111],
      ],
      [
        [0, 110],
        [1, 111],
      ],
    ])
    await cache.reorder([1, 0])
    await put(cache, 200)
    assert.deepEqual((await filled(cache))[1], [
      [0, 110, 210],
      [1, 111, 211],
    ])
  })

  it('swaps rows, and grows with several rows', async () => {
    const cache = new HostCache(SHAPE)
    await put(cache, 0)
    await cache.reorder([0, 0, 0])
    for (let i = 1; i < 70; i++) {
      await put(cache, 100 * i)
      await cache.reorder([2, 0, 1])
    }
    // After n turns row r holds what was last put into row (r + 2) % 3, and so on back in time.
    const rows = await filled(cache)
    for (const row of [0, 1, 2]) {
      for (const [position, value] of rows[row]![0]!.entries()) {
        const origin = (((row - (70 - position)) % 3) + 3) % 3
        assert.equal(value, position === 0 ? 0 : 100 * position + 10 * origin)
      }
    }
  })

  it('takes rows of other lengths in, gives them out, and closes the gap', async () => {
    const cache = new HostCache(SHAPE)
    await put(cache, 0)
    await put(cache, 100)
    for (const value of [500, 600, 700]) {
      const one = new HostCache(SHAPE)
      await put(one, value)
      await cache.append(one)
    }
    assert.deepEqual(cache.lengths, [2, 1, 1, 1])
    await put(cache, 1000)
    const row = (heads: number[][]) => heads.map((head) => head.slice(0, cache.lengths[0]))
    assert.deepEqual(row((await filled(cache))[0]!), [
      [0, 100, 1000],
      [1, 101, 1001],
    ])
    assert.deepEqual(await filled(await cache.copyOf(1)), [
      [
        [500, 1010],
        [501, 1011],
      ],
    ])
    assert.deepEqual(await filled(await cache.copyOf(2, 1)), [[[600], [601]]])
    await cache.remove(1)
    assert.deepEqual(cache.lengths, [3, 2, 2])
    assert.deepEqual(
      (await filled(cache))[1]!.map((head) => head.slice(0, 2)),
      [
        [700, 1030],
        [701, 1031],
      ],
    )
    assert.deepEqual((await past(cache)).dims, [3, 2, 64, 1])
  })

  it('takes no more than its own room once it is the last of several', async () => {
    const cache = new HostCache(SHAPE)
    await put(cache, 0)
    const { bytes } = cache
    for (const value of [500, 600]) {
      const one = new HostCache(SHAPE)
      await put(one, value)
      await cache.append(one)
    }
    assert.equal(cache.bytes, 4 * bytes)
    await cache.remove(0)
    await cache.remove(1)
    assert.equal(cache.bytes, bytes)
    assert.deepEqual(await filled(cache), [[[600], [601]]])
  })
})
