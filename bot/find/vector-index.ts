/**
 * A server's pictures in memory, as the mean of each one's vectors: narrows them to those whose vectors
 * are compared with a text one by one. docs/models.md says how it compares with vector indexes.
 */

import { bytesOf } from './picture-vectors.ts'

/** Pictures that a channel has room for at first. */
const FIRST_ROOM = 16
/** More candidates than are asked for are sorted only when there are this many times as many. */
const SLACK = 4

type Candidate = { readonly key: string; readonly score: number }

/** Keys are those of bot/find/searchable.ts: server, channel, message, picture. */
export class VectorIndex {
  readonly #width: number
  readonly #channels = new Map<string, ChannelMeans>()

  /** @param width of each vector. */
  constructor(width: number) {
    this.#width = width
  }

  /** The channels that have pictures. */
  get channels(): readonly string[] {
    return [...this.#channels.keys()]
  }

  get size(): number {
    return this.#channels.values().reduce((sum, { size }) => sum + size, 0)
  }

  /** In memory, about, with the keys. */
  get bytes(): number {
    return this.#channels.values().reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Adds a picture, or replaces it. One of another width is left out. @param mean -127 to 127. */
  add(key: string, mean: Int8Array): void {
    const channelId = channelOf(key)
    const channel = this.#channels.get(channelId) ?? new ChannelMeans(this.#width)
    if (mean.length === this.#width) {
      channel.set(key, mean)
      this.#channels.set(channelId, channel)
    }
  }

  /** Removes the pictures whose keys start with `prefix`: one, those of a message, a channel, or all. */
  remove(prefix: string): void {
    const [, channelId = '', rest = ''] = prefix.split('/', 3)
    if (channelId === '') {
      this.#channels.clear()
    } else if (rest === '') {
      this.#channels.delete(channelId)
    } else {
      this.#channels.get(channelId)?.remove(prefix)
    }
  }

  /**
   * The pictures of these channels whose means are most like a text.
   *
   * @param text float32 [width], of length 1.
   * @returns at most `most` keys, the best first.
   */
  nearest(text: Float32Array, channelIds: Iterable<string>, most: number): string[] {
    const best = new Best(most)
    const query = bytesOf(text)
    for (const channelId of channelIds) {
      this.#channels.get(channelId)?.compare(query, best)
    }
    return best.keys()
  }
}

/** The best candidates so far. */
class Best {
  readonly #most: number
  #candidates: Candidate[] = []
  /** Candidates that are not better are not needed. */
  least = -Infinity

  constructor(most: number) {
    this.#most = most
  }

  add(key: string, score: number): void {
    this.#candidates.push({ key, score })
    if (this.#candidates.length >= SLACK * this.#most) {
      this.#cut()
      this.least = this.#candidates.at(-1)?.score ?? -Infinity
    }
  }

  keys(): string[] {
    this.#cut()
    return this.#candidates.map(({ key }) => key)
  }

  #cut(): void {
    this.#candidates = this.#candidates.toSorted((a, b) => b.score - a.score).slice(0, this.#most)
  }
}

/** The means of a channel's pictures, one after the other. */
class ChannelMeans {
  readonly #width: number
  readonly #keys: string[] = []
  readonly #places = new Map<string, number>()
  #means: Int8Array

  constructor(width: number) {
    this.#width = width
    this.#means = new Int8Array(FIRST_ROOM * width)
  }

  get size(): number {
    return this.#keys.length
  }

  get bytes(): number {
    return this.#means.length + 2 * (this.#keys[0]?.length ?? 0) * this.size
  }

  set(key: string, mean: Int8Array): void {
    const place = this.#places.get(key) ?? this.size
    if ((place + 1) * this.#width > this.#means.length) {
      const larger = new Int8Array(2 * this.#means.length)
      larger.set(this.#means)
      this.#means = larger
    }
    this.#means.set(mean, place * this.#width)
    this.#keys[place] = key
    this.#places.set(key, place)
  }

  remove(prefix: string): void {
    const keys = this.#places.has(prefix)
      ? [prefix]
      : this.#keys.filter((key) => key.startsWith(prefix))
    for (const key of keys) {
      this.#removeOne(key)
    }
  }

  /** The last picture takes the place of the removed one. */
  #removeOne(key: string): void {
    const place = this.#places.get(key)
    const last = this.#keys.pop()
    if (place === undefined || last === undefined) {
      return
    }
    this.#places.delete(key)
    const from = this.size * this.#width
    if (last !== key) {
      this.#means.copyWithin(place * this.#width, from, from + this.#width)
      this.#keys[place] = last
      this.#places.set(last, place)
    }
    this.#means.fill(0, from, from + this.#width)
  }

  /** @param query -127 to 127. */
  compare(query: Int8Array, best: Best): void {
    const means = this.#means
    const width = this.#width
    const end = this.size * width
    for (let row = 0, place = 0; row < end; row += width, place++) {
      let sum = 0
      for (let i = 0; i < width; i++) {
        sum = (sum + Math.imul(means[row + i]!, query[i]!)) | 0 // in 32 bits, which is faster
      }
      if (sum > best.least) {
        best.add(this.#keys[place]!, sum)
      }
    }
  }
}

function channelOf(key: string): string {
  return key.split('/', 2)[1] ?? ''
}
