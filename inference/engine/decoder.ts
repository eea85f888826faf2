/** Runs the decoder graph: prompts, then single steps, over a KV cache. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import type { ModelCard } from '../model-card.ts'
import type { ImageTokens } from '../types.ts'
import { KvCache } from './kv-cache.ts'

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

export class Decoder {
  readonly #session: InferenceSession
  readonly #dimensions: ModelCard['dimensions']
  readonly #newRows: readonly string[]

  constructor(session: InferenceSession, dimensions: ModelCard['dimensions']) {
    this.#session = session
    this.#dimensions = dimensions
    this.#newRows = Array.from({ length: dimensions.layers }, (_, i) => [
      `key_${i}`,
      `value_${i}`,
    ]).flat()
  }

  /** Positions that a picture takes at the start of a sequence. */
  get imagePositions(): number {
    return this.#dimensions.queryTokens
  }

  createCache(): KvCache {
    const { layers, heads, headDim } = this.#dimensions
    return new KvCache({ layers, heads, headDim })
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
    const count = (input.image?.shape[0] ?? 0) + input.ids[0]!.length
    const fetches = input.keep ? ['logits', ...this.#newRows] : ['logits']
    const outputs = await this.#session.run(this.#feeds(cache, input, count), fetches)
    if (input.keep) {
      this.#keep(cache, outputs, count)
    }
    return floats(outputs['logits'])
  }

  #feeds(cache: KvCache, input: DecoderInput, count: number): Record<string, Tensor> {
    const { embedSize, heads, headDim, layers } = this.#dimensions
    const rows = input.ids.length
    const textLength = input.ids[0]!.length
    const positions = cache.lengths.flatMap((past) =>
      Array.from({ length: count }, (_, i) => past + i),
    )
    const totals = cache.lengths.map((past) => past + count)
    const image = input.image ?? { data: new Float32Array(0), shape: [0, embedSize] }
    const feeds: Record<string, Tensor> = {
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
    const past = [rows, heads, cache.capacity, headDim]
    for (let i = 0; i < layers; i++) {
      feeds[`past_key_${i}`] = new Tensor('float32', cache.filledRows(cache.keys[i]!), past)
      feeds[`past_value_${i}`] = new Tensor('float32', cache.filledRows(cache.values[i]!), past)
    }
    return feeds
  }

  #keep(cache: KvCache, outputs: InferenceSession.OnnxValueMapType, count: number): void {
    cache.reserve(cache.length + count)
    for (let i = 0; i < this.#dimensions.layers; i++) {
      cache.scatter(cache.keys[i]!, floats(outputs[`key_${i}`]), count)
      cache.scatter(cache.values[i]!, floats(outputs[`value_${i}`]), count)
    }
    cache.advance(count)
  }
}

/** The float32 data of an output. */
export function floats(value: InferenceSession.OnnxValueMapType[string] | undefined): Float32Array {
  if (!(value instanceof Tensor) || !(value.data instanceof Float32Array)) {
    throw new TypeError('expected a float32 tensor from the graph')
  }
  return value.data
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
