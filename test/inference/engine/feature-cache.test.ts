import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { FeatureCache, type ImageData } from '../../../inference/engine/feature-cache.ts'

/** 40 bytes of one picture. */
function tokens(): ImageData {
  return {
    features: { data: new Float32Array(4), shape: [1, 4] },
    tokens: { data: new Float32Array(6), shape: [2, 3] },
    distance: null,
  }
}

describe('FeatureCache', () => {
  it('keeps what was used last, within its bytes', () => {
    const cache = new FeatureCache(80)
    const first = tokens()
    cache.set('a', first)
    cache.set('b', tokens())
    assert.equal(cache.get('a'), first)
    cache.set('c', tokens())
    assert.equal(cache.bytes, 80)
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => cache.get(key) !== undefined),
      [true, false, true],
    )
    cache.delete('a')
    assert.equal(cache.get('a'), undefined)
    assert.equal(cache.bytes, 40)
  })

  it('keeps large tokens as float16 where it may, and says what it keeps', () => {
    const data = Float32Array.from({ length: 2 ** 18 }, (_, i) => Math.sin(i))
    const large = { ...tokens(), tokens: { data, shape: [2 ** 9, 2 ** 9] as const } }
    const cache = new FeatureCache(2 ** 21, { halves: true })
    cache.set('a', large)
    assert.equal(cache.bytes, 2 * 2 ** 18 + 16)
    const kept = cache.get('a')!
    assert.deepEqual(kept, cache.asKept(large))
    assert.ok(kept.tokens?.data.every((value, i) => Math.abs(value - data[i]!) <= 2 ** -12))
    assert.notDeepEqual(kept.tokens?.data, data)
    assert.deepEqual(kept.features, large.features)

    cache.set('b', tokens())
    assert.equal(cache.bytes, 2 * 2 ** 18 + 16 + 40)
    const exact = new FeatureCache(2 ** 21)
    exact.set('a', large)
    assert.equal(exact.get('a'), large)
    data[0] = 70_000
    cache.set('c', large)
    assert.equal(cache.get('c')?.tokens?.data, data)
  })

  it('keeps nothing without memory', () => {
    const cache = new FeatureCache(0)
    cache.set('a', tokens())
    assert.equal(cache.get('a'), undefined)
    assert.equal(cache.bytes, 0)
  })

  it('frees what is too old, even if nobody asks for it', async () => {
    const cache = new FeatureCache(1000, { maxAgeMs: 300 })
    cache.set('a', tokens())
    assert.ok(cache.get('a'))
    while (cache.bytes > 0) {
      await delay(20)
    }
    assert.equal(cache.get('a'), undefined)
  })
})
