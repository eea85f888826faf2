/**
 * Writes a Llama decoder: image tokens and text ids in, logits and the new keys and values out. Inputs
 * and outputs are those of opt.ts, and where it is wanted
 *
 * - `row_order` int64 [S]: the places of the new rows among image tokens and ids, so that these may stand in any order
 *
 *     [image_tokens][embeddings] (-> in order)
 *       -> layers x [RMS norm, attention over past and new with rotary positions, RMS norm, gated MLP]
 *       -> wanted rows only: RMS norm -> lm_head
 *
 * Keys are turned before they are stored, so the attention operator need not know of positions.
 *
 * Sources: transformers 5.18, models/llama/modeling_llama.py, models/qwen2/modeling_qwen2.py and
 * models/qwen3/modeling_qwen3.py.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { activate } from '../activations.ts'
import type { Activation } from '../activations.ts'
import { linear, lookUp, rmsNorm, WORDS } from '../layers.ts'
import type { Storage } from '../layers.ts'
import { causalAttention, declareCausalInputs } from './causal-attention.ts'
import type { Scores } from './causal-attention.ts'
import { type RotaryConfig, rotaryRates, rotation } from './rotary.ts'

export type LlamaConfig = {
  readonly vocab: number
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  /** Heads of keys and values, each for `heads / kvHeads` query heads. */
  readonly kvHeads: number
  /** All heads together need not be as wide as `hidden`. */
  readonly headDim: number
  readonly maxPositions: number
  readonly activation: Activation
  readonly epsilon: number
  readonly rotary: RotaryConfig
  /** Which linear layers have biases: queries, keys and values; the attention's output; the MLP. */
  readonly bias: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean }
  /** The queries and the keys of each head are normalized, by one weight for all heads (Qwen3). */
  readonly headNorms: boolean
  /** The module in the checkpoint, such as `language_model.model`. */
  readonly module: string
  /** The checkpoint's tensor that embeds tokens. */
  readonly embedTensor: string
  /** The checkpoint's tensor that makes the logits; the same one when they are tied. */
  readonly headTensor: string
}

/** @param ordered has `row_order`. */
export function llamaGraph(
  config: LlamaConfig,
  storage: Storage,
  { ordered = false }: { readonly ordered?: boolean } = {},
): GraphPlan {
  const g = new GraphBuilder('decoder')
  const { hidden } = config
  declareCausalInputs(g, { width: hidden, layers: config.layers, heads: config })
  const scores = llamaScores(g, config)
  const table = { tensor: config.embedTensor, rows: config.vocab }
  const words = lookUp(g, storage, 'input_ids', [table], hidden, WORDS)
  const all = g.op('Concat', ['image_tokens', words], { axis: 1 }) // [B, S, hidden]
  if (ordered) {
    g.input('row_order', 'int64', ['length'])
  }
  const inOrder = ordered ? g.op('Gather', [all, 'row_order'], { axis: 1 }) : all

  let x = g.reshape(inOrder, [-1, hidden])
  for (let i = 0; i < config.layers; i++) {
    x = llamaLayer(g, config, storage, i, x, scores(i))
  }
  const wanted = llamaNorm(g, config, x, `${config.module}.norm`)
  g.op('Identity', [llamaLogits(g, config, storage, wanted)], {}, 'logits')
  g.output('logits', 'float32', ['rows', config.vocab])
  return g.build()
}

/** How each layer's scores are made. */
export function llamaScores(g: GraphBuilder, config: LlamaConfig): (index: number) => Scores {
  const rotate = rotation(g, rotaryRates(config.rotary))
  return (index) => ({
    scale: config.headDim ** -0.5,
    bias: '',
    place: (rows, kind, output) => rotate(headsNormed(g, config, index, rows, kind), output),
  })
}

/** Of rows after the last norm: [rows, hidden] -> [rows, vocab]. */
export function llamaLogits(
  g: GraphBuilder,
  config: LlamaConfig,
  storage: Storage,
  x: string,
): string {
  return linear(g, storage, x, {
    modules: [config.headTensor.replace(/\.weight$/, '')],
    inputs: config.hidden,
    outputs: config.vocab,
    bias: false,
    quantize: true,
  })
}

/** @returns of the last layer the wanted rows alone. */
export function llamaLayer(
  g: GraphBuilder,
  config: LlamaConfig,
  storage: Storage,
  index: number,
  x: string,
  scores: Scores,
): string {
  const module = `${config.module}.layers.${index}`
  const before = llamaNorm(g, config, x, `${module}.input_layernorm`)
  let mixed = causalAttention(
    g,
    config,
    index,
    queriesKeysValues(g, config, storage, module, before),
    scores,
  )
  let residual = x
  if (index === config.layers - 1) {
    // After the last attention a row meets no other row: go on with those that are wanted.
    mixed = g.op('Gather', [mixed, 'logits_rows'], { axis: 0 })
    residual = g.op('Gather', [residual, 'logits_rows'], { axis: 0 })
  }
  const attended = linear(g, storage, mixed, {
    modules: [`${module}.self_attn.o_proj`],
    inputs: config.heads * config.headDim,
    outputs: config.hidden,
    bias: config.bias.output,
    quantize: true,
  })
  const sum = g.op('Add', [residual, attended])
  const after = llamaNorm(g, config, sum, `${module}.post_attention_layernorm`)
  return g.op('Add', [sum, llamaMlp(g, config, storage, `${module}.mlp`, after)])
}

/** [rows, (heads + 2 * kvHeads) * headDim], in one product. */
function queriesKeysValues(
  g: GraphBuilder,
  config: LlamaConfig,
  storage: Storage,
  module: string,
  x: string,
): string {
  const { heads, kvHeads, headDim } = config
  return linear(g, storage, x, {
    modules: ['q', 'k', 'v'].map((name) => `${module}.self_attn.${name}_proj`),
    inputs: config.hidden,
    outputs: [heads, kvHeads, kvHeads].map((count) => count * headDim),
    bias: config.bias.qkv,
    quantize: true,
  })
}

/** @param rows of the queries or the keys, f32 [B, S, heads * headDim]. */
function headsNormed(
  g: GraphBuilder,
  { headNorms, headDim: width, epsilon, module }: LlamaConfig,
  index: number,
  rows: string,
  kind: 'query' | 'key',
): string {
  if (!headNorms) {
    return rows
  }
  const name = `${module}.layers.${index}.self_attn.${kind === 'query' ? 'q' : 'k'}_norm`
  const apart = g.reshape(rows, [0, 0, -1, width])
  return g.reshape(rmsNorm(g, apart, { module: name, width, epsilon }), [0, 0, -1])
}

/** A gated MLP, x [rows, hidden] -> [rows, hidden]. */
export function llamaMlp(
  g: GraphBuilder,
  config: LlamaConfig,
  storage: Storage,
  module: string,
  x: string,
): string {
  const wide = linear(g, storage, x, {
    modules: [`${module}.gate_proj`, `${module}.up_proj`],
    inputs: config.hidden,
    outputs: config.intermediate,
    bias: config.bias.mlp,
    quantize: true,
  })
  const [gate, up] = g.split(wide, 2)
  const gated = g.op('Mul', [activate(g, gate!, config.activation), up!])
  return linear(g, storage, gated, {
    modules: [`${module}.down_proj`],
    inputs: config.intermediate,
    outputs: config.hidden,
    bias: config.bias.mlp,
    quantize: true,
  })
}

/** An RMS norm of the hidden states. */
export function llamaNorm(g: GraphBuilder, config: LlamaConfig, x: string, module: string): string {
  return rmsNorm(g, x, { module, width: config.hidden, epsilon: config.epsilon })
}
