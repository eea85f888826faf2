/**
 * Smooths the image encoder before it is quantised: what makes a channel of the activations large
 * is moved into the weights that meet it, where each is divided and multiplied by the same factor.
 * In full precision the function stays what it was; in int8 the large channel no longer takes the
 * range from all others of its row.
 *
 *     layer_norm1 / s ─> qkv * s          values of qkv / t ─> projection * t
 *     layer_norm2 / u ─> fc1 * u          (GELU stands before fc2: it stays as it is)
 *
 * Source: Xiao et al. 2023, SmoothQuant, arXiv 2211.10438, equation 4. The factors are folded into
 * tensors as they are converted: the graph is the same with and without them.
 */

import type { Scaling, Scalings } from '../weights/scaling.ts'

/** The linear modules of a layer whose inputs can be smoothed without another operator. */
export const SMOOTHED_MODULES = ['self_attn.qkv', 'self_attn.projection', 'mlp.fc1'] as const
export type SmoothedModule = (typeof SMOOTHED_MODULES)[number]

/** The factor of each channel of a module's input. */
export type SmoothingFactors = Readonly<Record<SmoothedModule, Float32Array>>

/**
 * s = inputs^alpha / weights^(1 - alpha), channel by channel; 1 where a channel is always 0.
 *
 * @param inputs largest magnitude in each channel of a module's input.
 * @param weights largest magnitude of the weights that meet each channel.
 * @param alpha 0 to 1: how much of the difficulty is moved from the input to the weights.
 */
export function smoothingFactors(
  inputs: Float32Array,
  weights: Float32Array,
  alpha: number,
): Float32Array {
  return inputs.map((input, channel) => {
    const weight = weights[channel]!
    return input > 0 && weight > 0 ? input ** alpha / weight ** (1 - alpha) : 1
  })
}

/**
 * Divides a layer's inputs by the factors where they are made and multiplies the weights by them.
 *
 * @param layer e.g. `vision_model.encoder.layers.0`.
 */
export function foldFactors(layer: string, factors: SmoothingFactors): Scalings {
  const undone = (module: SmoothedModule) => factors[module].map((factor) => 1 / factor)
  // The rows of qkv are queries, keys and values, each as many as projection has inputs.
  const { length } = factors['self_attn.projection']
  const values = new Float32Array(3 * length).fill(1)
  values.set(undone('self_attn.projection'), 2 * length)
  const first = { columns: undone('self_attn.qkv') }
  const second = { columns: undone('mlp.fc1') }
  return new Map<string, Scaling>([
    [`${layer}.layer_norm1.weight`, first],
    [`${layer}.layer_norm1.bias`, first],
    [`${layer}.self_attn.qkv.weight`, { rows: values, columns: factors['self_attn.qkv'] }],
    [`${layer}.self_attn.qkv.bias`, { columns: values }],
    [`${layer}.self_attn.projection.weight`, { columns: factors['self_attn.projection'] }],
    [`${layer}.layer_norm2.weight`, second],
    [`${layer}.layer_norm2.bias`, second],
    [`${layer}.mlp.fc1.weight`, { columns: factors['mlp.fc1'] }],
  ])
}
