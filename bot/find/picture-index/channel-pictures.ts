/** A channel's pictures in memory: what a search compares of each, one after the other. */

import type { WordScorer } from '../word-scorer.ts'
import type { Best } from './best.ts'
import { eachDotProduct, ROW_UNIT } from './dot-products.ts'
import { gramsOf, SIGNATURE_LENGTH } from './grams.ts'

/** Pictures that a channel has room for at first. */
const FIRST_ROOM = 16

/** What is in memory of a picture. */
export type PictureRow = {
  readonly key: string
  /** When it was posted, and when its record expires, in milliseconds since the epoch. */
  readonly at: number
  readonly until: number
  /** Its words, as `searchText` makes them. */
  readonly text: string
  /** The mean of its vectors, -127 to 127; null: it has none. */
  readonly mean: Int8Array | null
}

type Column = Uint32Array<ArrayBuffer> | Int8Array<ArrayBuffer>

export class ChannelPictures {
  readonly #places = new Map<string, number>()
  readonly #rows: Omit<PictureRow, 'mean'>[] = []
  readonly #hasMean: boolean[] = []
  #signatures = new Uint32Array(FIRST_ROOM * SIGNATURE_LENGTH)
  /** Each padded to a multiple of ROW_UNIT. Empty until the first one comes, which gives the width. */
  #means = new Int8Array(0)
  #width = 0
  #textBytes = 0

  get size(): number {
    return this.#rows.length
  }

  /** In memory, about, with the keys. */
  get bytes(): number {
    return this.#signatures.byteLength + this.#means.byteLength + this.#textBytes
  }

  /** Pictures without a mean. */
  get unseen(): number {
    return this.#hasMean.reduce((count, hasMean) => count + Number(!hasMean), 0)
  }

  /** Adds a picture, or replaces it. A mean of another width than the others is left out. */
  set(row: PictureRow): void {
    const { key, text, mean } = row
    const place = this.#places.get(key) ?? this.size
    this.#textBytes += bytesOf(row) - bytesOf(this.#rows[place])
    this.#rows[place] = { key, at: row.at, until: row.until, text }
    this.#places.set(key, place)
    this.#signatures = withRoom(
      this.#signatures,
      (place + 1) * SIGNATURE_LENGTH,
      (size) => new Uint32Array(size),
    )
    const start = place * SIGNATURE_LENGTH
    this.#signatures.fill(0, start, start + SIGNATURE_LENGTH)
    for (const bit of gramsOf(text)) {
      this.#signatures[start + (bit >> 5)]! |= 1 << (bit & 31)
    }
    this.#setMean(place, mean)
  }

  /** Removes the pictures whose keys start with `prefix`. */
  remove(prefix: string): void {
    const keys = this.#places.has(prefix)
      ? [prefix]
      : this.#rows.flatMap(({ key }) => (key.startsWith(prefix) ? key : []))
    for (const key of keys) {
      this.#removeOne(key)
    }
  }

  /** Removes the pictures whose records have expired. @param now milliseconds since the epoch. */
  removeExpired(now: number): void {
    for (const { key } of this.#rows.filter(({ until }) => until <= now)) {
      this.#removeOne(key)
    }
  }

  /** Compares a text with the means. @param query -127 to 127. */
  compare(query: Int8Array, best: Best): void {
    if (query.length !== this.#width) {
      return
    }
    const padded = new Int8Array(strideOf(this.#width))
    padded.set(query)
    eachDotProduct(this.#means.subarray(0, this.size * padded.length), padded, (place, score) => {
      const { key, at } = this.#rows[place]!
      if (this.#hasMean[place] && best.takes(score, at)) {
        best.add({ key, score, at })
      }
    })
  }

  /** @returns how many pictures have all the words. */
  findWords(scorer: WordScorer, best: Best): number {
    const bits = new Uint32Array(scorer.grams)
    let count = 0
    // From the last one, which is the newest: of equally good ones the newest are needed.
    for (let place = this.size - 1; place >= 0; place--) {
      if (!this.#mayHave(place, bits)) {
        continue
      }
      const { key, at, text } = this.#rows[place]!
      const score = scorer.score(text)
      if (score !== null) {
        count += 1
        if (best.takes(score, at)) {
          best.add({ key, score, at })
        }
      }
    }
    return count
  }

  #mayHave(place: number, bits: Uint32Array): boolean {
    const signatures = this.#signatures
    const start = place * SIGNATURE_LENGTH
    for (let i = 0; i < bits.length; i++) {
      const bit = bits[i]!
      if ((signatures[start + (bit >> 5)]! & (1 << (bit & 31))) === 0) {
        return false
      }
    }
    return true
  }

  #setMean(place: number, mean: Int8Array | null): void {
    if (this.#width === 0 && mean !== null) {
      this.#width = mean.length
    }
    const hasMean = mean !== null && mean.length === this.#width
    this.#hasMean[place] = hasMean
    const stride = strideOf(this.#width)
    this.#means = withRoom(this.#means, (place + 1) * stride, (size) => new Int8Array(size))
    this.#means.fill(0, place * stride, (place + 1) * stride)
    if (hasMean) {
      this.#means.set(mean, place * stride)
    }
  }

  /** The last picture takes the place of the removed one. */
  #removeOne(key: string): void {
    const place = this.#places.get(key)
    const last = this.#rows.pop()
    if (place === undefined || last === undefined) {
      return
    }
    this.#textBytes -= bytesOf(place === this.size ? last : this.#rows[place])
    this.#places.delete(key)
    const hasMean = this.#hasMean.pop()
    for (const [column, length] of [
      [this.#signatures, SIGNATURE_LENGTH],
      [this.#means, strideOf(this.#width)],
    ] as const) {
      const from = this.size * length
      column.copyWithin(place * length, from, from + length)
      column.fill(0, from, from + length)
    }
    if (place < this.size) {
      this.#rows[place] = last
      this.#hasMean[place] = hasMean === true
      this.#places.set(last.key, place)
    }
  }
}

function strideOf(width: number): number {
  return Math.ceil(width / ROW_UNIT) * ROW_UNIT
}

/** Of the strings of a picture; both have up to two bytes a character. */
function bytesOf(row: Pick<PictureRow, 'key' | 'text'> | undefined): number {
  return row ? 2 * (row.key.length + row.text.length) : 0
}

/** The column, or a larger copy of it. */
function withRoom<T extends Column>(column: T, length: number, create: (size: number) => T): T {
  if (length <= column.length) {
    return column
  }
  const larger = create(2 * length)
  larger.set(column)
  return larger
}
