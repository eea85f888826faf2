/**
 * The keys and values of a decoder whose rows look at pictures: its own, and which picture each row sees from
 * here on.
 *
 * Those of a picture are computed once for it and belong to nobody here: rows refer to them. What a
 * prompt's other pictures were is of no use after its run, and a copy refers to none: it continues with a
 * prompt, which brings its pictures again.
 */

import type { InferenceSession } from 'onnxruntime-node'
import type { KvCache, Past, Run } from '../../kv/kv-cache.ts'
import type { ImageTokens } from '../common/runner.ts'
import type { PictureFeeds } from './picture-feeds.ts'

export class PicturedCache implements KvCache {
  readonly #own: KvCache
  /** Of each row; null: it sees none. */
  #sights: readonly (ImageTokens | null)[]
  /** What the rows see, as it is fed; null: not made since that changed. */
  #feeds: PictureFeeds | null = null

  /** @param own a cache of one row. */
  constructor(own: KvCache) {
    this.#own = own
    this.#sights = [null]
  }

  get lengths(): readonly number[] {
    return this.#own.lengths
  }

  get rows(): number {
    return this.#own.rows
  }

  get length(): number {
    return this.#own.length
  }

  /** Each picture counts once: while a row refers to it, its memory is not freed. */
  get bytes(): number {
    const pictures = new Set(this.#sights.filter((one) => one !== null))
    return [...pictures].reduce((sum, { data }) => sum + data.byteLength, this.#own.bytes)
  }

  /** Says what a cache of one row sees from here on. */
  see(picture: ImageTokens | null): void {
    this.#look([picture])
  }

  /** What the rows see, for one more id in each. @param make called if that changed. */
  feeds(make: (sights: readonly (ImageTokens | null)[]) => PictureFeeds): PictureFeeds {
    this.#feeds ??= make(this.#sights)
    return this.#feeds
  }

  before(run: Run): Promise<Past> {
    return this.#own.before(run)
  }

  after(run: Run, outputs: InferenceSession.OnnxValueMapType): void {
    this.#own.after(run, outputs)
  }

  truncate(length: number): void {
    this.#own.truncate(length)
  }

  async reorder(parents: readonly number[]): Promise<void> {
    await this.#own.reorder(parents)
    this.#look(parents.map((parent) => this.#sights[parent]!))
  }

  async append(other: PicturedCache): Promise<void> {
    await this.#own.append(other.#own)
    this.#look([...this.#sights, ...other.#sights])
  }

  async remove(row: number): Promise<void> {
    await this.#own.remove(row)
    const last = this.#sights.at(-1)!
    this.#look(this.#sights.slice(0, -1).map((sight, i) => (i === row ? last : sight)))
  }

  async copyOf(row: number, length?: number): Promise<PicturedCache> {
    return new PicturedCache(await this.#own.copyOf(row, length))
  }

  dispose(): void {
    this.#own.dispose()
    this.#look([])
  }

  #look(sights: readonly (ImageTokens | null)[]): void {
    const isSame =
      sights.length === this.#sights.length && sights.every((one, i) => one === this.#sights[i])
    if (!isSame) {
      this.#sights = sights
      this.#feeds = null
    }
  }
}
