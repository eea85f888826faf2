/**
 * Runs two graphs: an encoder that reads a whole prompt, images first, and a decoder that looks at
 * it. blocks/t5/ has the graphs, and lists the inputs and outputs that this expects.
 *
 * The segments of a sequence are the prompt, one position, and then the decoder's own ids.
 */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { EncoderDecoderCache } from '../../kv/encoder-decoder-cache.ts'
import { type KvCache, type KvShape, layerNames } from '../../kv/kv-cache.ts'
import { floats } from '../../runtime/floats.ts'
import { decoderFeeds, int64, type Logits } from './decoder-feeds.ts'
import type { EncodedSegment, Segment } from './runner.ts'

/** What has to be known of the graphs. */
export type EncoderDecoderShape = KvShape & {
  /** Width of a token embedding, and of an image token. */
  readonly embedSize: number
  readonly vocabSize: number
  readonly maxPositions: number
}

type Graphs = { readonly encoder: InferenceSession; readonly decoder: InferenceSession }

export class EncoderDecoder {
  readonly vocabSize: number
  readonly maxPositions: number
  readonly #graphs: Graphs
  readonly #shape: EncoderDecoderShape
  readonly #longestRun: number

  /** @param longestRun most positions of the decoder in one run; more are run in pieces. */
  constructor(graphs: Graphs, shape: EncoderDecoderShape, longestRun: number) {
    this.vocabSize = shape.vocabSize
    this.maxPositions = shape.maxPositions
    this.#graphs = graphs
    this.#shape = shape
    this.#longestRun = longestRun
  }

  /** An empty cache of one row. */
  createCache(): EncoderDecoderCache {
    return EncoderDecoderCache.create(this.#shape)
  }

  /**
   * Runs what of the segments is not in the cache yet: its positions are the first of them.
   *
   * @param cache one row; shorter than the segments.
   * @returns logits of the last position, float32 [1, vocabSize].
   */
  async prefill(cache: KvCache, segments: readonly Segment[]): Promise<Float32Array> {
    const own = ownCache(cache)
    const [prompt, start] = segments
    if (prompt?.kind !== 'encoded' || start?.kind !== 'ids' || segments.length > 2) {
      throw new RangeError('expected a prompt for an encoder, and the first ids of the decoder')
    }
    if (own.length === 0) {
      await this.#encode(own, prompt)
    }
    const ids = start.ids.slice(own.ownLengths[0])
    if (own.rows !== 1 || ids.length === 0) {
      throw new RangeError('expected a cache of one row, shorter than the segments')
    }
    let logits: Float32Array = new Float32Array(0)
    for (const piece of this.#pieces(ids)) {
      logits = await this.#run(own, [piece], 'last', true)
    }
    return logits
  }

  /** Runs one id in every row of a cache. @returns logits, float32 [rows, vocabSize]. */
  async step(cache: KvCache, ids: readonly number[]): Promise<Float32Array> {
    if (ids.length !== cache.rows) {
      throw new RangeError(`expected an id for each of ${cache.rows} rows, got ${ids.length}`)
    }
    const rows = ids.map((id) => [id])
    return this.#run(ownCache(cache), rows, 'last', true)
  }

  /** Runs ids that do not stay in the cache. @returns logits of each, float32 [ids, vocabSize]. */
  async score(cache: KvCache, ids: readonly number[]): Promise<Float32Array> {
    const own = ownCache(cache)
    const { length } = own
    const all = new Float32Array(ids.length * this.vocabSize)
    const pieces = this.#pieces(ids)
    let at = 0
    for (const [i, piece] of pieces.entries()) {
      const keep = i < pieces.length - 1 // the next piece needs it as its past
      const logits = await this.#run(own, [piece], 'all', keep)
      all.set(logits, at)
      at += logits.length
    }
    own.truncate(length)
    return all
  }

  #pieces(ids: readonly number[]): (readonly number[])[] {
    const pieces: (readonly number[])[] = []
    for (let at = 0; at < ids.length; at += this.#longestRun) {
      pieces.push(ids.slice(at, at + this.#longestRun))
    }
    return pieces
  }

  /** Runs a prompt, and stores how the decoder sees it. */
  async #encode(cache: EncoderDecoderCache, { input }: EncodedSegment): Promise<void> {
    const { embedSize, layers } = this.#shape
    const images = input.flatMap((segment) => (segment.kind === 'image' ? [segment.tokens] : []))
    const ids = input.flatMap((segment) => (segment.kind === 'ids' ? segment.ids : []))
    if (input.slice(0, images.length).some(({ kind }) => kind !== 'image')) {
      throw new RangeError('expected the images before the text')
    }
    const count = images.reduce((sum, { shape }) => sum + shape[0], 0)
    const data = new Float32Array(count * embedSize)
    let at = 0
    for (const tokens of images) {
      data.set(tokens.data, at)
      at += tokens.data.length
    }
    const feeds = {
      image_tokens: new Tensor('float32', data, [1, count, embedSize]),
      input_ids: int64(ids, [1, ids.length]),
    }
    const outputs = await this.#graphs.encoder.run(feeds, layerNames('', layers))
    cache.setPrompt(count + ids.length, outputs)
  }

  /** Runs new positions behind those of the cache. @param ids of each row, equally many. */
  async #run(
    cache: EncoderDecoderCache,
    ids: readonly (readonly number[])[],
    wanted: Logits,
    keep: boolean,
  ): Promise<Float32Array> {
    const count = ids[0]!.length
    const run = { count, keep }
    const past = await cache.before(run)
    const feeds = {
      input_ids: int64(ids.flat(), [ids.length, count]),
      ...decoderFeeds(cache.ownLengths, count, wanted),
      ...past.feeds,
    }
    const outputs = await this.#graphs.decoder.run(feeds, { logits: null, ...past.fetches })
    cache.after(run, outputs)
    return floats(outputs['logits'])
  }
}

function ownCache(cache: KvCache): EncoderDecoderCache {
  if (!(cache instanceof EncoderDecoderCache)) {
    throw new RangeError('expected a cache that this decoder made')
  }
  return cache
}
