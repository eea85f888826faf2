/**
 * Writes the T5 encoder: image tokens and text ids in, and out come the keys and values by which
 * every layer of the decoder looks at them.
 *
 *     [image_tokens][embeddings] -> layers x [RMS norm, attention to all, RMS norm, MLP] -> RMS norm
 *       -> keys and values of each decoder layer
 *
 * With B prompts of I image tokens and T text ids, E = I + T; none is padded.
 *
 * - `encoder_output` f32 [B, E, hidden]: for tests and benches, which hold it to transformers
 * - `key_i`, `value_i` f32 [B, E, heads * headDim] of decoder layer i
 *
 * Source: transformers 5.18, models/t5/modeling_t5.py, T5Stack.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { Storage } from '../layers.ts'
import type { T5Config } from './config.ts'
import {
  attend,
  attentionOutput,
  byHead,
  DECODER,
  embed,
  ENCODER,
  feedForward,
  project,
  rmsNorm,
} from './layers.ts'
import { encoderBias } from './relative-position.ts'

export function t5EncoderGraph(config: T5Config, storage: Storage): GraphPlan {
  const g = new GraphBuilder('encoder')
  const { hidden, heads, headDim } = config
  g.input('image_tokens', 'float32', ['batch', 'image_length', hidden])
  g.input('input_ids', 'int64', ['batch', 'text_length'])
  const words = embed(g, config, storage, 'input_ids')
  const all = g.op('Concat', ['image_tokens', words], { axis: 1 }) // [B, E, hidden]
  const shape = g.op('Shape', [all], { start: 0, end: 2 }) // [B, E]
  const length = g.op('Gather', [shape, g.int(1)], { axis: 0 })
  const bias = encoderBias(g, config, ENCODER, length)
  const batched = (x: string, width: number, output?: string) =>
    g.op('Reshape', [x, g.op('Concat', [shape, g.ints([width])], { axis: 0 })], {}, output)

  let x = g.reshape(all, [-1, hidden])
  for (let i = 0; i < config.encoderLayers; i++) {
    const module = `${ENCODER}.block.${i}`
    const attention = `${module}.layer.0.SelfAttention`
    const normed = rmsNorm(g, config, x, `${module}.layer.0.layer_norm`)
    const names = ['q', 'k', 'v'].map((name) => `${attention}.${name}`)
    const qkv = project(g, config, storage, normed, names)
    const parts = g.split(batched(qkv, 3 * heads * headDim), 3)
    const [query, key, value] = parts.map((part) => byHead(g, config, part))
    const mixed = attend(g, config, [query!, key!, value!], { bias })
    x = g.op('Add', [x, attentionOutput(g, config, storage, mixed, attention)])
    const before = rmsNorm(g, config, x, `${module}.layer.1.layer_norm`)
    x = g.op('Add', [x, feedForward(g, config, storage, before, `${module}.layer.1`)])
  }
  const encoded = rmsNorm(g, config, x, `${ENCODER}.final_layer_norm`)
  batched(encoded, hidden, 'encoder_output')
  g.output('encoder_output', 'float32', ['batch', 'length', hidden])

  for (let i = 0; i < config.layers; i++) {
    for (const [name, letter] of [
      ['key', 'k'],
      ['value', 'v'],
    ] as const) {
      const module = `${DECODER}.block.${i}.layer.1.EncDecAttention.${letter}`
      const rows = project(g, config, storage, encoded, [module])
      batched(rows, heads * headDim, `${name}_${i}`)
      g.output(`${name}_${i}`, 'float32', ['batch', 'length', heads * headDim])
    }
  }
  return g.build()
}
