/** Runs the decoder graph: prompts, then single steps, over a KV cache. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import type { ModelCard } from '../package/model-card.ts'
import type { ImageTokens } from '../types.ts'
import { floats } from '../runtime/floats.ts'
import { hostCaches } from '../kv/host-cache.ts'
import type { KvCache, KvCaches, Run } from '../kv/kv-cache.ts'

/** What one run takes. All rows have equally many ids. */
export type DecoderInput = {
  /** Put before the ids; only for the first run of a single row. */
  readonly image?: ImageTokens
  /** Ids of each row, [rows][count]. */
  readonly ids: readonly (readonly number[])[]
  /** Which logits are wanted: those of the last position of every row, or of all positions. */
  readonly logits: 'last' | 'all'
  /** Whether the new positions stay in the cache. */
  readonly keep: boolean
}

/** What depends on where the graph runs. */
export type DecoderPlace = {
  readonly caches: KvCaches
  /** Most positions of a row in one run; what is longer is run in pieces. */
  readonly longestRun: number
}

export class Decoder {
  readonly #session: InferenceSession
  readonly #dimensions: ModelCard['dimensions']
  readonly #place: DecoderPlace

  /** @param place the CPU, unless something else is said. */
  constructor(
    session: InferenceSession,
    dimensions: ModelCard['dimensions'],
    place: DecoderPlace = { caches: hostCaches(dimensions), longestRun: Infinity },
  ) {
    this.#session = session
    this.#dimensions = dimensions
    this.#place = place
  }

  /** Positions that a picture takes at the start of a sequence. */
  get imagePositions(): number {
    return this.#dimensions.queryTokens
  }

  createCache(): KvCache {
    return this.#place.caches.create()
  }

  /**
   * Runs new positions behind those of the cache.
   *
   * @returns logits, float32: [rows, vocabSize], or with 'all' [rows * count, vocabSize].
   */
  async run(cache: KvCache, input: DecoderInput): Promise<Float32Array> {
    const rows = input.ids.length
    if (rows !== cache.rows || (cache.length > 0 && input.ids[0]!.length > 1 && rows > 1)) {
      throw new RangeError(`${rows} rows of ids do not go with a cache of ${cache.rows} rows`)
    }
    const pieces = inPieces(input, this.#place.longestRun)
    const { length } = cache
    const logits: Float32Array[] = []
    for (const piece of pieces) {
      logits.push(await this.#runPiece(cache, piece))
    }
    if (!input.keep) {
      cache.truncate(length)
    }
    return input.logits === 'last' ? logits.at(-1)! : joined(logits)
  }

  async #runPiece(cache: KvCache, input: DecoderInput): Promise<Float32Array> {
    const count = positionsOf(input)
    const run: Run = { count, keep: input.keep }
    const past = await cache.before(run)
    const feeds = { ...this.#feeds(cache, input, count), ...past.feeds }
    const outputs = await this.#session.run(feeds, { logits: null, ...past.fetches })
    cache.after(run, outputs)
    return floats(outputs['logits'])
  }

  #feeds(cache: KvCache, input: DecoderInput, count: number): Record<string, Tensor> {
    const { embedSize } = this.#dimensions
    const rows = input.ids.length
    const textLength = input.ids[0]!.length
    const positions = cache.lengths.flatMap((past) =>
      Array.from({ length: count }, (_, i) => past + i),
    )
    const totals = cache.lengths.map((past) => past + count)
    const image = input.image ?? { data: new Float32Array(0), shape: [0, embedSize] }
    return {
      image_tokens: new Tensor('float32', image.data, [rows, image.shape[0], embedSize]),
      input_ids: int64(input.ids.flat(), [rows, textLength]),
      position_ids: int64(positions, [rows, count]),
      seqlens_k: new Tensor(
        'int32',
        Int32Array.from(totals, (total) => total - 1),
        [rows],
      ),
      total_sequence_length: new Tensor('int32', Int32Array.of(Math.max(...totals)), [1]),
      logits_rows: logitsRows(rows, count, input.logits),
    }
  }
}

/** Positions of a row in a run. */
function positionsOf({ image, ids }: DecoderInput): number {
  return (image?.shape[0] ?? 0) + ids[0]!.length
}

/** The same positions in runs that are not too long; all but the last stay in the cache. */
function inPieces(input: DecoderInput, longest: number): DecoderInput[] {
  const count = positionsOf(input)
  const pieces: DecoderInput[] = []
  for (let start = 0; start < count - longest; start += longest) {
    pieces.push({ ...part(input, start, start + longest), keep: true })
  }
  return count <= longest ? [input] : [...pieces, part(input, pieces.length * longest, count)]
}

/** Some positions of the one row of a run. */
function part({ image, ids, ...rest }: DecoderInput, start: number, end: number): DecoderInput {
  const [rows, width] = image?.shape ?? [0, 0]
  const from = Math.min(start, rows)
  const to = Math.min(end, rows)
  return {
    ...rest,
    ...(image &&
      to > from && {
        image: { data: image.data.subarray(from * width, to * width), shape: [to - from, width] },
      }),
    ids: [ids[0]!.slice(Math.max(start - rows, 0), Math.max(end - rows, 0))],
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) {
    return parts[0]!
  }
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const values of parts) {
    whole.set(values, at)
    at += values.length
  }
  return whole
}

/** Rows of the flattened [rows * count] positions. */
function logitsRows(rows: number, count: number, wanted: 'last' | 'all'): Tensor {
  const all = Array.from({ length: rows * count }, (_, i) => i)
  const chosen = wanted === 'all' ? all : all.filter((i) => i % count === count - 1)
  return int64(chosen, [chosen.length])
}

function int64(values: readonly number[], shape: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), shape)
}
