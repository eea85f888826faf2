/**
 * The decoder of a chat model with rows and matrices of its linear layers in int8, a scale for each row: only measured here,
 * since steps would need another copy of the weights.
 *
 * It differs from inference/blocks/decoder/llama.ts in that: each module is a product of its own, since `perToken`
 * takes one matrix, and the logits, of which one row is wanted, are made by blocks of 4 bits.
 */

import { activate } from '../../inference/blocks/activations.ts'
import {
  causalAttention,
  declareCausalInputs,
  type Scores,
} from '../../inference/blocks/decoder/causal-attention.ts'
import {
  type LlamaConfig,
  llamaLogits,
  llamaNorm,
  llamaScores,
} from '../../inference/blocks/decoder/llama.ts'
import { linear, lookUp, type Storage, WORDS } from '../../inference/blocks/layers.ts'
import { GraphBuilder, type GraphPlan } from '../../inference/onnx/graph-builder.ts'

const ROWS: Storage = { float: 'float16', bits: 8, perToken: true }
const BLOCKS: Storage = { float: 'float16', bits: 4 }

/** Inputs and outputs are those of `llamaGraph` with `ordered`. */
export function w8a8LlamaGraph(config: LlamaConfig): GraphPlan {
  const g = new GraphBuilder('decoder')
  const { hidden } = config
  declareCausalInputs(g, { width: hidden, layers: config.layers, heads: config })
  const scores = llamaScores(g, config)
  const table = { tensor: config.embedTensor, rows: config.vocab }
  const words = lookUp(g, BLOCKS, 'input_ids', [table], hidden, WORDS)
  const all = g.op('Concat', ['image_tokens', words], { axis: 1 })
  g.input('row_order', 'int64', ['length'])
  let x = g.reshape(g.op('Gather', [all, 'row_order'], { axis: 1 }), [-1, hidden])
  for (let i = 0; i < config.layers; i++) {
    x = layer(g, config, i, x, scores(i))
  }
  const wanted = llamaNorm(g, config, x, `${config.module}.norm`)
  g.op('Identity', [llamaLogits(g, config, BLOCKS, wanted)], {}, 'logits')
  g.output('logits', 'float32', ['rows', config.vocab])
  return g.build()
}

/** @returns of the last layer the wanted rows alone. */
function layer(
  g: GraphBuilder,
  config: LlamaConfig,
  index: number,
  x: string,
  scores: Scores,
): string {
  const { hidden, intermediate, heads, kvHeads, headDim, bias } = config
  const module = `${config.module}.layers.${index}`
  const product = (rows: string, name: string, inputs: number, outputs: number, biased: boolean) =>
    linear(g, ROWS, rows, {
      modules: [`${module}.${name}`],
      inputs,
      outputs,
      bias: biased,
      quantize: true,
    })
  const before = llamaNorm(g, config, x, `${module}.input_layernorm`)
  const parts = [
    product(before, 'self_attn.q_proj', hidden, heads * headDim, bias.qkv),
    product(before, 'self_attn.k_proj', hidden, kvHeads * headDim, bias.qkv),
    product(before, 'self_attn.v_proj', hidden, kvHeads * headDim, bias.qkv),
  ]
  let mixed = causalAttention(g, config, index, g.op('Concat', parts, { axis: -1 }), scores)
  let residual = x
  if (index === config.layers - 1) {
    mixed = g.op('Gather', [mixed, 'logits_rows'], { axis: 0 })
    residual = g.op('Gather', [residual, 'logits_rows'], { axis: 0 })
  }
  const attended = product(mixed, 'self_attn.o_proj', heads * headDim, hidden, bias.output)
  const sum = g.op('Add', [residual, attended])
  const after = llamaNorm(g, config, sum, `${module}.post_attention_layernorm`)
  const gate = product(after, 'mlp.gate_proj', hidden, intermediate, bias.mlp)
  const up = product(after, 'mlp.up_proj', hidden, intermediate, bias.mlp)
  const gated = g.op('Mul', [activate(g, gate, config.activation), up])
  return g.op('Add', [sum, product(gated, 'mlp.down_proj', intermediate, hidden, bias.mlp)])
}
