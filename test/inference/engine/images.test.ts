import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Images } from '../../../inference/engine/images.ts'
import { FeatureCache } from '../../../inference/engine/feature-cache.ts'

const ENCODED = {
  data: {
    features: null,
    tokens: { data: new Float32Array(4), shape: [1, 4] as const },
    distance: null,
  },
  timings: { preprocessMs: 1, visionMs: 1, bridgeMs: 1 },
}

/** A picture of a request. */
function claimed() {
  const cache = new FeatureCache(1000)
  const images = new Images(cache)
  const claim = images.claim([{ key: 'a', bytes: new Uint8Array(1) }], true)
  assert.ok('images' in claim)
  const [image] = claim.images
  assert.ok(image)
  return { cache, images, image }
}

describe('a picture that is encoded', () => {
  it('is cached for later requests', () => {
    const { cache, images, image } = claimed()
    images.finish(image, ENCODED)
    images.release([image])
    assert.equal(cache.get('a'), ENCODED.data)
  })

  it('is not cached once it was deleted', () => {
    const { cache, images, image } = claimed()
    images.forget(['a'])
    images.finish(image, ENCODED)
    assert.equal(cache.get('a'), undefined)
  })

  it('is not cached if it was deleted after its requests were cancelled', () => {
    const { cache, images, image } = claimed()
    images.release([image]) // its run continues for the other pictures
    images.forget(['a'])
    images.finish(image, ENCODED)
    assert.equal(cache.get('a'), undefined)
  })
})

describe('the pictures of a request', () => {
  it('are claimed together, or none where the file of one is missing', () => {
    const { images, image } = claimed()
    const [known, unknown] = [
      { key: 'a', bytes: null },
      { key: 'b', bytes: null },
    ]
    assert.deepEqual(images.claim([known, unknown, known], true), { missing: ['b'] })
    assert.equal(image.users, 1)
    const both = images.claim([known, { key: 'b', bytes: new Uint8Array(1) }, known], true)
    assert.ok('images' in both)
    assert.deepEqual(
      both.images.map(({ key, users }) => [key, users]),
      [
        ['a', 3],
        ['b', 1],
        ['a', 3],
      ],
    )
    images.release(both.images)
    assert.equal(image.users, 1)
    assert.ok(both.images[1]?.unneeded.signal.aborted)
    assert.ok(!image.unneeded.signal.aborted)
  })
})
