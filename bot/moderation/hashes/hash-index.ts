/**
 * Finds the hashes near a given one without looking at all of them (multi-index hashing).
 *
 * A hash is cut into four bands of 16 bits. If two hashes differ in at most d bits, then in some band
 * they differ in at most d / 4; so only entries that nearly share a band are compared in full.
 * Source: Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", 2012.
 */

import { bitsIn, type Hash } from '../../pictures/fingerprint.ts'

const BANDS = 4
const BAND_VALUES = 2 ** 16
/** The most bits that a search may allow. */
const MAX_DISTANCE = 15
/** Entries of removed values are dropped when there are this many and they are the majority. */
const MIN_DEAD = 64

/** A search result: the value stored with the hash, and how many bits differ. */
export type Near<T> = { readonly value: T; readonly distance: number }

/** All 16-bit words with 0, 1, 2 or 3 bits set, by that number: the changes of a band to search. */
const FLIPS: readonly Uint16Array[] = Array.from({ length: BANDS }, (_, bits) =>
  Uint16Array.from(
    Array.from({ length: BAND_VALUES }, (_, word) => word).filter((word) => bitsIn(word) === bits),
  ),
)

/** Hashes with a value each, in memory; 100,000 take about 4 MB besides their values. */
export class HashIndex<T> {
  /** Upper and lower 32 bits of each hash. */
  #words = new Uint32Array(64)
  #values: (T | undefined)[] = []
  /** The entries of each value. */
  readonly #entries = new Map<T, number[]>()
  /** For each band and value the newest entry plus 1; 0: none. */
  readonly #heads = new Int32Array(BANDS * BAND_VALUES)
  /** For each entry and band the entry before it in the same place, plus 1. */
  #previous = new Int32Array(BANDS * 32)
  #size = 0

  /** How many hashes it has. */
  get size(): number {
    return this.#size
  }

  add(hash: Hash, value: T): void {
    this.#append(...wordsOf(hash), value)
  }

  /** Removes a value with all of its hashes. */
  remove(value: T): void {
    const entries = this.#entries.get(value) ?? []
    this.#entries.delete(value)
    for (const entry of entries) {
      this.#values[entry] = undefined
    }
    this.#size -= entries.length
    const dead = this.#values.length - this.#size
    if (dead >= MIN_DEAD && dead > this.#size) {
      this.#compact()
    }
  }

  /**
   * Calls `visit` with each value whose hash differs in at most `most` bits, in no order, and possibly
   * more than once. It allocates nothing: thousands of hashes may be near one picture.
   *
   * @param most 0 to MAX_DISTANCE.
   * @returns how many comparisons of whole hashes that took.
   * @throws {RangeError} if `most` is something else.
   */
  visitNear(hash: Hash, most: number, visit: (value: T, distance: number) => void): number {
    return this.#search(hash, most, (_, value, distance) => visit(value, distance))
  }

  /** Every value whose hash differs in at most `most` bits, the nearest first; as `visitNear`. */
  near(hash: Hash, most: number): Near<T>[] {
    const results = new Map<number, Near<T>>()
    this.#search(hash, most, (entry, value, distance) => results.set(entry, { value, distance }))
    return [...results.values()].toSorted((a, b) => a.distance - b.distance)
  }

  #search(
    hash: Hash,
    most: number,
    visit: (entry: number, value: T, distance: number) => void,
  ): number {
    if (!(Number.isInteger(most) && most >= 0 && most <= MAX_DISTANCE)) {
      throw new RangeError(`expected a distance of 0 to ${MAX_DISTANCE} bits, got ${most}`)
    }
    const [high, low] = wordsOf(hash)
    const reach = Math.floor(most / BANDS)
    let comparisons = 0
    for (const [i, band] of bandsOf(high, low).entries()) {
      for (let bits = 0; bits <= reach; bits++) {
        for (const flip of FLIPS[bits]!) {
          let next = this.#heads[i * BAND_VALUES + (band ^ flip)]!
          for (; next !== 0; next = this.#previous[BANDS * (next - 1) + i]!) {
            const entry = next - 1
            comparisons += 1
            const distance =
              bitsIn(this.#words[2 * entry]! ^ high) + bitsIn(this.#words[2 * entry + 1]! ^ low)
            const value = this.#values[entry]
            if (distance <= most && value !== undefined) {
              visit(entry, value, distance)
            }
          }
        }
      }
    }
    return comparisons
  }

  #append(high: number, low: number, value: T): void {
    const entry = this.#values.length
    if (this.#words.length < 2 * (entry + 1)) {
      this.#grow()
    }
    this.#words[2 * entry] = high
    this.#words[2 * entry + 1] = low
    this.#values.push(value)
    const entries = this.#entries.get(value)
    if (entries) {
      entries.push(entry)
    } else {
      this.#entries.set(value, [entry])
    }
    bandsOf(high, low).forEach((band, i) => {
      const place = i * BAND_VALUES + band
      this.#previous[BANDS * entry + i] = this.#heads[place]!
      this.#heads[place] = entry + 1
    })
    this.#size += 1
  }

  /** Builds the lists again without the entries of removed values. */
  #compact(): void {
    const values = this.#values
    const words = this.#words
    this.#values = []
    this.#words = new Uint32Array(words.length)
    this.#entries.clear()
    this.#heads.fill(0)
    this.#size = 0
    for (const [entry, value] of values.entries()) {
      if (value !== undefined) {
        this.#append(words[2 * entry]!, words[2 * entry + 1]!, value)
      }
    }
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2)
    words.set(this.#words)
    this.#words = words
    const previous = new Int32Array(this.#previous.length * 2)
    previous.set(this.#previous)
    this.#previous = previous
  }
}

function wordsOf(hash: Hash): [high: number, low: number] {
  return [Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8), 16)]
}

function bandsOf(high: number, low: number): [number, number, number, number] {
  return [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff]
}
