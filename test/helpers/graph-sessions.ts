/**
 * Runs a package's graphs one call at a time, to compare them with the reference without the engine.
 * A wrong graph can crash the process; each test file has its own process.
 */

import path from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { type ModelCard, type TextCard, textCard } from '../../inference/package/model-card.ts'
import { cpuSessionOptions } from '../../inference/runtime/session-options.ts'

// As inference/backends/thread.ts does: tests send no telemetry. Read at the first session.
process.env['ORT_DISABLE_TELEMETRY'] = '1'

/** Opens a graph with the program's own options. @param model a file, or its bytes. */
export function openGraph(model: string | Uint8Array): Promise<InferenceSession> {
  const options = cpuSessionOptions({ threads: 1, arena: false })
  return typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options)
}

export type Graphs = {
  readonly card: TextCard
  readonly vision: InferenceSession
  readonly qformer: InferenceSession
  readonly decoder: InferenceSession
}

export async function openGraphs(folder: string, card: ModelCard): Promise<Graphs> {
  const open = (name: string) => openGraph(path.join(folder, name))
  return {
    card: textCard(card),
    vision: await open('vision.onnx'),
    qformer: await open('qformer.onnx'),
    decoder: await open('decoder.onnx'),
  }
}

export function float(data: Float32Array, dims: readonly number[]): Tensor {
  return new Tensor('float32', data, dims)
}

function floats(tensor: Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) {
    throw new TypeError(`expected a float32 tensor, got ${tensor?.type}`)
  }
  return tensor.data
}

/** Runs a graph of one input. */
export async function runOne(
  session: InferenceSession,
  input: Tensor,
): Promise<Record<string, Float32Array>> {
  const results = await session.run({ [session.inputNames[0]!]: input })
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, floats(tensor)]))
}

/** What one run of the decoder adds to each sequence, and which logits it returns. */
export type DecoderStep = {
  /** [batch, imageLength, embedSize], or null for none. */
  readonly imageTokens: Float32Array | null
  /** Rows of equal length; right-padded. */
  readonly ids: readonly (readonly number[])[]
  /** Tokens of each sequence, image tokens and these included; default: none is padded. */
  readonly totals?: readonly number[]
  /** Rows of the flattened [batch * length]; default: the last of each sequence. */
  readonly rows?: readonly number[]
}

/** A batch of sequences with their keys and values. */
export class DecoderRun {
  /** Tokens in the cache of each sequence. */
  readonly lengths: number[]
  readonly #graphs: Graphs
  readonly #capacity: number
  readonly #past: Record<string, Float32Array> = {}

  /** @param capacity positions of room in the cache, at most. */
  constructor(graphs: Graphs, batch: number, capacity: number) {
    const { layers, kvHeads, headDim } = graphs.card.dimensions
    this.#graphs = graphs
    this.#capacity = capacity
    this.lengths = Array.from({ length: batch }, () => 0)
    for (let i = 0; i < layers; i++) {
      for (const kind of ['key', 'value']) {
        // Values beyond the past must have no effect: fill them with numbers that would show.
        const room = new Float32Array(batch * kvHeads * capacity * headDim).fill(7)
        this.#past[`${kind}_${i}`] = room
      }
    }
  }

  /** A step whose keys and values are discarded. @returns logits [rows, vocabSize]. */
  once(step: DecoderStep): Promise<Float32Array> {
    return this.#run(step, false)
  }

  /** @returns logits [rows, vocabSize]. */
  step(step: DecoderStep): Promise<Float32Array> {
    return this.#run(step, true)
  }

  async #run(step: DecoderStep, keep: boolean): Promise<Float32Array> {
    const { dimensions } = this.#graphs.card
    const batch = this.lengths.length
    const text = step.ids[0]?.length ?? 0
    const image = (step.imageTokens?.length ?? 0) / batch / dimensions.embedSize
    const length = image + text
    const totals = step.totals ?? this.lengths.map((past) => past + length)
    const rows = step.rows ?? this.lengths.map((_, b) => (b + 1) * length - 1)
    const positions = this.lengths.flatMap((past) => Array.from({ length }, (_, i) => past + i))
    const { feeds, fetches } = this.#cacheFeeds(batch)
    const results = await this.#graphs.decoder.run(
      {
        image_tokens: float(step.imageTokens ?? new Float32Array(0), [
          batch,
          image,
          dimensions.embedSize,
        ]),
        input_ids: new Tensor('int64', BigInt64Array.from(step.ids.flat(), BigInt), [batch, text]),
        position_ids: new Tensor('int64', BigInt64Array.from(positions, BigInt), [batch, length]),
        seqlens_k: new Tensor(
          'int32',
          Int32Array.from(totals, (total) => total - 1),
          [batch],
        ),
        total_sequence_length: new Tensor('int32', Int32Array.of(Math.max(...totals)), [1]),
        logits_rows: new Tensor('int64', BigInt64Array.from(rows, BigInt), [rows.length]),
        ...feeds,
      },
      ['logits', ...fetches],
    )
    for (const name of keep ? fetches : []) {
      this.#store(name, floats(results[name]), length, totals)
    }
    totals.forEach((total, b) => {
      this.lengths[b] = total
    })
    return floats(results['logits'])
  }

  #cacheFeeds(batch: number): { feeds: Record<string, Tensor>; fetches: string[] } {
    const { kvHeads, headDim } = this.#graphs.card.dimensions
    const feeds: Record<string, Tensor> = {}
    for (const [name, data] of Object.entries(this.#past)) {
      feeds[`past_${name}`] = float(data, [batch, kvHeads, this.#capacity, headDim])
    }
    return { feeds, fetches: Object.keys(this.#past) }
  }

  /** Scatters new rows [batch, length, kvHeads * headDim] into [batch, kvHeads, capacity, headDim]. */
  #store(name: string, rows: Float32Array, length: number, totals: readonly number[]): void {
    const { kvHeads, headDim } = this.#graphs.card.dimensions
    const past = this.#past[name]!
    for (let b = 0; b < totals.length; b++) {
      const start = this.lengths[b]!
      for (let i = 0; start + i < totals[b]!; i++) {
        for (let h = 0; h < kvHeads; h++) {
          const from = ((b * length + i) * kvHeads + h) * headDim
          const to = ((b * kvHeads + h) * this.#capacity + start + i) * headDim
          past.set(rows.subarray(from, from + headDim), to)
        }
      }
    }
  }
}

/** The position of the largest logit of a row. */
export function argmax(logits: Float32Array, row: number, vocabSize: number): number {
  let best = 0
  for (let i = 1; i < vocabSize; i++) {
    if (logits[row * vocabSize + i]! > logits[row * vocabSize + best]!) {
      best = i
    }
  }
  return best
}
