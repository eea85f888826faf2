/**
 * The layers of a Q-Former: BERT's, of which some look at the image, too.
 *
 * Every block adds its input and normalizes after (post-LN). Only the keys and values of the image,
 * the one place with hundreds of rows, may be quantized.
 *
 * Source: transformers 5.18, models/blip_2/modeling_blip_2.py, Blip2QFormerLayer.
 */

import type { GraphBuilder } from '../../onnx/graph-builder.ts'
import { biasAndActivate } from '../activations.ts'
import type { Activation } from '../activations.ts'
import { addAndNorm, attention, linear, linearAndBias } from '../layers.ts'
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

/** Puts rows, [B * rows, width], into their batch: [B, rows, width]. */
type Batched = (x: string, width: number) => string

/** What is looked at: the rows of all images, [B * N, width], and their batch. */
export type ImageRows = { readonly rows: string; readonly width: number; readonly batched: Batched }

/** @param about `bias`: added to the scores, f32 [B, 1, S, S]; default none. */
export function selfAttention(
  g: GraphBuilder,
  config: QformerConfig,
  storage: Storage,
  module: string,
  x: string,
  about: { readonly batched: Batched; readonly bias?: string },
): string {
  const { hidden } = config
  const qkv = linear(g, storage, x, {
    modules: ['query', 'key', 'value'].map((name) => `${module}.attention.${name}`),
    inputs: hidden,
    outputs: hidden,
    bias: true,
    quantize: false,
  })
  const [query, key, value] = g.split(about.batched(qkv, 3 * hidden), 3)
  const mixed = attention(g, query!, key!, value!, config.heads, about.bias)
  return attentionOutput(g, config, storage, module, mixed, x)
}

/** @param x the rows of the queries alone, [B * Q, hidden]. */
export function crossAttention(
  g: GraphBuilder,
  config: QformerConfig,
  storage: Storage,
  module: string,
  x: string,
  image: ImageRows,
): string {
  const { hidden, queries, heads } = config
  const query = linear(g, storage, x, {
    modules: [`${module}.attention.query`],
    inputs: hidden,
    outputs: hidden,
    bias: true,
    quantize: false,
  })
  const [key, value] = ['key', 'value'].map((name) => {
    const rows = linear(g, storage, image.rows, {
      modules: [`${module}.attention.${name}`],
      inputs: image.width,
      outputs: hidden,
      bias: true,
      quantize: true,
    })
    return image.batched(rows, hidden)
  })
  const mixed = attention(g, g.reshape(query, [-1, queries, hidden]), key!, value!, heads)
  return attentionOutput(g, config, storage, module, mixed, x)
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

/** The feed-forward layer of the queries' rows, or that of a text's. */
export function feedForward(
  g: GraphBuilder,
  config: QformerConfig,
  storage: Storage,
  module: string,
  x: string,
  part: 'query' | 'text',
): string {
  const { hidden, intermediate } = config
  const suffix = part === 'query' ? '_query' : ''
  const wide = linearAndBias(g, storage, x, {
    modules: [`${module}.intermediate${suffix}.dense`],
    inputs: hidden,
    outputs: intermediate,
    bias: true,
    quantize: false,
  })
  const active = biasAndActivate(g, wide.product, wide.bias, config.activation)
  const output = linear(g, storage, active, {
    modules: [`${module}.output${suffix}.dense`],
    inputs: intermediate,
    outputs: hidden,
    bias: true,
    quantize: false,
  })
  const after = layerNorm(config, `${module}.output${suffix}.LayerNorm`)
  return addAndNorm(g, output, x, after).normed
}

export function layerNorm(config: QformerConfig, module: string): Norm {
  return { module, width: config.hidden, epsilon: config.epsilon, affine: true }
}
