/**
 * Causal attention with a key-value cache, for the decoder graph.
 *
 * GroupQueryAttention where its kernel takes the head size, else the same in plain operators with
 * the same inputs and outputs.
 */

import type { TextConfig } from '../../families/blip2/config.ts'
import type { GraphBuilder } from '../../onnx/graph-builder.ts'
import { CONTRIB } from '../../onnx/onnx.ts'

/** GroupQueryAttention wants head sizes that are multiples of this. */
const HEAD_MULTIPLE = 8

/** Whether one operator attends, which can write into the past it is given; heads of this size. */
export function attendsInPlace(headDim: number): boolean {
  return headDim % HEAD_MULTIPLE === 0
}

/** Low enough that a softmax gives exactly 0, and finite. */
const MASKED = -1e30

/** Declares the past of a layer, its new rows and the outputs that only have to exist. */
export function declareCache(g: GraphBuilder, text: TextConfig, layer: number): void {
  const { heads, hidden } = text
  for (const kind of ['key', 'value'] as const) {
    const past = ['batch', heads, 'past', hidden / heads]
    g.input(`past_${kind}_${layer}`, 'float32', past)
    g.output(`${kind}_${layer}`, 'float32', ['batch', 'length', hidden])
    const present = ['batch', heads, 'present', hidden / heads]
    g.output(`present_${kind}_${layer}`, 'float32', present)
  }
}

/** @param qkv [B * S, 3 * hidden]; @returns [B * S, hidden]. */
export function decoderAttention(
  g: GraphBuilder,
  text: TextConfig,
  layer: number,
  qkv: string,
): string {
  const { hidden, heads } = text
  const shape = g.op('Shape', ['position_ids']) // [B, S]
  const dims = g.op('Concat', [shape, g.ints([3 * hidden])], { axis: 0 })
  const batched = g.op('Reshape', [qkv, dims])
  const names = [g.fresh(), `key_${layer}`, `value_${layer}`]
  const [query, key, value] = g.split(batched, 3, names)
  const mixed = attendsInPlace(hidden / heads)
    ? fused(g, heads, layer, [query!, key!, value!])
    : plain(g, text, layer, [query!, key!, value!])
  return g.reshape(mixed, [-1, hidden])
}

function fused(
  g: GraphBuilder,
  heads: number,
  layer: number,
  qkv: readonly [string, string, string],
): string {
  const mixed = g.fresh()
  g.multi({
    op: 'GroupQueryAttention',
    domain: CONTRIB,
    inputs: [
      ...qkv,
      `past_key_${layer}`,
      `past_value_${layer}`,
      'seqlens_k',
      'total_sequence_length',
    ],
    outputs: [mixed, `present_key_${layer}`, `present_value_${layer}`],
    attributes: { num_heads: heads, kv_num_heads: heads },
  })
  return mixed
}

function plain(
  g: GraphBuilder,
  text: TextConfig,
  layer: number,
  [query, key, value]: readonly [string, string, string],
): string {
  const { heads, hidden } = text
  const headDim = hidden / heads
  const byHead = (x: string) =>
    g.op('Transpose', [g.reshape(x, [0, 0, heads, headDim])], { perm: [0, 2, 1, 3] })
  const scaled = g.op('Mul', [byHead(query), g.float(headDim ** -0.5)])
  const keys = g.op(
    'Concat',
    [`past_key_${layer}`, byHead(key)],
    { axis: 2 },
    `present_key_${layer}`,
  )
  const values = g.op(
    'Concat',
    [`past_value_${layer}`, byHead(value)],
    { axis: 2 },
    `present_value_${layer}`,
  )
  const turned = g.op('Transpose', [keys], { perm: [0, 1, 3, 2] })
  const scores = g.op('MatMul', [scaled, turned]) // [B, heads, S, P + S]
  const masked = g.op('Where', [visible(g, layer), scores, g.float(MASKED)])
  const mixed = g.op('MatMul', [g.op('Softmax', [masked], { axis: -1 }), values])
  return g.reshape(g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }), [0, 0, hidden])
}

/**
 * Which of the P + S columns each of the S new rows may look at, bool [B, 1, S, P + S].
 *
 * Columns 0..P-1 are the past's room, of which seqlens_k + 1 - S are filled (none at the first
 * run, when S is the total); the others are the new rows themselves, up to the row's own.
 */
function visible(g: GraphBuilder, layer: number): string {
  const length = g.op('Gather', [g.op('Shape', ['position_ids']), g.int(1)], { axis: 0 })
  const room = g.op('Gather', [g.op('Shape', [`past_key_${layer}`]), g.int(2)], { axis: 0 })
  const columns = g.op('Add', [room, length])
  const column = g.op('Range', [g.int(0), columns, g.int(1)])
  const row = g.op('Range', [g.int(0), length, g.int(1)])

  const total = g.op('Cast', ['total_sequence_length'], { to: 7 })
  const first = g.op('Equal', [total, length]) // [1]
  const each = g.op('Add', [g.op('Cast', ['seqlens_k'], { to: 7 }), g.int(1)])
  const filled = g.op('Where', [first, g.int(0), g.op('Sub', [each, length])]) // [B]
  const past = g.op('Less', [column, g.op('Unsqueeze', [filled, g.ints([1, 2, 3])])])

  const rowEnd = g.op('Unsqueeze', [g.op('Add', [row, room]), g.ints([1])]) // [S, 1]
  const upToItself = g.op('LessOrEqual', [column, rowEnd])
  const fresh = g.op('GreaterOrEqual', [column, room])
  return g.op('Or', [past, g.op('And', [fresh, upToItself])])
}
