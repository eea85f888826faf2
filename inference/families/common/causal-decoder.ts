/**
 * Runs a decoder graph that reads images and text in one causal sequence, over a KV cache. The
 * graphs of blocks/decoder/ all have the inputs and outputs that this expects; opt.ts lists them.
 */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import type { KvCache, KvCaches, Run } from '../../kv/kv-cache.ts'
import { floats } from '../../runtime/floats.ts'
import { decoderFeeds, int64, type Logits } from './decoder-feeds.ts'
import type { Segment } from './runner.ts'

/** What has to be known of the graph. */
export type DecoderShape = {
  /** Width of a token embedding, and of an image token. */
  readonly embedSize: number
  readonly vocabSize: number
  readonly maxPositions: number
}

/** What depends on where the graph runs. */
export type DecoderPlace = {
  readonly caches: KvCaches
  /** Most positions of a row in one run; what is longer is run in pieces. */
  readonly longestRun: number
}

/** What the graph takes in one run: rows of image tokens, and ids, in every row of the batch. */
type Piece = {
  /** float32 [images, embedSize]; for a single row of the batch only. */
  readonly images: Float32Array
  /** Of each row of the batch, equally many. */
  readonly ids: readonly (readonly number[])[]
  /** What stands at each new position: its place among the images, then the ids. Absent: in that order. */
  readonly order?: readonly number[]
}

/** A piece that is being made. */
type OpenPiece = {
  readonly images: Float32Array[]
  readonly ids: number[]
  /** Whether an image token stands at each new position. */
  readonly kinds: boolean[]
  room: number
}

/** The input of a graph that takes images and ids in any order; older packages have none. */
const ORDER = 'row_order'

const NO_IMAGES = new Float32Array(0)

export class CausalDecoder {
  readonly vocabSize: number
  readonly maxPositions: number
  readonly #session: InferenceSession
  readonly #embedSize: number
  readonly #place: DecoderPlace
  readonly #takesOrder: boolean

  constructor(session: InferenceSession, shape: DecoderShape, place: DecoderPlace) {
    this.vocabSize = shape.vocabSize
    this.maxPositions = shape.maxPositions
    this.#session = session
    this.#embedSize = shape.embedSize
    this.#place = place
    this.#takesOrder = session.inputNames.includes(ORDER)
  }

  /** An empty cache of one row. */
  createCache(): KvCache {
    return this.#place.caches.create()
  }

  /**
   * Runs what of the segments is not in the cache yet: its positions are the first of them.
   *
   * @param cache one row; shorter than the segments.
   * @returns logits of the last position, float32 [1, vocabSize].
   */
  async prefill(cache: KvCache, segments: readonly Segment[]): Promise<Float32Array> {
    const pieces = this.#pieces(segments, cache.length)
    if (cache.rows !== 1 || pieces.length === 0) {
      throw new RangeError('expected a cache of one row, shorter than the segments')
    }
    let logits: Float32Array = NO_IMAGES
    for (const piece of pieces) {
      logits = await this.#run(cache, piece, 'last', true)
    }
    return logits
  }

  /** Runs one id in every row of a cache. @returns logits, float32 [rows, vocabSize]. */
  step(cache: KvCache, ids: readonly number[]): Promise<Float32Array> {
    if (ids.length !== cache.rows) {
      throw new RangeError(`expected an id for each of ${cache.rows} rows, got ${ids.length}`)
    }
    return this.#run(cache, { images: NO_IMAGES, ids: ids.map((id) => [id]) }, 'last', true)
  }

  /** Runs ids that do not stay in the cache. @returns logits of each, float32 [ids, vocabSize]. */
  async score(cache: KvCache, ids: readonly number[]): Promise<Float32Array> {
    const { length } = cache
    const all = new Float32Array(ids.length * this.vocabSize)
    const pieces = this.#pieces([{ kind: 'ids', ids }], 0)
    let at = 0
    for (const [i, piece] of pieces.entries()) {
      const keep = i < pieces.length - 1 // the next piece needs it as its past
      const logits = await this.#run(cache, piece, 'all', keep)
      all.set(logits, at)
      at += logits.length
    }
    cache.truncate(length)
    return all
  }

  /**
   * Cuts the positions from `start` on into runs, none longer than the device can take. Where the graph takes
   * image tokens before ids, one ends where ids are followed by an image.
   */
  #pieces(segments: readonly Segment[], start: number): Piece[] {
    const pieces: OpenPiece[] = []
    const last = (ready: (piece: OpenPiece) => boolean) => {
      const piece = pieces.at(-1)
      if (piece && piece.room > 0 && (this.#takesOrder || ready(piece))) {
        return piece
      }
      const next = { images: [], ids: [], kinds: [], room: this.#place.longestRun }
      pieces.push(next)
      return next
    }
    let skip = start
    for (const segment of segments) {
      if (segment.kind === 'encoded') {
        throw new RangeError('expected a prompt for a decoder without an encoder')
      }
      const length = segment.kind === 'ids' ? segment.ids.length : segment.tokens.shape[0]
      let from = Math.min(skip, length)
      skip -= from
      while (from < length) {
        const piece = last(({ ids }) => segment.kind === 'ids' || ids.length === 0)
        const to = Math.min(length, from + piece.room)
        if (segment.kind === 'ids') {
          piece.ids.push(...segment.ids.slice(from, to))
        } else {
          const [, width] = segment.tokens.shape
          piece.images.push(segment.tokens.data.subarray(from * width, to * width))
        }
        for (; from < to; from++) {
          piece.kinds.push(segment.kind === 'image')
          piece.room -= 1
        }
      }
    }
    return pieces.map(({ images, ids, kinds }) => {
      return { images: joined(images), ids: [ids], order: orderOf(kinds) }
    })
  }

  /** Runs new positions behind those of the cache. */
  async #run(cache: KvCache, piece: Piece, wanted: Logits, keep: boolean): Promise<Float32Array> {
    const images = piece.images.length / this.#embedSize
    const run: Run = { count: images + piece.ids[0]!.length, keep }
    const past = await cache.before(run)
    const feeds = { ...this.#feeds(cache, piece, run.count, wanted), ...past.feeds }
    const outputs = await this.#session.run(feeds, { logits: null, ...past.fetches })
    cache.after(run, outputs)
    return floats(outputs['logits'])
  }

  #feeds(
    cache: KvCache,
    { images, ids, order }: Piece,
    count: number,
    wanted: Logits,
  ): Record<string, Tensor> {
    const rows = ids.length
    const text = ids[0]!.length
    return {
      image_tokens: new Tensor('float32', images, [rows, count - text, this.#embedSize]),
      input_ids: int64(ids.flat(), [rows, text]),
      ...(this.#takesOrder && {
        [ORDER]: int64(order ?? Array.from({ length: count }, (_, i) => i), [count]),
      }),
      ...decoderFeeds(cache.lengths, count, wanted),
    }
  }
}

/** @param kinds whether an image token stands at each position. @returns its place: images first, then ids. */
function orderOf(kinds: readonly boolean[]): number[] {
  let image = 0
  let id = kinds.filter(Boolean).length
  return kinds.map((isImage) => (isImage ? image++ : id++))
}

/** float32 arrays end to end; a single one is not copied. */
function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length <= 1) {
    return parts[0] ?? NO_IMAGES
  }
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const values of parts) {
    whole.set(values, at)
    at += values.length
  }
  return whole
}
