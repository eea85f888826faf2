import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { HostCache } from '../../../inference/kv/host-cache.ts'
import { PrefixCache } from '../../../inference/kv/prefix-cache.ts'

/** A cache of one row that takes memory, and tells when it is disposed of. */
class WatchedCache extends HostCache {
  disposed = false

  override get bytes(): number {
    return 100
  }

  override dispose(): void {
    this.disposed = true
    super.dispose()
  }
}

function watchedCache(): WatchedCache {
  return new WatchedCache({ layers: 1, kvHeads: 1, headDim: 1 })
}

describe('PrefixCache', () => {
  it('deletes the sequences of images, by what stands before a colon', () => {
    const prefixes = new PrefixCache(1000)
    const [cat, catAsked, dog] = [watchedCache(), watchedCache(), watchedCache()]
    prefixes.keep(['cat', 'cat', 2], cat)
    prefixes.keep([7, 'cat:prompt', 2], catAsked)
    prefixes.keep(['dog', 'dog', 2], dog)
    prefixes.forget(['cat', 'bird'])
    assert.deepEqual([cat.disposed, catAsked.disposed, dog.disposed], [true, true, false])
    assert.equal(prefixes.stats().bytes, 100)
  })

  it('deletes a prompt of several images with each of them', () => {
    const prefixes = new PrefixCache(1000)
    const both = watchedCache()
    prefixes.keep(['dog:cat:prompt', 0], both)
    prefixes.forget(['cat'])
    assert.equal(both.disposed, true)
  })

  it('deletes what is too old, and does not find it before that', async () => {
    const prefixes = new PrefixCache(1000, 10)
    const cache = watchedCache()
    prefixes.keep(['cat', 2], cache)
    await delay(20)
    assert.equal(await prefixes.take(['cat', 2, 3]), null)
    prefixes.forget([])
    assert.equal(cache.disposed, true)
    assert.equal(prefixes.stats().bytes, 0)
  })
})
