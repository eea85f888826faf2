/**
 * The keys and values of a decoder that looks at the output of an encoder: those of its own
 * positions, and those by which its layers see the prompt.
 *
 * The prompt is the first position of a sequence, however long it is: it is run once, as a whole,
 * and nothing shorter can be reused. The decoder's own positions follow.
 */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { HostCache } from './host-cache.ts'
import type { KvCache, KvShape, Past, Run } from './kv-cache.ts'

export class EncoderDecoderCache implements KvCache {
  readonly #own: HostCache
  readonly #prompt: HostCache

  private constructor(own: HostCache, prompt: HostCache) {
    this.#own = own
    this.#prompt = prompt
  }

  /** An empty cache of one row. */
  static create(shape: KvShape): EncoderDecoderCache {
    return new EncoderDecoderCache(new HostCache(shape), new HostCache(shape))
  }

  get lengths(): readonly number[] {
    const prompts = this.#prompt.lengths
    return this.#own.lengths.map((own, row) => (prompts[row] === 0 ? 0 : own + 1))
  }

  /** Positions of the decoder alone, of each row. */
  get ownLengths(): readonly number[] {
    return this.#own.lengths
  }

  get rows(): number {
    return this.#own.rows
  }

  get length(): number {
    return Math.max(...this.lengths)
  }

  get bytes(): number {
    return this.#own.bytes + this.#prompt.bytes
  }

  /** Stores what the encoder made of a prompt. @param count its positions. */
  setPrompt(count: number, outputs: InferenceSession.OnnxValueMapType): void {
    this.#prompt.after({ count, keep: true }, outputs)
  }

  async before(run: Run): Promise<Past> {
    const { feeds, fetches } = await this.#own.before(run)
    const prompt = await this.#prompt.before({ count: 0, keep: false })
    const cross = Object.entries(prompt.feeds).map(([name, tensor]) => [
      name.replace('past_', 'cross_'),
      tensor,
    ])
    const lengths = BigInt64Array.from(this.#prompt.lengths, BigInt)
    const encoderLengths = new Tensor('int64', lengths, [this.rows])
    return {
      feeds: { ...feeds, ...Object.fromEntries(cross), encoder_lengths: encoderLengths },
      fetches,
    }
  }

  after(run: Run, outputs: InferenceSession.OnnxValueMapType): void {
    this.#own.after(run, outputs)
  }

  truncate(length: number): void {
    this.#own.truncate(Math.max(0, length - 1))
    if (length === 0) {
      this.#prompt.truncate(0)
    }
  }

  async reorder(parents: readonly number[]): Promise<void> {
    await this.#own.reorder(parents)
    await this.#prompt.reorder(parents)
  }

  async append(other: EncoderDecoderCache): Promise<void> {
    await this.#own.append(other.#own)
    await this.#prompt.append(other.#prompt)
  }

  async remove(row: number): Promise<void> {
    await this.#own.remove(row)
    await this.#prompt.remove(row)
  }

  async copyOf(row: number, length: number = this.lengths[row]!): Promise<EncoderDecoderCache> {
    const own = await this.#own.copyOf(row, Math.max(0, length - 1))
    const prompt = await this.#prompt.copyOf(row, length === 0 ? 0 : undefined)
    return new EncoderDecoderCache(own, prompt)
  }

  dispose(): void {
    this.#own.dispose()
    this.#prompt.dispose()
  }
}
