/**
 * Writes what stands before a layer of a language model that looks at pictures: attention to the keys and
 * values of a picture, and an MLP, each added through a gate.
 *
 *     x -> RMS norm -> queries, over the keys and values of the picture that each row sees -> * tanh(gate) -> + x
 *       -> RMS norm -> gated MLP -> * tanh(gate) -> + x
 *
 * A row that sees no picture gets nothing from the attention. The MLP is added to it all the same.
 *
 * Sources: Alayrac et al. 2022, "Flamingo" (arXiv 2204.14198), section 2.2; transformers 5.18,
 * models/idefics/modeling_idefics.py, IdeficsGatedCrossAttentionLayer.
 */

import type { GraphBuilder } from '../../onnx/graph-builder.ts'
import { linear, rmsNorm, vector } from '../layers.ts'
import type { Storage } from '../layers.ts'
import { type LlamaConfig, llamaMlp, llamaNorm } from './llama.ts'

export type GatedConfig = {
  /** One stands before every layer whose index is a multiple of this, which divides the layers. */
  readonly interval: number
  /** The queries and the keys of each head are normalized, by one weight for all heads. */
  readonly headNorms: boolean
  /** A gate is one number, or one for each of the hidden states. */
  readonly gateWidth: number
  /** Rows of a picture that there are keys and values of. */
  readonly rows: number
}

/** Low enough that a softmax gives exactly 0, and finite. */
const MASKED = -1e30

/** How many layers look at pictures. */
export function gatedLayers({ layers }: LlamaConfig, { interval }: GatedConfig): number {
  return layers / interval
}

/** The module of the checkpoint. @param index among those that look at pictures. */
export function gatedModule({ module }: LlamaConfig, index: number): string {
  return `${module}.gated_cross_attn_layers.${index}`
}

/**
 * Declares the keys and values of P pictures, and which of them each new position sees:
 *
 * - `picture_key_i` f32 [P, heads, headDim, rows], `picture_value_i` f32 [P, heads, rows, headDim]
 * - `picture` int64 [B, S]: from 0 to P - 1; -1 for none
 */
export function declarePictures(g: GraphBuilder, text: LlamaConfig, gated: GatedConfig): void {
  const { heads, headDim } = text
  g.input('picture', 'int64', ['batch', 'length'])
  for (let i = 0; i < gatedLayers(text, gated); i++) {
    g.input(`picture_key_${i}`, 'float32', ['pictures', heads, headDim, gated.rows])
    g.input(`picture_value_${i}`, 'float32', ['pictures', heads, gated.rows, headDim])
  }
}

/** What all layers of one run share. */
export type Sight = {
  /** Whether a row sees a picture at all, bool [B * S, 1]. */
  readonly any: string
  /** Whether a position sees a row of a picture, bool [B, 1, S, P * rows]. */
  readonly visible: string
}

export function sightOf(g: GraphBuilder, { rows }: GatedConfig): Sight {
  const pictures = g.op('Gather', [g.op('Shape', ['picture_key_0']), g.int(0)], { axis: 0 })
  const columns = g.op('Range', [g.int(0), g.op('Mul', [pictures, g.int(rows)]), g.int(1)])
  const owner = g.op('Div', [columns, g.int(rows)]) // the picture of each column
  const seen = g.op('Unsqueeze', ['picture', g.ints([1, 3])])
  return {
    any: g.op('GreaterOrEqual', [g.reshape('picture', [-1, 1]), g.int(0)]),
    visible: g.op('Equal', [seen, owner]),
  }
}

/** @param x f32 [B * S, hidden]. @returns the same shape. */
export function gatedAttention(
  g: GraphBuilder,
  { text, gated }: { readonly text: LlamaConfig; readonly gated: GatedConfig },
  storage: Storage,
  index: number,
  x: string,
  sight: Sight,
): string {
  const module = gatedModule(text, index)
  const before = llamaNorm(g, text, x, `${module}.input_layernorm`)
  const attended = linear(g, storage, look(g, { text, gated }, storage, index, before, sight), {
    modules: [`${module}.cross_attn.o_proj`],
    inputs: text.heads * text.headDim,
    outputs: text.hidden,
    bias: false,
    quantize: true,
  })
  const seen = g.op('Where', [sight.any, attended, g.float(0)])
  const sum = g.op('Add', [x, through(g, gated, `${module}.alpha_cross_attn`, seen)])
  const after = llamaNorm(g, text, sum, `${module}.post_attention_layernorm`)
  const mixed = llamaMlp(g, text, storage, `${module}.mlp`, after)
  return g.op('Add', [sum, through(g, gated, `${module}.alpha_dense`, mixed)])
}

/** @returns f32 [B * S, heads * headDim]. */
function look(
  g: GraphBuilder,
  { text, gated }: { readonly text: LlamaConfig; readonly gated: GatedConfig },
  storage: Storage,
  index: number,
  x: string,
  { visible }: Sight,
): string {
  const { heads, headDim } = text
  const attention = `${gatedModule(text, index)}.cross_attn`
  const projected = linear(g, storage, x, {
    modules: [`${attention}.q_proj`],
    inputs: text.hidden,
    outputs: heads * headDim,
    bias: false,
    quantize: true,
  })
  const shape = [g.op('Shape', ['picture']), g.ints([heads, headDim])]
  const apart = g.op('Reshape', [projected, g.op('Concat', shape, { axis: 0 })]) // [B, S, heads, headDim]
  const normed = gated.headNorms
    ? rmsNorm(g, apart, {
        module: `${attention}.q_layer_norm`,
        width: headDim,
        epsilon: text.epsilon,
      })
    : apart
  const queries = g.op('Transpose', [normed], { perm: [0, 2, 1, 3] })
  const scaled = g.op('Mul', [queries, g.float(headDim ** -0.5)])
  // The rows of all pictures side by side; of a single one nothing is moved.
  const sideBySide = (name: string, perm: number[], dims: number[]) =>
    g.reshape(g.op('Transpose', [name], { perm }), dims)
  const keys = sideBySide(`picture_key_${index}`, [1, 2, 0, 3], [1, heads, headDim, -1])
  const values = sideBySide(`picture_value_${index}`, [1, 0, 2, 3], [1, heads, -1, headDim])
  const scores = g.op('Where', [visible, g.op('MatMul', [scaled, keys]), g.float(MASKED)])
  const mixed = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), values])
  return g.reshape(g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }), [-1, heads * headDim])
}

/** x [rows, hidden] times tanh of a gate. */
function through(g: GraphBuilder, { gateWidth }: GatedConfig, gate: string, x: string): string {
  return g.op('Mul', [x, g.op('Tanh', [vector(g, [gate], gateWidth)])])
}
