/** The hash index: the same results as a linear search, with few comparisons. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HashIndex } from '../../../../bot/moderation/hashes/hash-index.ts'
import { distanceOf } from '../../../../bot/pictures/fingerprint.ts'
import { createRandom } from '../../../../bench/report/random.ts'

const random = createRandom(7)

function anyWord(): string {
  return Math.floor(random.between(0, 2 ** 32))
    .toString(16)
    .padStart(8, '0')
}

function anyHash(): string {
  return anyWord() + anyWord()
}

/** The hash with a number of its bits flipped. */
function changed(hash: string, bits: number): string {
  let value = BigInt(`0x${hash}`)
  const places = new Set<number>()
  while (places.size < bits) {
    places.add(Math.floor(random.between(0, 64)))
  }
  for (const place of places) {
    value ^= 1n << BigInt(place)
  }
  return value.toString(16).padStart(16, '0')
}

describe('HashIndex', () => {
  it('finds the hashes within the distance, the nearest first', () => {
    const hashes = Array.from({ length: 3000 }, anyHash)
    for (const hash of hashes.slice(0, 40)) {
      for (const bits of [1, 5, 8, 11, 12, 15, 16]) {
        hashes.push(changed(hash, bits))
      }
    }
    const index = new HashIndex<string>()
    for (const hash of hashes) {
      index.add(hash, hash)
    }
    assert.equal(index.size, hashes.length)
    for (const most of [0, 3, 4, 8, 12, 15]) {
      for (const hash of hashes.slice(0, 40)) {
        const wanted = hashes.filter((other) => distanceOf(hash, other) <= most)
        const results = index.near(hash, most)
        assert.deepEqual(results.map(({ value }) => value).toSorted(), wanted.toSorted())
        assert.ok(results.every(({ distance }, i) => distance >= (results[i - 1]?.distance ?? 0)))
      }
    }
  })

  it('does not find removed values', () => {
    const index = new HashIndex<number>()
    index.add('00000000000000ff', 1)
    index.add('00000000000000fe', 2)
    index.add('ffffffffffffffff', 1)
    index.remove(1)
    assert.equal(index.size, 1)
    assert.deepEqual(index.near('00000000000000ff', 4), [{ value: 2, distance: 1 }])
    assert.deepEqual(index.near('ffffffffffffffff', 4), [])
  })

  it('finds the others after most values were removed', () => {
    const hashes = Array.from({ length: 500 }, anyHash)
    const index = new HashIndex<number>()
    for (const [i, hash] of hashes.entries()) {
      index.add(hash, i)
    }
    for (const i of hashes.keys()) {
      if (i % 5 !== 0) {
        index.remove(i)
      }
    }
    assert.equal(index.size, 100)
    index.add('00000000000000ff', 1000)
    for (const [i, hash] of hashes.entries()) {
      const values = index.near(hash, 0).map(({ value }) => value)
      assert.deepEqual(values, i % 5 === 0 ? [i] : [])
    }
    assert.deepEqual(index.near('00000000000000ff', 0), [{ value: 1000, distance: 0 }])
  })

  it('throws for a distance that it cannot search', () => {
    const index = new HashIndex<number>()
    for (const most of [-1, 16, 2.5, Number.NaN]) {
      assert.throws(() => index.near('0000000000000000', most), RangeError)
    }
  })

  it('compares only a small part of 100,000', () => {
    const index = new HashIndex<number>()
    for (let i = 0; i < 100_000; i++) {
      index.add(anyHash(), i)
    }
    let comparisons = 0
    for (let i = 0; i < 100; i++) {
      comparisons += index.visitNear(anyHash(), 8, () => {})
    }
    // In each of four bands 137 of the 65,536 values, as far as 2 bits away: 836 entries.
    assert.ok(comparisons / 100 < 1000, `${comparisons / 100} comparisons`)
  })
})
