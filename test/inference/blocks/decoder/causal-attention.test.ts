import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type InferenceSession, Tensor } from 'onnxruntime-node'
import {
  causalAttention,
  declareCache,
  type Heads,
} from '../../../../inference/blocks/decoder/causal-attention.ts'
import { HostCache } from '../../../../inference/kv/host-cache.ts'
import { GraphBuilder } from '../../../../inference/onnx/graph-builder.ts'
import { floats } from '../../../../inference/runtime/floats.ts'
import { gaussians } from '../../../helpers/quantized.ts'
import { openGraph } from '../../../helpers/graph-sessions.ts'
import { relativeError } from '../../../helpers/parity.ts'

/** Queries, keys and values of the positions of one sequence, float32 [S, columns]. */
type Rows = { readonly length: number; readonly values: Float32Array }

function columns({ heads, kvHeads, headDim }: Heads): number {
  return (heads + 2 * kvHeads) * headDim
}

/** One attention layer: qkv float32 [B * S, columns] -> mixed float32 [B * S, heads * headDim]. */
function attentionModel(heads: Heads): Uint8Array {
  const g = new GraphBuilder('attention')
  g.input('qkv', 'float32', ['rows', columns(heads)])
  g.input('position_ids', 'int64', ['batch', 'length'])
  g.input('seqlens_k', 'int32', ['batch'])
  g.input('total_sequence_length', 'int32', [1])
  declareCache(g, heads, 0)
  g.op('Identity', [causalAttention(g, heads, 0, 'qkv')], {}, 'mixed')
  g.output('mixed', 'float32', ['rows', heads.heads * heads.headDim])
  return g.build().model
}

/** Runs positions `from` to `to` of every sequence over a cache. */
async function run(
  session: InferenceSession,
  cache: HostCache,
  heads: Heads,
  sequences: readonly Rows[],
  span: readonly (readonly [from: number, to: number])[],
): Promise<Float32Array> {
  const width = columns(heads)
  const count = span[0]![1] - span[0]![0]
  const rows = sequences.flatMap(({ values }, i) =>
    Array.from(values.subarray(span[i]![0] * width, span[i]![1] * width)),
  )
  const totals = span.map(([, to]) => to)
  const past = await cache.before({ count, keep: true })
  const positions = span.flatMap(([from]) => Array.from({ length: count }, (_, i) => from + i))
  const outputs = await session.run(
    {
      qkv: new Tensor('float32', Float32Array.from(rows), [rows.length / width, width]),
      position_ids: new Tensor('int64', BigInt64Array.from(positions, BigInt), [
        span.length,
        count,
      ]),
      seqlens_k: new Tensor(
        'int32',
        Int32Array.from(totals, (total) => total - 1),
        [span.length],
      ),
      total_sequence_length: new Tensor('int32', Int32Array.of(Math.max(...totals)), [1]),
      ...past.feeds,
    },
    { mixed: null, ...past.fetches },
  )
  cache.after({ count, keep: true }, outputs)
  return floats(outputs['mixed'])
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0)
}

/** The definition: query head h looks at key head floor(h / group), and no further than itself. */
function plainAttention({ heads, kvHeads, headDim }: Heads, { length, values }: Rows): number[] {
  const width = columns({ heads, kvHeads, headDim })
  const at = (row: number, head: number) =>
    values.subarray(row * width + head * headDim, row * width + (head + 1) * headDim)
  const mixed: number[] = []
  for (let row = 0; row < length; row++) {
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor(head / (heads / kvHeads))
      const weights = Array.from({ length: row + 1 }, (_, past) =>
        Math.exp(dot(at(row, head), at(past, heads + kvHead)) / Math.sqrt(headDim)),
      )
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      for (let i = 0; i < headDim; i++) {
        const value = weights.reduce(
          (sum, weight, past) => sum + weight * at(past, heads + kvHeads + kvHead)[i]!,
          0,
        )
        mixed.push(value / total)
      }
    }
  }
  return mixed
}

function randomRows(heads: Heads, length: number, seed: number): Rows {
  return { length, values: gaussians(length * columns(heads), seed) }
}

// A head size that ONNX Runtime's attention takes, and one that is written in plain operators.
for (const [how, headDim] of [
  ['one operator', 8],
  ['plain operators', 6],
] as const) {
  for (const kvHeads of [1, 2, 4]) {
    const heads: Heads = { heads: 4, kvHeads, headDim }
    const shape = { layers: 1, kvHeads, headDim }
    const width = heads.heads * headDim

    describe(`causal attention in ${how}, 4 heads over ${kvHeads}`, () => {
      it('is what the definition says, prefill and steps', async () => {
        const session = await openGraph(attentionModel(heads))
        const sequence = randomRows(heads, 7, 1)
        const cache = new HostCache(shape)
        const parts = [
          await run(session, cache, heads, [sequence], [[0, 4]]),
          await run(session, cache, heads, [sequence], [[4, 6]]),
          await run(session, cache, heads, [sequence], [[6, 7]]),
        ]
        const actual = parts.flatMap((part) => Array.from(part))
        const error = relativeError(actual, plainAttention(heads, sequence))
        assert.ok(error < 1e-5, `relative error ${error}`)
        assert.equal(cache.bytes, 2 * kvHeads * 64 * headDim * 4)
        await session.release()
      })

      it('steps sequences of unequal length together, in any order', async () => {
        const session = await openGraph(attentionModel(heads))
        const sequences = [3, 5, 2].map((length, i) => randomRows(heads, length + 1, 5 + i))
        const cache = new HostCache(shape)
        await run(session, cache, heads, [sequences[0]!], [[0, 3]])
        for (const sequence of sequences.slice(1)) {
          const other = new HostCache(shape)
          await run(session, other, heads, [sequence], [[0, sequence.length - 1]])
          await cache.append(other)
        }
        await cache.reorder([2, 0, 1])
        const order = [sequences[2]!, sequences[0]!, sequences[1]!]
        const last = order.map(({ length }) => [length - 1, length] as const)
        const mixed = await run(session, cache, heads, order, last)
        for (const [i, sequence] of order.entries()) {
          const expected = plainAttention(heads, sequence).slice(-width)
          const error = relativeError(mixed.subarray(i * width, (i + 1) * width), expected)
          assert.ok(error < 1e-5, `row ${i}: ${error}`)
        }
        await session.release()
      })
    })
  }
}
