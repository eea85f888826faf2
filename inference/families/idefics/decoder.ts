/**
 * Runs a decoder graph whose layers look at pictures, over a KV cache. blocks/decoder/flamingo.ts has the
 * graph. Every position sees the last picture before it; what follows the end of a text sees none.
 */

import type { InferenceSession } from 'onnxruntime-node'
import type { KvCache, KvCaches } from '../../kv/kv-cache.ts'
import { floats } from '../../runtime/floats.ts'
import type { Encode, Prompt } from '../../text/prompt.ts'
import { decoderFeeds, int64, type Logits } from '../common/decoder-feeds.ts'
import type { ImageTokens, PreparedPrompt, Segment, TextDecoder } from '../common/runner.ts'
import type { IdeficsCard } from './card.ts'
import { PicturedCache } from './pictured-cache.ts'
import { pictureFeeds, type PictureFeeds } from './picture-feeds.ts'
import { prepare } from './prompts.ts'

/** What the decoder is made of; `longestRun` is the most positions of a row in one run. */
export type DecoderParts = {
  readonly session: InferenceSession
  readonly caches: KvCaches
  readonly longestRun: number
  readonly encode: Encode
}

/** What the graph takes in one run, equally many in every row. */
type Piece = {
  readonly ids: readonly (readonly number[])[]
  /** The picture that each position sees, by its place among those fed; -1: none. */
  readonly seen: readonly (readonly number[])[]
}

export class IdeficsDecoder implements TextDecoder {
  readonly vocabSize: number
  readonly maxPositions: number
  readonly #card: IdeficsCard
  readonly #parts: DecoderParts

  constructor(card: IdeficsCard, parts: DecoderParts) {
    this.vocabSize = card.dimensions.vocabSize
    this.maxPositions = card.dimensions.maxPositions
    this.#card = card
    this.#parts = parts
  }

  prepare(prompt: Prompt, images: number, maxNewTokens: number): PreparedPrompt {
    return prepare(this.#card, this.#parts.encode, prompt, images, maxNewTokens)
  }

  createCache(): PicturedCache {
    return new PicturedCache(this.#parts.caches.create())
  }

  async prefill(cache: KvCache, segments: readonly Segment[]): Promise<Float32Array> {
    const own = pictured(cache)
    const { ids, sights } = positions(this.#card, segments)
    const start = own.length
    if (own.rows !== 1 || start >= ids.length) {
      throw new RangeError('expected a cache of one row, shorter than the segments')
    }
    const { tensors, places } = pictureFeeds(this.#card.dimensions, sights.slice(start))
    own.see(sights.at(-1)!)
    const pieces = this.#pieces(ids.slice(start), places)
    let logits: Float32Array = new Float32Array(0)
    for (const piece of pieces) {
      logits = await this.#run(own, tensors, piece, 'last', true)
    }
    return logits
  }

  step(cache: KvCache, ids: readonly number[]): Promise<Float32Array> {
    const own = pictured(cache)
    if (ids.length !== own.rows) {
      throw new RangeError(`expected an id for each of ${own.rows} rows, got ${ids.length}`)
    }
    const { tensors, places } = this.#sights(own)
    const piece = { ids: ids.map((id) => [id]), seen: places.map((place) => [place]) }
    return this.#run(own, tensors, piece, 'last', true)
  }

  async score(cache: KvCache, ids: readonly number[]): Promise<Float32Array> {
    const own = pictured(cache)
    const { length } = own
    const { tensors, places } = this.#sights(own)
    const all = new Float32Array(ids.length * this.vocabSize)
    const pieces = this.#pieces(
      ids,
      ids.map(() => places[0]!),
    )
    let at = 0
    for (const [i, piece] of pieces.entries()) {
      const keep = i < pieces.length - 1 // the next piece needs it as its past
      const logits = await this.#run(own, tensors, piece, 'all', keep)
      all.set(logits, at)
      at += logits.length
    }
    own.truncate(length)
    return all
  }

  /** What the rows of a cache see from here on. */
  #sights(cache: PicturedCache): PictureFeeds {
    return cache.feeds((sights) => pictureFeeds(this.#card.dimensions, sights))
  }

  /** Cuts the positions of one row into runs that are not longer than the device can take. */
  #pieces(ids: readonly number[], seen: readonly number[]): Piece[] {
    const { longestRun } = this.#parts
    const pieces: Piece[] = []
    for (let at = 0; at < ids.length; at += longestRun) {
      const end = at + longestRun
      pieces.push({ ids: [ids.slice(at, end)], seen: [seen.slice(at, end)] })
    }
    return pieces
  }

  /** Runs new positions behind those of the cache. */
  async #run(
    cache: PicturedCache,
    pictures: PictureFeeds['tensors'],
    { ids, seen }: Piece,
    wanted: Logits,
    keep: boolean,
  ): Promise<Float32Array> {
    const shape = [ids.length, ids[0]!.length] as const
    const run = { count: shape[1], keep }
    const past = await cache.before(run)
    const feeds = {
      input_ids: int64(ids.flat(), shape),
      picture: int64(seen.flat(), shape),
      ...pictures,
      ...decoderFeeds(cache.lengths, run.count, wanted),
      ...past.feeds,
    }
    const outputs = await this.#parts.session.run(feeds, { logits: null, ...past.fetches })
    cache.after(run, outputs)
    return floats(outputs['logits'])
  }
}

/**
 * The id at each position, and the picture that it sees.
 *
 * Source: transformers 5.18, models/idefics/processing_idefics.py,
 * `image_attention_mask_for_packed_input_ids`.
 */
function positions(
  { tokens }: IdeficsCard,
  segments: readonly Segment[],
): { readonly ids: number[]; readonly sights: (ImageTokens | null)[] } {
  const ids: number[] = []
  const sights: (ImageTokens | null)[] = []
  let sight: ImageTokens | null = null
  for (const segment of segments) {
    if (segment.kind === 'encoded') {
      throw new RangeError('expected a prompt for a decoder without an encoder')
    }
    if (segment.kind === 'image') {
      sight = segment.tokens
      ids.push(tokens.image)
      sights.push(sight)
    } else {
      for (const id of segment.ids) {
        ids.push(id)
        sights.push(sight)
        sight = id === tokens.textEnd ? null : sight
      }
    }
  }
  return { ids, sights }
}

function pictured(cache: KvCache): PicturedCache {
  if (!(cache instanceof PicturedCache)) {
    throw new RangeError('expected a cache that this decoder made')
  }
  return cache
}
