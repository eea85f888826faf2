/**
 * Causal attention with a key-value cache, for decoder graphs.
 *
 * GroupQueryAttention where its kernel takes the head size, else the same in plain operators with
 * the same inputs and outputs. `kvHeads` may be fewer than `heads` (grouped-query attention): each
 * key and value head then serves `heads / kvHeads` query heads in a row.
 */

import type { GraphBuilder } from '../../onnx/graph-builder.ts'
import { CONTRIB } from '../../onnx/onnx.ts'

/** The heads of one attention layer; `kvHeads` divides `heads`. */
export type Heads = {
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
}

/** How scores are made; by default divided by the square root of the head size, and no more. */
export type Scores = {
  readonly scale: number
  /** Prepares queries, and keys, by their positions: f32 [B, S, heads * headDim], the same again. */
  readonly place?: (x: string, kind: 'query' | 'key', output?: string) => string
  /**
   * Added to them, f32 [B, heads, S, columns]: of one operator (`attendsInPlace`) the columns are the
   * positions up to `total_sequence_length`, else the room of the past and then the new rows.
   */
  readonly bias: string
}

/** GroupQueryAttention wants head sizes that are multiples of this. */
const HEAD_MULTIPLE = 8

/** Whether one operator attends, which can write into the past it is given; heads of this size. */
export function attendsInPlace(headDim: number): boolean {
  return headDim % HEAD_MULTIPLE === 0
}

/** Low enough that a softmax gives exactly 0, and finite. */
const MASKED = -1e30

/**
 * Declares what every decoder reads that the tokens of a picture begin: these, then the text, their
 * positions, the lengths of the rows, which rows have their logits written, and the past of each layer.
 *
 * @param width of an image token.
 */
export function declareCausalInputs(
  g: GraphBuilder,
  {
    width,
    layers,
    heads,
  }: { readonly width: number; readonly layers: number; readonly heads: Heads },
): void {
  g.input('image_tokens', 'float32', ['batch', 'image_length', width])
  g.input('input_ids', 'int64', ['batch', 'text_length'])
  declareSequence(g, { layers, heads })
}

/** Declares the same without the tokens of a picture and without the text. */
export function declareSequence(
  g: GraphBuilder,
  { layers, heads }: { readonly layers: number; readonly heads: Heads },
): void {
  g.input('position_ids', 'int64', ['batch', 'length'])
  g.input('seqlens_k', 'int32', ['batch'])
  g.input('total_sequence_length', 'int32', [1])
  g.input('logits_rows', 'int64', ['rows'])
  for (let i = 0; i < layers; i++) {
    declareCache(g, heads, i)
  }
}

/** Declares the past of a layer, its new rows and the outputs that only have to exist. */
export function declareCache(
  g: GraphBuilder,
  { kvHeads, headDim }: Omit<Heads, 'heads'>,
  layer: number,
): void {
  for (const kind of ['key', 'value'] as const) {
    g.input(`past_${kind}_${layer}`, 'float32', ['batch', kvHeads, 'past', headDim])
    g.output(`${kind}_${layer}`, 'float32', ['batch', 'length', kvHeads * headDim])
    const present = ['batch', kvHeads, 'present', headDim]
    g.output(`present_${kind}_${layer}`, 'float32', present)
  }
}

/**
 * Attends from the new rows to the past and to themselves.
 *
 * @param qkv f32 [B * S, (heads + 2 * kvHeads) * headDim]: queries, keys, values.
 * @returns f32 [B * S, heads * headDim].
 */
export function causalAttention(
  g: GraphBuilder,
  heads: Heads,
  layer: number,
  qkv: string,
  scores: Scores = { scale: heads.headDim ** -0.5, bias: '' },
): string {
  const query = heads.heads * heads.headDim
  const keyValue = heads.kvHeads * heads.headDim
  const shape = g.op('Shape', ['position_ids']) // [B, S]
  const dims = g.op('Concat', [shape, g.ints([query + 2 * keyValue])], { axis: 0 })
  const batched = g.op('Reshape', [qkv, dims])
  const { place } = scores
  const key = `key_${layer}`
  const names = [g.fresh(), place === undefined ? key : g.fresh(), `value_${layer}`]
  const parts =
    query === keyValue
      ? g.split(batched, 3, names)
      : g.splitSizes(batched, [query, keyValue, keyValue], names)
  const [first, second, third] = [parts[0]!, parts[1]!, parts[2]!] as const
  const inputs =
    place === undefined
      ? ([first, second, third] as const)
      : ([place(first, 'query'), place(second, 'key', key), third] as const)
  const mixed = attendsInPlace(heads.headDim)
    ? fused(g, heads, layer, inputs, scores)
    : plain(g, heads, layer, inputs, scores)
  return g.reshape(mixed, [-1, query])
}

function fused(
  g: GraphBuilder,
  { heads, kvHeads }: Heads,
  layer: number,
  qkv: readonly [string, string, string],
  { scale, bias }: Scores,
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
      ...(bias === '' ? [] : ['', '', '', bias]),
    ],
    outputs: [mixed, `present_key_${layer}`, `present_value_${layer}`],
    attributes: { num_heads: heads, kv_num_heads: kvHeads, scale: { float: scale } },
  })
  return mixed
}

function plain(
  g: GraphBuilder,
  { heads, kvHeads, headDim }: Heads,
  layer: number,
  [query, key, value]: readonly [string, string, string],
  { scale, bias }: Scores,
): string {
  const byHead = (x: string, count: number) =>
    g.op('Transpose', [g.reshape(x, [0, 0, count, headDim])], { perm: [0, 2, 1, 3] })
  const scaled = g.op('Mul', [byHead(query, heads), g.float(scale)])
  const keys = g.op(
    'Concat',
    [`past_key_${layer}`, byHead(key, kvHeads)],
    { axis: 2 },
    `present_key_${layer}`,
  )
  const values = g.op(
    'Concat',
    [`past_value_${layer}`, byHead(value, kvHeads)],
    { axis: 2 },
    `present_value_${layer}`,
  )
  const group = heads / kvHeads
  const allKeys = repeatHeads(g, keys, group, headDim)
  const transposed = g.op('Transpose', [allKeys], { perm: [0, 1, 3, 2] })
  const products = g.op('MatMul', [scaled, transposed]) // [B, heads, S, P + S]
  const scores = bias === '' ? products : g.op('Add', [products, bias])
  const masked = g.op('Where', [visible(g, layer), scores, g.float(MASKED)])
  const weights = g.op('Softmax', [masked], { axis: -1 })
  const mixed = g.op('MatMul', [weights, repeatHeads(g, values, group, headDim)])
  const rows = g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] })
  return g.reshape(rows, [0, 0, heads * headDim])
}

/** [B, kvHeads, T, headDim] -> [B, kvHeads * group, T, headDim], each head `group` times in a row. */
function repeatHeads(g: GraphBuilder, x: string, group: number, headDim: number): string {
  if (group === 1) {
    return x
  }
  const apart = g.op('Unsqueeze', [x, g.ints([2])]) // [B, kvHeads, 1, T, headDim]
  const repeated = g.op('Expand', [apart, g.ints([1, 1, group, 1, 1])])
  const length = g.op('Shape', [x], { start: 2, end: 3 })
  const shape = g.op('Concat', [g.ints([0, -1]), length, g.ints([headDim])], { axis: 0 })
  return g.op('Reshape', [repeated, shape])
}

/**
 * Which of the P + S columns each of the S new rows may attend to, bool [B, 1, S, P + S].
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
