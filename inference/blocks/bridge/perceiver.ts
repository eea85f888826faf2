/**
 * Writes a Perceiver resampler: image_embeds f32 [B, N, width] -> latents f32 [B, L, width], however many rows
 * there were.
 *
 *     learned latents -> layers x [attention from the latents to the rows and to themselves, MLP] -> LN
 *
 * Source: transformers 5.18, models/idefics/perceiver.py, IdeficsPerceiverResampler.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { attention, linear, norm } from '../layers.ts'
import type { Norm, Storage } from '../layers.ts'
import { activate, LOWEST } from '../activations.ts'

export type PerceiverConfig = {
  /** The module in the checkpoint. */
  readonly module: string
  /** Rows and columns of `image_embeds`. */
  readonly tokens: number
  readonly width: number
  readonly latents: number
  readonly layers: number
  readonly heads: number
  /** All heads together need not be as wide as the rows. */
  readonly headDim: number
  /** The queries and the keys of each head go through a layer norm, one for all heads. */
  readonly headNorms: boolean
  readonly intermediate: number
}

/** PyTorch's default: transformers names none. */
const EPSILON = 1e-5

export function perceiverGraph(config: PerceiverConfig, storage: Storage): GraphPlan {
  const g = new GraphBuilder('resampler')
  const { module, tokens, width, latents } = config
  g.input('image_embeds', 'float32', ['batch', tokens, width])
  const learned = g.weights.float(
    [{ tensor: `${module}.latents`, rows: latents }],
    width,
    [1, latents, width],
    'float32',
  )
  const batch = g.op('Shape', ['image_embeds'], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.ints([latents, width])], { axis: 0 })
  let x = g.reshape(g.op('Expand', [learned, shape]), [-1, width])
  for (let i = 0; i < config.layers; i++) {
    const block = `${module}.blocks.${i}`
    x = g.op('Add', [x, resampled(g, config, storage, `${block}.0`, x)])
    x = g.op('Add', [x, mlp(g, config, storage, `${block}.1`, x)])
  }
  const normed = norm(g, x, layerNorm(`${module}.layer_norm`, width))
  g.reshape(normed, [-1, latents, width], 'latents')
  g.output('latents', 'float32', ['batch', latents, width])
  return g.build()
}

function layerNorm(module: string, width: number): Norm {
  return { module, width, epsilon: EPSILON, affine: true }
}

/** @param x the latents, [B * L, width]. @returns the same shape. */
function resampled(
  g: GraphBuilder,
  config: PerceiverConfig,
  storage: Storage,
  module: string,
  x: string,
): string {
  const { tokens, width, latents, heads, headDim } = config
  const own = norm(g, x, layerNorm(`${module}.latents_layer_norm`, width))
  const rows = norm(g, 'image_embeds', layerNorm(`${module}.context_layer_norm`, width))
  const all = g.op('Concat', [rows, g.reshape(own, [-1, latents, width])], { axis: 1 })
  const both = g.reshape(all, [-1, width])
  const project = (name: string, from: string, count: number) => {
    const projected = linear(g, storage, from, {
      modules: [`${module}.${name}_proj`],
      inputs: width,
      outputs: heads * headDim,
      bias: false,
      quantize: true,
    })
    return g.reshape(projected, [-1, count, heads * headDim])
  }
  const query = headsNormed(g, config, `${module}.q_layer_norm`, project('q', own, latents))
  const key = headsNormed(g, config, `${module}.k_layer_norm`, project('k', both, tokens + latents))
  const mixed = attention(g, query, key, project('v', both, tokens + latents), heads)
  return linear(g, storage, g.reshape(mixed, [-1, heads * headDim]), {
    modules: [`${module}.output_proj`],
    inputs: heads * headDim,
    outputs: width,
    bias: false,
    quantize: true,
  })
}

/** @param rows f32 [B, T, heads * headDim]. @returns the same shape. */
function headsNormed(
  g: GraphBuilder,
  { headNorms, heads, headDim }: PerceiverConfig,
  module: string,
  rows: string,
): string {
  if (!headNorms) {
    return rows
  }
  const apart = g.reshape(rows, [0, 0, heads, headDim])
  return g.reshape(norm(g, apart, layerNorm(module, headDim)), [0, 0, heads * headDim])
}

function mlp(
  g: GraphBuilder,
  { width, intermediate }: PerceiverConfig,
  storage: Storage,
  module: string,
  x: string,
): string {
  const wide = linear(g, storage, norm(g, x, layerNorm(`${module}.ln`, width)), {
    modules: [`${module}.fc`],
    inputs: width,
    outputs: intermediate,
    bias: false,
    quantize: true,
  })
  return linear(g, storage, activate(g, wide, 'relu'), {
    modules: [`${module}.c_proj`],
    inputs: intermediate,
    outputs: width,
    bias: false,
    quantize: true,
    lowest: LOWEST.relu,
  })
}
