/** Pictures in memory: which a search finds, in which channels, and what is removed. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Best } from '../../../../bot/find/picture-index/best.ts'
import { LoadedPictures } from '../../../../bot/find/picture-index/loaded-pictures.ts'
import { PictureIndex } from '../../../../bot/find/picture-index/picture-index.ts'
import {
  largestCosine,
  packVectors,
  spaceOf,
  unpacked,
} from '../../../../bot/find/picture-vectors.ts'
import type { SearchablePicture } from '../../../../bot/find/searchable.ts'
import { wordScorer } from '../../../../bot/find/word-scorer.ts'

/** A unit vector at an angle, in degrees. */
function at(degrees: number): Float32Array {
  const radians = (degrees / 180) * Math.PI
  return Float32Array.of(Math.cos(radians), Math.sin(radians))
}

function indexOf(pictures: Readonly<Record<string, number>>): PictureIndex {
  const index = new PictureIndex('here')
  for (const [key, degrees] of Object.entries(pictures)) {
    index.add(key, picture(degrees))
  }
  return index
}

/** The keys of the pictures that are most like that of an angle. */
function nearest(
  index: PictureIndex,
  degrees: number,
  channelIds: readonly string[],
  most: number,
): string[] {
  const best = new Best(most)
  index.nearest(at(degrees), channelIds, best)
  return best.inOrder().map(({ key }) => key)
}

/** The keys of the pictures of channel `a` with a word. */
function withWord(index: PictureIndex, word: string): string[] {
  const best = new Best(9)
  const count = index.findWords(wordScorer(word)!, ['a'], best)
  const keys = best.inOrder().map(({ key }) => key)
  assert.equal(count, keys.length)
  return keys
}

function withWords(words: string, until: number | null = null): SearchablePicture {
  return { ...picture(0), words: [words], until, meaning: null }
}

/** The only part of what is in memory of server 1. */
async function partOf(loaded: LoadedPictures, space: string | null = 'here') {
  const [part, ...others] = await Array.fromAsync(loaded.partsOf('1', space))
  assert.ok(part && others.length === 0)
  return part
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
  return { author: '1', picture: 'x', spoiler: false, words: [], at: 0, until: null, meaning }
}

describe('PictureIndex', () => {
  it('gives the nearest pictures of some channels, the best first', () => {
    const index = indexOf({ '1/a/1/x': 80, '1/a/2/x': 10, '1/b/3/x': 0, '1/a/4/x': 40 })
    assert.deepEqual(index.channels, ['a', 'b'])
    assert.deepEqual(nearest(index, 0, ['a'], 2), ['1/a/2/x', '1/a/4/x'])
    assert.deepEqual(nearest(index, 0, ['b', 'a'], 2), ['1/b/3/x', '1/a/2/x'])
    assert.deepEqual(nearest(index, 0, ['c'], 2), [])
  })

  it('finds the best of many, wherever they are', () => {
    const degrees = Object.fromEntries(
      Array.from({ length: 36 }, (_, i) => [`1/a/${i}/x`, ((i * 7) % 36) * 10]),
    )
    const keys = nearest(indexOf(degrees), 92, ['a'], 3)
    assert.deepEqual(
      keys.map((key) => degrees[key]),
      [90, 100, 80],
    )
  })

  it('removes one picture, those of a message, of a channel, and all', () => {
    const all = { '1/a/1/x': 0, '1/a/1/y': 5, '1/a/2/x': 10, '1/a/10/x': 15, '1/b/3/x': 20 }
    const left = (prefix: string) => {
      const index = indexOf(all)
      index.remove(prefix)
      const keys = nearest(index, 0, ['a', 'b'], 9)
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
    index.add('1/a/1/x', picture(90))
    const { mean } = packVectors({ data: new Float32Array(3), shape: [1, 3] })
    index.add('1/a/3/x', { ...picture(0), meaning: { space: 'here', mean } })
    assert.deepEqual(nearest(index, 0, ['a'], 9), ['1/a/2/x', '1/a/1/x'])
  })

  it('finds words, and no longer those of a picture that was replaced or removed', () => {
    const index = new PictureIndex('here')
    index.add('1/a/1/x', withWords('a red heart'))
    index.add('1/a/2/x', withWords('no heart'))
    index.add('1/a/3/x', picture(0))
    index.add('1/b/4/x', withWords('a heart elsewhere'))
    assert.deepEqual(withWord(index, 'heart').toSorted(), ['1/a/1/x', '1/a/2/x'])
    assert.deepEqual(nearest(index, 0, ['a'], 9), ['1/a/3/x'])
    index.add('1/a/2/x', withWords('a star'))
    assert.deepEqual(withWord(index, 'heart'), ['1/a/1/x'])
    index.remove('1/a/1/')
    assert.deepEqual(withWord(index, 'heart'), [])
    assert.deepEqual(withWord(index, 'star'), ['1/a/2/x'])
    assert.deepEqual(nearest(index, 0, ['a'], 9), ['1/a/3/x'])
  })

  it('removes what has expired', () => {
    const index = new PictureIndex(null)
    index.add('1/a/1/x', withWords('heart', 1000))
    index.add('1/a/2/x', withWords('heart', 2000))
    index.add('1/b/3/x', withWords('heart', 1000))
    index.removeExpired(1000)
    assert.deepEqual([withWord(index, 'heart'), index.channels], [['1/a/2/x'], ['a']])
  })

  it('knows how much memory it takes', () => {
    const index = indexOf({ '1/a/1/x': 0, '1/b/2/x': 0 })
    const { bytes } = index
    index.add('1/a/3/x', withWords('x'.repeat(1000)))
    assert.ok(index.bytes >= bytes + 1000)
    index.remove('1/a/3/x')
    assert.equal(index.bytes, bytes)
    index.remove('1/')
    assert.deepEqual([index.bytes, index.size], [0, 0])
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

describe('LoadedPictures', () => {
  it('reads a server once, and changes with the store', async () => {
    let reads = 0
    const loaded = new LoadedPictures({
      async *entries() {
        reads += 1
        yield ['1/a/1/x', picture(0)]
        yield ['1/a/2/x', picture(10, 'elsewhere')]
        yield ['1/a/3/x', withWords('heart')]
      },
    })
    const [part] = await Promise.all([partOf(loaded), partOf(loaded)])
    assert.deepEqual(nearest(part, 0, ['a'], 9), ['1/a/1/x'])
    loaded.add('1/a/4/x', picture(20))
    loaded.add('1/a/6/x', withWords('heart', 1))
    loaded.add('2/a/5/x', picture(20))
    assert.deepEqual(nearest(await partOf(loaded), 0, ['a'], 9), ['1/a/1/x', '1/a/4/x'])
    loaded.remove('1/a/1/')
    assert.deepEqual(nearest(await partOf(loaded), 0, ['a'], 9), ['1/a/4/x'])
    assert.deepEqual(withWord(await partOf(loaded, null), 'heart'), ['1/a/3/x'])
    assert.equal(reads, 1)
    assert.deepEqual(nearest(await partOf(loaded, 'elsewhere'), 0, ['a'], 9), ['1/a/2/x'])
  })

  it('misses nothing that changes while it reads', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const loaded = new LoadedPictures({
      async *entries() {
        yield ['1/a/1/x', picture(0)]
        await promise
        yield ['1/a/2/x', picture(10)]
      },
    })
    const reading = partOf(loaded)
    loaded.remove('1/a/1/x')
    loaded.add('1/a/3/x', picture(20))
    resolve()
    assert.deepEqual(nearest(await reading, 0, ['a'], 9), ['1/a/2/x', '1/a/3/x'])
  })

  it('no longer has a server in memory that has grown too large for it', async () => {
    let reads = 0
    const loaded = new LoadedPictures(
      {
        async *entries() {
          reads += 1
          yield ['1/a/0/x', withWords('heart')]
        },
      },
      50_000,
    )
    for (let i = 1; i < 4; i++) {
      await partOf(loaded)
      assert.equal(reads, 1)
      loaded.add(`1/a/${i}/x`, withWords('heart '.repeat(2000)))
    }
    await partOf(loaded)
    assert.equal(reads, 2)
  })

  it('gives a server that has no room in memory in parts, each time', async () => {
    let reads = 0
    const loaded = new LoadedPictures(
      {
        async *entries() {
          reads += 1
          for (let i = 0; i < 9; i++) {
            yield [`1/a/${i}/x`, withWords('heart '.repeat(2000))]
          }
        },
      },
      50_000,
    )
    for (const time of [1, 2]) {
      const sizes = await Array.fromAsync(loaded.partsOf('1', null), ({ size }) => size)
      assert.equal(reads, time)
      assert.ok(sizes.length > 1 && sizes.length < 9, sizes.join())
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        9,
      )
    }
  })
})
