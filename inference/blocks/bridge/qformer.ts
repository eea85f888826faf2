/**
 * Writes the Q-Former and the bridge to the decoder: image_embeds f32 [B, N + 1, vision width] ->
 * query_output f32 [B, Q, width], image_tokens f32 [B, Q, embed].
 *
 *     queries -> LN -> layers x [self-attention, (cross-attention to the image), MLP] -> projection
 *
 * Every block adds its input and normalizes after (post-LN). Only the keys and values of the image,
 * the one place with hundreds of rows, may be quantized.
 *
 * The engine fetches `image_tokens` only. `query_output` is there for tests and benches, which hold
 * it to transformers, and to check the card against.
 *
 * Source: transformers 5.18, models/blip_2/modeling_blip_2.py, Blip2QFormerModel.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { biasAndActivate } from '../activations.ts'
import type { Activation } from '../activations.ts'
import { addAndNorm, attention, linear, linearAndBias, norm } from '../layers.ts'
import type { Norm, Storage } from '../layers.ts'

/** The Querying Transformer: post-LN BERT layers whose rows are learned queries. */
export type QformerConfig = {
  readonly queries: number
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  /** Layers whose index is a multiple of this have cross-attention to the image. */
  readonly crossFrequency: number
  readonly activation: Activation
  readonly epsilon: number
}

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
  const imageRows = g.reshape('image_embeds', [-1, width])

  let x = queryRows(g, config.qformer)
  for (let i = 0; i < layers; i++) {
    const module = `qformer.encoder.layer.${i}`
    x = selfAttention(g, config.qformer, storage, `${module}.attention`, x)
    if (i % crossFrequency === 0) {
      x = crossAttention(g, config, storage, `${module}.crossattention`, x, imageRows)
    }
    x = mlp(g, config.qformer, storage, module, x)
  }
  g.reshape(x, [-1, queries, hidden], 'query_output')
  g.output('query_output', 'float32', ['batch', queries, hidden])
  projection(g, config, storage, x)
  return g.build()
}

/** The learned queries after their layer norm, once per image: [B * Q, hidden]. */
function queryRows(g: GraphBuilder, config: QformerConfig): string {
  const { queries, hidden } = config
  const parts = [{ tensor: 'query_tokens', rows: queries }]
  const tokens = g.weights.float(parts, hidden, [1, queries, hidden], 'float32')
  const normed = norm(g, tokens, layerNorm(config, 'qformer.layernorm'))
  const batch = g.op('Shape', ['image_embeds'], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.ints([queries, hidden])], { axis: 0 })
  return g.reshape(g.op('Expand', [normed, shape]), [-1, hidden])
}

function selfAttention(
  g: GraphBuilder,
  config: QformerConfig,
  storage: Storage,
  module: string,
  x: string,
): string {
  const { hidden, queries } = config
  const qkv = linear(g, storage, x, {
    modules: ['query', 'key', 'value'].map((name) => `${module}.attention.${name}`),
    inputs: hidden,
    outputs: hidden,
    bias: true,
    quantize: false,
  })
  const [query, key, value] = g.split(g.reshape(qkv, [-1, queries, 3 * hidden]), 3)
  const mixed = attention(g, query!, key!, value!, config.heads)
  return attentionOutput(g, config, storage, module, mixed, x)
}

function crossAttention(
  g: GraphBuilder,
  config: QformerBridge,
  storage: Storage,
  module: string,
  x: string,
  imageRows: string,
): string {
  const { hidden, queries, heads } = config.qformer
  const query = linear(g, storage, x, {
    modules: [`${module}.attention.query`],
    inputs: hidden,
    outputs: hidden,
    bias: true,
    quantize: false,
  })
  const [key, value] = ['key', 'value'].map((name) => {
    const rows = linear(g, storage, imageRows, {
      modules: [`${module}.attention.${name}`],
      inputs: config.image.width,
      outputs: hidden,
      bias: true,
      quantize: true,
    })
    return g.reshape(rows, [-1, config.image.tokens, hidden])
  })
  const mixed = attention(g, g.reshape(query, [-1, queries, hidden]), key!, value!, heads)
  return attentionOutput(g, config.qformer, storage, module, mixed, x)
}

function attentionOutput(
  g: GraphBuilder,
  config: QformerConfig,
  storage: Storage,
  module: string,
  mixed: string,
  residual: string,
): string {
  const { hidden } = config
  const output = linear(g, storage, g.reshape(mixed, [-1, hidden]), {
    modules: [`${module}.output.dense`],
    inputs: hidden,
    outputs: hidden,
    bias: true,
    quantize: false,
  })
  const after = layerNorm(config, `${module}.output.LayerNorm`)
  return addAndNorm(g, output, residual, after).normed
}

function mlp(
  g: GraphBuilder,
  config: QformerConfig,
  storage: Storage,
  module: string,
  x: string,
): string {
  const { hidden, intermediate } = config
  const wide = linearAndBias(g, storage, x, {
    modules: [`${module}.intermediate_query.dense`],
    inputs: hidden,
    outputs: intermediate,
    bias: true,
    quantize: false,
  })
  const active = biasAndActivate(g, wide.product, wide.bias, config.activation)
  const output = linear(g, storage, active, {
    modules: [`${module}.output_query.dense`],
    inputs: intermediate,
    outputs: hidden,
    bias: true,
    quantize: false,
  })
  const after = layerNorm(config, `${module}.output_query.LayerNorm`)
  return addAndNorm(g, output, x, after).normed
}

/**
 * The projection is as wide as the decoder's hidden states. Where token embeddings are narrower,
 * transformers fills the placeholders with the first Q * embed numbers of all Q * hidden, row
 * after row (`masked_scatter`), and so does this.
 */
function projection(g: GraphBuilder, config: QformerBridge, storage: Storage, x: string): void {
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

function layerNorm(config: QformerConfig, module: string): Norm {
  return { module, width: config.hidden, epsilon: config.epsilon, affine: true }
}
