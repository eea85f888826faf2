/** Pictures in memory: which are nearest, in which channels, and what is removed. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  bytesOf,
  largestCosine,
  packVectors,
  spaceOf,
  unpacked,
} from '../../../bot/find/picture-vectors.ts'
import { LoadedVectors } from '../../../bot/find/loaded-vectors.ts'
import { VectorIndex } from '../../../bot/find/vector-index.ts'
import type { SearchablePicture } from '../../../bot/find/searchable.ts'

/** A unit vector at an angle, in degrees. */
function at(degrees: number): Float32Array {
  const radians = (degrees / 180) * Math.PI
  return Float32Array.of(Math.cos(radians), Math.sin(radians))
}

function indexOf(pictures: Readonly<Record<string, number>>): VectorIndex {
  const index = new VectorIndex(2)
  for (const [key, degrees] of Object.entries(pictures)) {
    index.add(key, bytesOf(at(degrees)))
  }
  return index
}

function card(name: string, sha256: string) {
  return { name, precision: 'int8' as const, files: { 'qformer.onnx': { bytes: 1, sha256 } } }
}

function served(name: string) {
  return { name, precision: null }
}

function picture(degrees: number, space = 'here'): SearchablePicture {
  const { mean } = packVectors({ data: at(degrees), shape: [1, 2] })
  const meaning = { space, mean }
  return { author: '1', picture: 'x', spoiler: false, words: [], at: 0, meaning }
}

describe('VectorIndex', () => {
  it('gives the nearest pictures of some channels, the best first', () => {
    const index = indexOf({ '1/a/1/x': 80, '1/a/2/x': 10, '1/b/3/x': 0, '1/a/4/x': 40 })
    assert.deepEqual(index.channels, ['a', 'b'])
    assert.deepEqual(index.nearest(at(0), ['a'], 2), ['1/a/2/x', '1/a/4/x'])
    assert.deepEqual(index.nearest(at(0), ['b', 'a'], 2), ['1/b/3/x', '1/a/2/x'])
    assert.deepEqual(index.nearest(at(0), ['c'], 2), [])
  })

  it('finds the best of many, wherever they are', () => {
    const degrees = Object.fromEntries(
      Array.from({ length: 36 }, (_, i) => [`1/a/${i}/x`, ((i * 7) % 36) * 10]),
    )
    const nearest = indexOf(degrees).nearest(at(92), ['a'], 3)
    assert.deepEqual(
      nearest.map((key) => degrees[key]),
      [90, 100, 80],
    )
  })

  it('removes one picture, those of a message, of a channel, and all', () => {
    const all = { '1/a/1/x': 0, '1/a/1/y': 5, '1/a/2/x': 10, '1/a/10/x': 15, '1/b/3/x': 20 }
    const left = (prefix: string) => {
      const index = indexOf(all)
      index.remove(prefix)
      const keys = index.nearest(at(0), ['a', 'b'], 9)
      assert.equal(index.size, keys.length)
      return keys
    }
    assert.deepEqual(left('1/a/1/x'), ['1/a/1/y', '1/a/2/x', '1/a/10/x', '1/b/3/x'])
    assert.deepEqual(left('1/a/1/'), ['1/a/2/x', '1/a/10/x', '1/b/3/x'])
    assert.deepEqual(left('1/a/'), ['1/b/3/x'])
    assert.deepEqual(left('1/'), [])
    assert.deepEqual(left('1/a/9/x'), Object.keys(all))
  })

  it('replaces a picture, and leaves out one of another width', () => {
    const index = indexOf({ '1/a/1/x': 0, '1/a/2/x': 10 })
    index.add('1/a/1/x', bytesOf(at(90)))
    index.add('1/a/3/x', new Int8Array(3))
    assert.deepEqual(index.nearest(at(0), ['a'], 9), ['1/a/2/x', '1/a/1/x'])
  })
})

describe('packVectors', () => {
  it('stores all rows and their mean, so that cosines stay the same within a hundredth', () => {
    const data = Float32Array.of(...at(0), ...at(60), ...at(120))
    const { vectors, mean } = packVectors({ data, shape: [3, 2] })
    for (const degrees of [0, 45, 60, 200]) {
      const expected = Math.max(
        ...[0, 60, 120].map((row) => Math.cos(((degrees - row) / 180) * Math.PI)),
      )
      assert.ok(Math.abs(largestCosine(unpacked(vectors), at(degrees)) - expected) < 0.01)
    }
    // (1 + 0.5 - 0.5) / 3 and (0 + 0.866 + 0.866) / 3, times 127.
    assert.deepEqual([...unpacked(mean)], [42, 73])
  })

  it('tells the spaces of models apart', () => {
    assert.equal(spaceOf(card('a', '1')), spaceOf(card('b', '1')))
    assert.notEqual(spaceOf(card('a', '1')), spaceOf(card('a', '2')))
    assert.notEqual(spaceOf(served('a')), spaceOf(served('b')))
  })
})

describe('LoadedVectors', () => {
  const space = { name: 'here', width: 2 }

  it('reads a server once, and changes with the store', async () => {
    let reads = 0
    const loaded = new LoadedVectors({
      async *entries() {
        reads += 1
        yield ['1/a/1/x', picture(0)]
        yield ['1/a/2/x', picture(10, 'elsewhere')]
        yield ['1/a/3/x', { ...picture(10), meaning: null }]
      },
    })
    const nearest = async () => (await loaded.of('1', space)).nearest(at(0), ['a'], 9)
    assert.deepEqual(await nearest(), ['1/a/1/x'])
    loaded.add('1/a/4/x', picture(20))
    loaded.add('2/a/5/x', picture(20))
    assert.deepEqual(await nearest(), ['1/a/1/x', '1/a/4/x'])
    loaded.remove('1/a/1/')
    assert.deepEqual(await nearest(), ['1/a/4/x'])
    assert.equal(reads, 1)
    assert.equal((await loaded.of('1', { ...space, name: 'elsewhere' })).size, 1)
  })

  it('misses nothing that changes while it reads', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const loaded = new LoadedVectors({
      async *entries() {
        yield ['1/a/1/x', picture(0)]
        await promise
        yield ['1/a/2/x', picture(10)]
      },
    })
    const reading = loaded.of('1', space)
    loaded.remove('1/a/1/x')
    loaded.add('1/a/3/x', picture(20))
    resolve()
    assert.deepEqual((await reading).nearest(at(0), ['a'], 9), ['1/a/2/x', '1/a/3/x'])
  })
})
