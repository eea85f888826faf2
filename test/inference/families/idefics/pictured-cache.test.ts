import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ImageTokens } from '../../../../inference/families/common/runner.ts'
import { PicturedCache } from '../../../../inference/families/idefics/pictured-cache.ts'
import { pictureFeeds } from '../../../../inference/families/idefics/picture-feeds.ts'
import { HostCache } from '../../../../inference/kv/host-cache.ts'
import { floats } from '../../../../inference/runtime/floats.ts'

const SHAPE = { crossLayers: 2, heads: 2, headDim: 3, pictureRows: 4 }
const NUMBERS = 2 * 2 * 2 * 3 * 4

/** A picture whose numbers are counted from `first` on. */
function picture(first: number): ImageTokens {
  const data = Float32Array.from({ length: NUMBERS }, (_, i) => first + i)
  return { data, shape: [1, NUMBERS] }
}

function cache(sight: ImageTokens | null): PicturedCache {
  const made = new PicturedCache(new HostCache({ layers: 1, kvHeads: 1, headDim: 2 }))
  made.see(sight)
  return made
}

function placesIn(rows: PicturedCache): readonly number[] {
  return rows.feeds((sights) => pictureFeeds(SHAPE, sights)).places
}

describe('pictureFeeds', () => {
  it('feeds each picture once, side by side', () => {
    const [a, b] = [picture(0), picture(1000)]
    const { tensors, places } = pictureFeeds(SHAPE, [b, null, a, b])
    assert.deepEqual(places, [0, -1, 1, 0])
    assert.deepEqual(Object.keys(tensors).toSorted(), [
      'picture_key_0',
      'picture_key_1',
      'picture_value_0',
      'picture_value_1',
    ])
    const { dims, data } = tensors['picture_value_0']!
    assert.deepEqual(dims, [2, 2, 4, 3])
    assert.deepEqual([data[0], data[24]], [1024, 24])
    assert.deepEqual(tensors['picture_key_1']!.dims, [2, 2, 3, 4])
  })

  it('copies nothing of a single one, and feeds zeros where there is none', () => {
    const a = picture(0)
    assert.equal(floats(pictureFeeds(SHAPE, [a, a]).tensors['picture_key_1']).buffer, a.data.buffer)
    const { tensors, places } = pictureFeeds(SHAPE, [null])
    assert.deepEqual(places, [-1])
    assert.ok(floats(tensors['picture_key_0']).every((value) => value === 0))
  })
})

describe('PicturedCache', () => {
  it('moves what rows see with the rows', async () => {
    const [a, b] = [picture(0), picture(1000)]
    const rows = cache(a)
    await rows.append(cache(null))
    await rows.append(cache(b))
    await rows.append(cache(a))
    assert.deepEqual(placesIn(rows), [0, -1, 1, 0])
    await rows.remove(0)
    assert.deepEqual(placesIn(rows), [0, -1, 1]) // a's last row is the first now
    await rows.reorder([2, 2, 1])
    assert.deepEqual(placesIn(rows), [0, 0, -1])
  })

  it('makes feeds anew only if something else is seen', async () => {
    const a = picture(0)
    const rows = cache(a)
    const first = rows.feeds((sights) => pictureFeeds(SHAPE, sights))
    await rows.reorder([0])
    rows.see(a)
    assert.equal(
      rows.feeds(() => assert.fail('made anew')),
      first,
    )
    rows.see(null)
    assert.deepEqual(placesIn(rows), [-1])
  })

  it('counts the memory of its pictures, which a copy does not refer to', async () => {
    const a = picture(0)
    const rows = cache(a)
    await rows.append(cache(a))
    const own = new HostCache({ layers: 1, kvHeads: 1, headDim: 2 }).bytes
    assert.equal(rows.bytes - a.data.byteLength, own)
    assert.deepEqual(placesIn(await rows.copyOf(0)), [-1])
    rows.dispose()
    assert.equal(rows.bytes, 0)
  })
})
