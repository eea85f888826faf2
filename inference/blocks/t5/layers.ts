/** The layers that the encoder and the decoder of a T5 are made of. */

import type { GraphBuilder } from '../../onnx/graph-builder.ts'
import { activate } from '../activations.ts'
import { linear, lookUp, rmsNorm as rms, WORDS } from '../layers.ts'
import type { Storage } from '../layers.ts'
import type { T5Config } from './config.ts'

const MODEL = 'language_model'
export const ENCODER = `${MODEL}.encoder`
export const DECODER = `${MODEL}.decoder`

/** Low enough that a softmax gives exactly 0, and finite. */
const MASKED = -1e30

/** T5LayerNorm. */
export function rmsNorm(g: GraphBuilder, config: T5Config, x: string, module: string): string {
  return rms(g, x, { module, width: config.hidden, epsilon: config.epsilon })
}

/** ids int64 [B, T] -> f32 [B, T, hidden]. */
export function embed(g: GraphBuilder, config: T5Config, storage: Storage, ids: string): string {
  const table = { tensor: config.embedTensor, rows: config.vocab }
  return lookUp(g, storage, ids, [table], config.hidden, WORDS)
}

/** Projections of an attention, side by side: x [rows, hidden] -> [rows, names * heads * headDim]. */
export function project(
  g: GraphBuilder,
  config: T5Config,
  storage: Storage,
  x: string,
  names: readonly string[],
): string {
  return linear(g, storage, x, {
    modules: names,
    inputs: config.hidden,
    outputs: config.heads * config.headDim,
    bias: false,
    quantize: true,
  })
}

/** x [rows, heads * headDim] -> [rows, hidden]. @param module of the attention. */
export function attentionOutput(
  g: GraphBuilder,
  config: T5Config,
  storage: Storage,
  x: string,
  module: string,
): string {
  return linear(g, storage, x, {
    modules: [`${module}.o`],
    inputs: config.heads * config.headDim,
    outputs: config.hidden,
    bias: false,
    quantize: true,
  })
}

/**
 * The feed-forward layer, x [rows, hidden] -> [rows, hidden].
 *
 * A few inputs of `wo` are thousands of times larger than the others in Flan-T5, so they are never
 * rounded to int8.
 */
export function feedForward(
  g: GraphBuilder,
  config: T5Config,
  storage: Storage,
  x: string,
  module: string,
): string {
  const { hidden, intermediate, gated, activation } = config
  const dense = `${module}.DenseReluDense`
  const wide = linear(g, storage, x, {
    modules: gated ? [`${dense}.wi_0`, `${dense}.wi_1`] : [`${dense}.wi`],
    inputs: hidden,
    outputs: intermediate,
    bias: false,
    quantize: true,
  })
  const [first, second] = gated ? g.split(wide, 2) : [wide]
  const active = activate(g, first!, activation)
  const mixed = second === undefined ? active : g.op('Mul', [active, second])
  return linear(g, storage, mixed, {
    modules: [`${dense}.wo`],
    inputs: intermediate,
    outputs: hidden,
    bias: false,
    quantize: true,
    exactInput: true,
  })
}

/** [B, S, heads * headDim] -> [B, heads, S, headDim]. */
export function byHead(g: GraphBuilder, { heads, headDim }: T5Config, x: string): string {
  return g.op('Transpose', [g.reshape(x, [0, 0, heads, headDim])], { perm: [0, 2, 1, 3] })
}

/**
 * Attention without the usual division by the root of `headDim`, which T5's weights contain.
 *
 * @param query f32 [B, heads, S, headDim]; key and value f32 [B, heads, T, headDim].
 * @param about `bias` is added to the scores; `visible`, bool [B, 1, 1, T], says which keys there are.
 * @returns f32 [B * S, heads * headDim].
 */
export function attend(
  g: GraphBuilder,
  config: T5Config,
  [query, key, value]: readonly [string, string, string],
  about: { readonly bias?: string; readonly visible?: string },
): string {
  const turned = g.op('Transpose', [key], { perm: [0, 1, 3, 2] })
  let scores = g.op('MatMul', [query, turned])
  if (about.bias !== undefined) {
    scores = g.op('Add', [scores, about.bias])
  }
  if (about.visible !== undefined) {
    scores = g.op('Where', [about.visible, scores, g.float(MASKED)])
  }
  const mixed = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), value])
  const rows = g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] })
  return g.reshape(rows, [-1, config.heads * config.headDim])
}
