/**
 * Writes the Q-Former and the bridge to the decoder: image_embeds f32 [B, N + 1, vision width] ->
 * query_output f32 [B, Q, width], image_tokens f32 [B, Q, embed].
 *
 *     queries -> LN -> layers x [self-attention, (cross-attention to the image), MLP] -> projection
 *
 * The engine fetches `image_tokens` only. `query_output` is there for tests and benches, which hold
 * it to transformers, and to check the card against.
 *
 * Source: transformers 5.18, models/blip_2/modeling_blip_2.py, Blip2QFormerModel.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { linear, norm } from '../layers.ts'
import type { Storage } from '../layers.ts'
import { crossAttention, feedForward, layerNorm, selfAttention } from './qformer-layers.ts'
import type { QformerConfig } from './qformer-layers.ts'

/** The Q-Former with both its ends. */
export type QformerBridge = {
  readonly qformer: QformerConfig
  /** What it attends to: rows and width of `image_embeds`. */
  readonly image: { readonly tokens: number; readonly width: number }
  /** What takes its tokens: the width of the hidden states, and of the token embeddings. */
  readonly decoder: { readonly hidden: number; readonly embed: number }
}

export function qformerGraph(config: QformerBridge, storage: Storage): GraphPlan {
  const g = new GraphBuilder('qformer')
  const { hidden, queries, layers, crossFrequency } = config.qformer
  const { tokens, width } = config.image
  g.input('image_embeds', 'float32', ['batch', tokens, width])
  const batchedBy = (rows: number) => (x: string, columns: number) =>
    g.reshape(x, [-1, rows, columns])
  const image = {
    rows: g.reshape('image_embeds', [-1, width]),
    width,
    batched: batchedBy(tokens),
  }
  const about = { batched: batchedBy(queries) }

  let x = queryRows(g, config.qformer, 'qformer.layernorm')
  for (let i = 0; i < layers; i++) {
    const module = `qformer.encoder.layer.${i}`
    x = selfAttention(g, config.qformer, storage, `${module}.attention`, x, about)
    if (i % crossFrequency === 0) {
      x = crossAttention(g, config.qformer, storage, `${module}.crossattention`, x, image)
    }
    x = feedForward(g, config.qformer, storage, module, x, 'query')
  }
  g.reshape(x, [-1, queries, hidden], 'query_output')
  g.output('query_output', 'float32', ['batch', queries, hidden])
  projection(g, config, storage, x)
  return g.build()
}

/**
 * The learned queries after their layer norm, once per image of `image_embeds`: [B * Q, hidden].
 *
 * @param module of the norm.
 */
export function queryRows(g: GraphBuilder, config: QformerConfig, module: string): string {
  const { queries, hidden } = config
  const parts = [{ tensor: 'query_tokens', rows: queries }]
  const tokens = g.weights.float(parts, hidden, [1, queries, hidden], 'float32')
  const normed = norm(g, tokens, layerNorm(config, module))
  const batch = g.op('Shape', ['image_embeds'], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.ints([queries, hidden])], { axis: 0 })
  return g.reshape(g.op('Expand', [normed, shape]), [-1, hidden])
}

/**
 * The projection is as wide as the decoder's hidden states. Where token embeddings are narrower,
 * transformers fills the placeholders with the first Q * embed numbers of all Q * hidden, row
 * after row (`masked_scatter`), and so does this.
 *
 * @param x the queries' rows, [B * Q, width]. Declares the output `image_tokens`.
 */
export function projection(
  g: GraphBuilder,
  config: Pick<QformerBridge, 'qformer' | 'decoder'>,
  storage: Storage,
  x: string,
): void {
  const { queries } = config.qformer
  const { hidden, embed } = config.decoder
  const projected = linear(g, storage, x, {
    modules: ['language_projection'],
    inputs: config.qformer.hidden,
    outputs: hidden,
    bias: true,
    quantize: false,
  })
  let numbers = projected
  if (embed !== hidden) {
    const flat = g.reshape(projected, [-1, queries * hidden])
    numbers = g.op('Slice', [flat, g.ints([0]), g.ints([queries * embed]), g.ints([1])])
  }
  g.reshape(numbers, [-1, queries, embed], 'image_tokens')
  g.output('image_tokens', 'float32', ['batch', queries, embed])
}
