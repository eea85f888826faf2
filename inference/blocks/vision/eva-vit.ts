/**
 * Writes the image encoder: pixel_values f32 [B, 3, S, S] -> image_embeds f32 [B, N + 1, width].
 *
 *     pixels -> patches -> Gemm ─┐
 *     class token ───────────────┴─ concat + positions -> layers x [LN, attention, LN, MLP] -> LN
 *
 * Source: transformers 5.18, models/blip_2/modeling_blip_2.py, Blip2VisionModel.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { biasAndActivate, LOWEST } from '../activations.ts'
import type { Activation } from '../activations.ts'
import { stemPatches } from './conv-stem.ts'
import type { StemLayer } from './conv-stem.ts'
import { addAndNorm, attention, linearAndBias, linear, norm } from '../layers.ts'
import type { Norm, Storage } from '../layers.ts'

const CHANNELS = 3
const PATCHES = 'vision_model.embeddings.patch_embedding'

/** The image encoder: pre-LN ViT with a fused qkv weight. */
export type VisionConfig = {
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly heads: number
  /** Side of the square image and of one patch, in pixels. */
  readonly imageSize: number
  readonly patchSize: number
  readonly activation: Activation
  readonly epsilon: number
  readonly qkvBias: boolean
  /** Convolutions in the place of the patch embedding; `patchSize` is their stride. */
  readonly stem?: readonly StemLayer[]
}

/** Patches along one side; a remainder narrower than a patch is ignored. */
function patchesPerSide(vision: VisionConfig): number {
  return Math.floor(vision.imageSize / vision.patchSize)
}

/** Rows of `image_embeds`: the patches and the class token. */
export function visionTokens(vision: VisionConfig): number {
  return patchesPerSide(vision) ** 2 + 1
}

export function visionGraph(config: VisionConfig, storage: Storage): GraphPlan {
  const g = new GraphBuilder('vision')
  const { hidden, imageSize } = config
  const tokens = visionTokens(config)
  g.input('pixel_values', 'float32', ['batch', CHANNELS, imageSize, imageSize])

  let sum = embeddings(g, config, storage) // [B * tokens, hidden]
  let normed = norm(g, sum, layerNorm(config, 'encoder.layers.0.layer_norm1'))
  for (let i = 0; i < config.layers; i++) {
    const block = attentionBlock(g, config, storage, i, normed)
    const middle = layerNorm(config, `encoder.layers.${i}.layer_norm2`)
    ;({ normed, sum } = addAndNorm(g, block, sum, middle))
    const mlp = mlpBlock(g, config, storage, i, normed)
    const last = i === config.layers - 1
    const next = last ? 'post_layernorm' : `encoder.layers.${i + 1}.layer_norm1`
    ;({ normed, sum } = addAndNorm(g, mlp, sum, layerNorm(config, next)))
  }
  g.reshape(normed, [-1, tokens, hidden], 'image_embeds')
  g.output('image_embeds', 'float32', ['batch', tokens, hidden])
  return g.build()
}

/** The class token and the patches, with their positions. @returns [B * tokens, hidden]. */
export function embeddings(g: GraphBuilder, config: VisionConfig, storage: Storage): string {
  const { hidden, stem } = config
  const side = patchesPerSide(config)
  const patchRows =
    stem === undefined
      ? flatPatches(g, config, storage)
      : stemPatches(g, 'pixel_values', stem, { module: PATCHES, channels: CHANNELS })
  const classToken = tensor(g, 'class_embedding', 1, hidden)
  const batch = g.op('Shape', ['pixel_values'], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.ints([1, hidden])], { axis: 0 })
  const classRows = g.op('Expand', [classToken, shape]) // [B, 1, hidden]
  const all = g.op('Concat', [classRows, patchRows], { axis: 1 })
  const placed = g.op('Add', [all, tensor(g, 'position_embedding', side * side + 1, hidden)])
  return g.reshape(placed, [-1, hidden])
}

/** A convolution whose stride is its size, as one Gemm over flattened patches. */
function flatPatches(g: GraphBuilder, config: VisionConfig, storage: Storage): string {
  const { hidden, patchSize } = config
  const side = patchesPerSide(config)
  const used = side * patchSize
  const whole =
    used === config.imageSize
      ? 'pixel_values'
      : g.op('Slice', ['pixel_values', g.ints([0, 0]), g.ints([used, used]), g.ints([2, 3])])
  const grid = g.reshape(whole, [-1, CHANNELS, side, patchSize, side, patchSize])
  const patches = g.op('Transpose', [grid], { perm: [0, 2, 4, 1, 3, 5] }) // [B, y, x, C, p, p]
  const inputs = CHANNELS * patchSize * patchSize
  const rows = linear(g, storage, g.reshape(patches, [-1, inputs]), {
    modules: [PATCHES],
    inputs,
    outputs: hidden,
    bias: true,
    quantize: false,
  })
  return g.reshape(rows, [-1, side * side, hidden])
}

function tensor(g: GraphBuilder, name: string, rows: number, columns: number): string {
  const parts = [{ tensor: `vision_model.embeddings.${name}`, rows }]
  return g.weights.float(parts, columns, [1, rows, columns], 'float32')
}

export function layerNorm(config: VisionConfig, name: string): Norm {
  const { hidden: width, epsilon } = config
  return { module: `vision_model.${name}`, width, epsilon, affine: true }
}

export function attentionBlock(
  g: GraphBuilder,
  config: VisionConfig,
  storage: Storage,
  layer: number,
  x: string,
): string {
  const { hidden } = config
  const module = `vision_model.encoder.layers.${layer}.self_attn`
  const qkv = linear(g, storage, x, {
    modules: [`${module}.qkv`],
    inputs: hidden,
    outputs: 3 * hidden,
    bias: config.qkvBias,
    quantize: true,
  })
  const batched = g.reshape(qkv, [-1, visionTokens(config), 3 * hidden])
  const [query, key, value] = g.split(batched, 3)
  const mixed = attention(g, query!, key!, value!, config.heads)
  return linear(g, storage, g.reshape(mixed, [-1, hidden]), {
    modules: [`${module}.projection`],
    inputs: hidden,
    outputs: hidden,
    bias: true,
    quantize: true,
  })
}

export function mlpBlock(
  g: GraphBuilder,
  config: VisionConfig,
  storage: Storage,
  layer: number,
  x: string,
): string {
  const { hidden, intermediate } = config
  const module = `vision_model.encoder.layers.${layer}.mlp`
  const wide = linearAndBias(g, storage, x, {
    modules: [`${module}.fc1`],
    inputs: hidden,
    outputs: intermediate,
    bias: true,
    quantize: true,
  })
  const active = biasAndActivate(g, wide.product, wide.bias, config.activation)
  return linear(g, storage, active, {
    modules: [`${module}.fc2`],
    inputs: intermediate,
    outputs: hidden,
    bias: true,
    quantize: true,
    lowest: LOWEST[config.activation],
  })
}
