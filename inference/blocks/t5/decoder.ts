/**
 * Writes the T5 decoder: ids in, logits and the new keys and values out.
 *
 *     embeddings -> layers x [RMS norm, attention over past and new, RMS norm, attention to the
 *       encoder's output, RMS norm, MLP] -> wanted rows only: RMS norm -> lm_head
 *
 * Inputs and outputs are those of opt.ts, without image tokens, and with what the encoder made of
 * each of the B prompts, E positions of room, `encoder_lengths` int64 [B] of them filled:
 *
 * - `cross_key_i`, `cross_value_i` f32 [B, heads, E, headDim]: what lies beyond a length is ignored
 *
 * Source: transformers 5.18, models/t5/modeling_t5.py, T5Stack and T5ForConditionalGeneration.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { attendsInPlace, causalAttention, declareCache } from '../decoder/causal-attention.ts'
import type { Heads } from '../decoder/causal-attention.ts'
import { linear } from '../layers.ts'
import type { Storage } from '../layers.ts'
import type { T5Config } from './config.ts'
import {
  attend,
  attentionOutput,
  byHead,
  DECODER,
  embed,
  feedForward,
  project,
  rmsNorm,
} from './layers.ts'
import { decoderBias } from './relative-position.ts'

/** What all layers of one run share. */
type Shared = { readonly heads: Heads; readonly bias: string; readonly visible: string }

export function t5DecoderGraph(config: T5Config, storage: Storage): GraphPlan {
  const g = new GraphBuilder('decoder')
  const { hidden, headDim } = config
  const heads = { heads: config.heads, kvHeads: config.heads, headDim }
  declareInputs(g, config, heads)
  const shared = {
    heads,
    bias: decoderBias(g, config, DECODER, 'position_ids', keyPositions(g, headDim)),
    visible: encoderVisible(g),
  }
  let x = g.reshape(embed(g, config, storage, 'input_ids'), [-1, hidden])
  for (let i = 0; i < config.layers; i++) {
    x = layer(g, config, storage, i, x, shared)
  }
  let wanted = rmsNorm(g, config, x, `${DECODER}.final_layer_norm`)
  if (config.scaleLogits) {
    wanted = g.op('Mul', [wanted, g.float(hidden ** -0.5)])
  }
  const logits = linear(g, storage, wanted, {
    modules: [config.headTensor.replace(/\.weight$/, '')],
    inputs: hidden,
    outputs: config.vocab,
    bias: false,
    quantize: true,
  })
  g.op('Identity', [logits], {}, 'logits')
  g.output('logits', 'float32', ['rows', config.vocab])
  return g.build()
}

function declareInputs(g: GraphBuilder, { layers }: T5Config, heads: Heads): void {
  g.input('input_ids', 'int64', ['batch', 'length'])
  g.input('position_ids', 'int64', ['batch', 'length'])
  g.input('seqlens_k', 'int32', ['batch'])
  g.input('total_sequence_length', 'int32', [1])
  g.input('logits_rows', 'int64', ['rows'])
  g.input('encoder_lengths', 'int64', ['batch'])
  for (let i = 0; i < layers; i++) {
    declareCache(g, heads, i)
    for (const kind of ['key', 'value']) {
      const dims = ['batch', heads.kvHeads, 'encoder_room', heads.headDim]
      g.input(`cross_${kind}_${i}`, 'float32', dims)
    }
  }
}

/**
 * The position of each column of the scores, int64 [B or 1, columns]. One operator has a row's
 * positions as columns; plain operators the room of the past, then the new rows.
 */
function keyPositions(g: GraphBuilder, headDim: number): string {
  if (attendsInPlace(headDim)) {
    const total = g.op('Cast', ['total_sequence_length'], { to: 7 })
    const end = g.reshape(total, [])
    return g.op('Unsqueeze', [g.op('Range', [g.int(0), end, g.int(1)]), g.ints([0])])
  }
  const room = g.op('Gather', [g.op('Shape', ['past_key_0']), g.int(2)], { axis: 0 })
  const past = g.op('Unsqueeze', [g.op('Range', [g.int(0), room, g.int(1)]), g.ints([0])])
  const batch = g.op('Shape', ['position_ids'], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.ints([1])], { axis: 0 })
  return g.op('Concat', [g.op('Expand', [past, shape]), 'position_ids'], { axis: 1 })
}

/** Which of the encoder's positions are filled, bool [B, 1, 1, E]. */
function encoderVisible(g: GraphBuilder): string {
  const room = g.op('Gather', [g.op('Shape', ['cross_key_0']), g.int(2)], { axis: 0 })
  const columns = g.op('Range', [g.int(0), room, g.int(1)])
  const lengths = g.op('Unsqueeze', ['encoder_lengths', g.ints([1, 2, 3])])
  return g.op('Less', [columns, lengths])
}

function layer(
  g: GraphBuilder,
  config: T5Config,
  storage: Storage,
  index: number,
  x: string,
  { heads, bias, visible }: Shared,
): string {
  const module = `${DECODER}.block.${index}`
  const own = `${module}.layer.0.SelfAttention`
  const normed = rmsNorm(g, config, x, `${module}.layer.0.layer_norm`)
  const names = ['q', 'k', 'v'].map((name) => `${own}.${name}`)
  const qkv = project(g, config, storage, normed, names)
  const mixed = causalAttention(g, heads, index, qkv, { scale: 1, bias })
  const attended = g.op('Add', [x, attentionOutput(g, config, storage, mixed, own)])

  const cross = `${module}.layer.1.EncDecAttention`
  const before = rmsNorm(g, config, attended, `${module}.layer.1.layer_norm`)
  const rows = project(g, config, storage, before, [`${cross}.q`])
  const shape = g.op('Shape', ['position_ids']) // [B, S]
  const width = g.ints([config.heads * config.headDim])
  const batched = g.op('Reshape', [rows, g.op('Concat', [shape, width], { axis: 0 })])
  const inputs = [byHead(g, config, batched), `cross_key_${index}`, `cross_value_${index}`] as const
  const seen = attend(g, config, inputs, { visible })
  let sum = g.op('Add', [attended, attentionOutput(g, config, storage, seen, cross)])
  if (index === config.layers - 1) {
    // After the last attention a row meets no other row: go on with those that are wanted.
    sum = g.op('Gather', [sum, 'logits_rows'], { axis: 0 })
  }
  const last = rmsNorm(g, config, sum, `${module}.layer.2.layer_norm`)
  return g.op('Add', [sum, feedForward(g, config, storage, last, `${module}.layer.2`)])
}
