/**
 * Writes the image encoder: pixel_values f32 [B, 3, S, S] -> image_embeds f32 [B, N, width].
 *
 *     pixels -> patches -> Gemm ─┐
 *     (class token) ─────────────┴─ concat + positions (-> LN)
 *       -> layers x [LN, attention (x scale), LN, MLP (x scale)] -> LN, or the states after some of the layers
 *
 * A ViT whose norms come before its blocks. vit-settings.ts has the published kinds.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { biasAndActivate, LOWEST } from '../activations.ts'
import type { Activation } from '../activations.ts'
import { stemPatches } from './conv-stem.ts'
import type { Stem } from './conv-stem.ts'
import { addAndNorm, attention, linearAndBias, linear, norm, vector } from '../layers.ts'
import type { Linear, Norm, Storage } from '../layers.ts'

const CHANNELS = 3

/** What differs between kinds of vision towers. */
export type VitSettings = {
  /** A learned row stands before the patches. */
  readonly classToken: boolean
  /** The rows are normalized before the first layer, too, by `pre_layrnorm` (sic). */
  readonly preNorm: boolean
  /** The patch embedding has a bias. */
  readonly patchBias: boolean
  /** Names in the checkpoint. */
  readonly tensors: {
    /** The module of the tower, such as `vision_model`. */
    readonly module: string
    /** The tensor of the positions, in `<module>.embeddings`. */
    readonly positions: string
    /** Modules of `self_attn` that make queries, keys and values: one, or one each. */
    readonly qkv: readonly string[]
    /** The module of `self_attn` that makes its output. */
    readonly output: string
    /**
     * Vectors of a layer, by which the outputs of its attention and of its MLP are multiplied, channel by channel, before
     * they are added to the rows. Absent: they are added as they are.
     */
    readonly layerScale?: { readonly attention: string; readonly mlp: string }
  }
}

export type VisionConfig = VitSettings & {
  readonly hidden: number
  readonly intermediate: number
  /** Layers that are run. A checkpoint may have more, which nothing looks at. */
  readonly layers: number
  readonly heads: number
  /** Side of the square image and of one patch, in pixels. */
  readonly imageSize: number
  readonly patchSize: number
  readonly activation: Activation
  readonly epsilon: number
  readonly qkvBias: boolean
  /** Convolutions in the place of the patch embedding; `patchSize` is their stride. */
  readonly stem?: Stem
  /**
   * The states that are the output, side by side, by the number of layers before each; in any order, and
   * not normalized. Null: the last one, after `post_layernorm`.
   */
  readonly states: readonly number[] | null
  /** The output lacks the first row, that of the class token. */
  readonly dropsFirst: boolean
}

/** Patches along one side; a remainder narrower than a patch is ignored. */
function patchesPerSide({ imageSize, patchSize }: VisionConfig): number {
  return Math.floor(imageSize / patchSize)
}

/** Rows inside the tower: the patches and the class token. */
function rowsInside(config: VisionConfig): number {
  return patchesPerSide(config) ** 2 + (config.classToken ? 1 : 0)
}

/** Rows of `image_embeds`. */
export function visionTokens(config: VisionConfig): number {
  return rowsInside(config) - (config.dropsFirst ? 1 : 0)
}

/** Columns of `image_embeds`. */
export function visionWidth({ hidden, states }: VisionConfig): number {
  return hidden * (states?.length ?? 1)
}

export function visionGraph(config: VisionConfig, storage: Storage): GraphPlan {
  const g = new GraphBuilder('vision')
  const { imageSize, layers, states } = config
  g.input('pixel_values', 'float32', ['batch', CHANNELS, imageSize, imageSize])

  let sum = embeddings(g, config, storage) // [B * rows, hidden]
  const sums = [sum]
  let normed = norm(g, sum, layerNorm(config, 'encoder.layers.0.layer_norm1'))
  for (let i = 0; i < layers; i++) {
    const block = attentionBlock(g, config, storage, i, normed)
    const middle = layerNorm(config, `encoder.layers.${i}.layer_norm2`)
    ;({ normed, sum } = addAndNorm(g, block, sum, middle))
    const mlp = mlpBlock(g, config, storage, i, normed)
    const last = i === layers - 1
    if (last && states !== null) {
      sum = g.op('Add', [mlp, sum])
    } else {
      const next = last ? 'post_layernorm' : `encoder.layers.${i + 1}.layer_norm1`
      ;({ normed, sum } = addAndNorm(g, mlp, sum, layerNorm(config, next)))
    }
    sums.push(sum)
  }
  const wanted = states?.map((index) => sums[index]!) ?? [normed]
  const all = wanted.length === 1 ? wanted[0]! : g.op('Concat', wanted, { axis: -1 })
  output(g, config, all)
  return g.build()
}

/** @param rows [B * rows, width]. */
function output(g: GraphBuilder, config: VisionConfig, rows: string): void {
  const inside = rowsInside(config)
  const width = visionWidth(config)
  if (config.dropsFirst) {
    const all = g.reshape(rows, [-1, inside, width])
    const range = [g.ints([1]), g.ints([inside]), g.ints([1])]
    g.op('Slice', [all, ...range], {}, 'image_embeds')
  } else {
    g.reshape(rows, [-1, inside, width], 'image_embeds')
  }
  g.output('image_embeds', 'float32', ['batch', visionTokens(config), width])
}

/** The class token and the patches, with their positions. @returns [B * rows, hidden]. */
export function embeddings(g: GraphBuilder, config: VisionConfig, storage: Storage): string {
  const { hidden, stem, tensors } = config
  const rows = rowsInside(config)
  const patchRows =
    stem === undefined
      ? flatPatches(g, config, storage)
      : stemPatches(g, 'pixel_values', storage, stem, {
          module: patchModule(config),
          channels: CHANNELS,
          width: hidden,
        })
  const all = config.classToken ? withClass(g, config, patchRows) : patchRows
  const placed = g.op('Add', [all, tensor(g, config, tensors.positions, rows)])
  const flat = g.reshape(placed, [-1, hidden])
  return config.preNorm ? norm(g, flat, layerNorm(config, 'pre_layrnorm')) : flat
}

function withClass(g: GraphBuilder, config: VisionConfig, patchRows: string): string {
  const batch = g.op('Shape', ['pixel_values'], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.ints([1, config.hidden])], { axis: 0 })
  const classRows = g.op('Expand', [tensor(g, config, 'class_embedding', 1), shape])
  return g.op('Concat', [classRows, patchRows], { axis: 1 }) // [B, rows, hidden]
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
    modules: [patchModule(config)],
    inputs,
    outputs: hidden,
    bias: config.patchBias,
    quantize: false,
  })
  return g.reshape(rows, [-1, side * side, hidden])
}

function patchModule({ tensors }: VisionConfig): string {
  return `${tensors.module}.embeddings.patch_embedding`
}

function tensor(g: GraphBuilder, config: VisionConfig, name: string, rows: number): string {
  const { hidden, tensors } = config
  const parts = [{ tensor: `${tensors.module}.embeddings.${name}`, rows }]
  return g.weights.float(parts, hidden, [1, rows, hidden], 'float32')
}

export function layerNorm(config: VisionConfig, name: string): Norm {
  const { hidden: width, epsilon, tensors } = config
  return { module: `${tensors.module}.${name}`, width, epsilon, affine: true }
}

export function attentionBlock(
  g: GraphBuilder,
  config: VisionConfig,
  storage: Storage,
  layer: number,
  x: string,
): string {
  const { hidden, tensors } = config
  const module = `${tensors.module}.encoder.layers.${layer}.self_attn`
  const [query, key, value] = queriesKeysValues(g, config, storage, module, x)
  const mixed = attention(g, query!, key!, value!, config.heads)
  const rows = linear(g, storage, g.reshape(mixed, [-1, hidden]), {
    modules: [`${module}.${tensors.output}`],
    inputs: hidden,
    outputs: hidden,
    bias: true,
    quantize: true,
  })
  return scaled(g, config, layer, 'attention', rows)
}

/** @param rows [B * rows, hidden], the output of a half of the layer. */
function scaled(
  g: GraphBuilder,
  { hidden, tensors }: VisionConfig,
  layer: number,
  half: 'attention' | 'mlp',
  rows: string,
): string {
  const name = tensors.layerScale?.[half]
  return name === undefined
    ? rows
    : g.op('Mul', [rows, vector(g, [`${tensors.module}.encoder.layers.${layer}.${name}`], hidden)])
}

/** Each [B, rows, hidden]. */
function queriesKeysValues(
  g: GraphBuilder,
  config: VisionConfig,
  storage: Storage,
  module: string,
  x: string,
): string[] {
  const { hidden, tensors, qkvBias } = config
  const modules = tensors.qkv.map((name) => `${module}.${name}`)
  const project = (some: readonly string[]): Linear => ({
    modules: some,
    inputs: hidden,
    outputs: (3 * hidden) / modules.length,
    bias: qkvBias,
    quantize: true,
  })
  const batched = (rows: string, width: number) => g.reshape(rows, [-1, rowsInside(config), width])
  if (storage.perToken === true && modules.length > 1) {
    // Only a single matrix is stored by its outputs. The rows are still quantized once: ONNX Runtime
    // merges equal nodes.
    return modules.map((one) => batched(linear(g, storage, x, project([one])), hidden))
  }
  return g.split(batched(linear(g, storage, x, project(modules)), 3 * hidden), 3)
}

export function mlpBlock(
  g: GraphBuilder,
  config: VisionConfig,
  storage: Storage,
  layer: number,
  x: string,
): string {
  const { hidden, intermediate, tensors } = config
  const module = `${tensors.module}.encoder.layers.${layer}.mlp`
  const wide = linearAndBias(g, storage, x, {
    modules: [`${module}.fc1`],
    inputs: hidden,
    outputs: intermediate,
    bias: true,
    quantize: true,
  })
  const active = biasAndActivate(g, wide.product, wide.bias, config.activation)
  const rows = linear(g, storage, active, {
    modules: [`${module}.fc2`],
    inputs: intermediate,
    outputs: hidden,
    bias: true,
    quantize: true,
    lowest: LOWEST[config.activation],
  })
  return scaled(g, config, layer, 'mlp', rows)
}
