/**
 * Writes a convolutional stem: pixel_values f32 [B, 3, S, S] -> patches f32 [B, patches, width].
 *
 *     pixels -> Conv, Relu6 -> blocks ──────┬─> blocks -> 1x1 Conv ─┐
 *                                           └─> strided Conv ───────┴─ Add -> one row for each place
 *     block: hidden -> (1x1 Conv, Relu6) -> depthwise Conv, Relu6 -> 1x1 Conv (-> + hidden)
 *
 * It stands in the place of a ViT's patch embedding (Xiao et al. 2021, "Early convolutions help
 * transformers see better", arXiv 2106.14881, section 4). The blocks are the inverted residuals of
 * Sandler et al. 2018 (arXiv 1801.04381, section 3.4) as EfficientNet-Lite has them (Tan and Le 2019,
 * arXiv 1905.11946), batch norms folded; training/parts/stem.py, class ConvStem.
 */

import type { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { Storage } from '../layers.ts'

/** Inverted residual blocks of one width. The first block has the stride; the others have 1. */
export type StemStage = {
  /** Channels inside a block to those that come in. 1: the block has no first convolution. */
  readonly expansion: number
  /** Side of the square kernel of the depthwise convolution, not less than the stride. */
  readonly kernel: number
  readonly stride: number
  /** Output channels. */
  readonly channels: number
  readonly blocks: number
}

export type Stem = {
  /** Output channels of the first convolution (kernel 3, stride 2). */
  readonly channels: number
  readonly stages: readonly StemStage[]
  /** Stages before the finer of the two results, from 1. */
  readonly fine: number
}

type Convolution = {
  readonly inputs: number
  readonly outputs: number
  readonly kernel: number
  readonly stride: number
  readonly depthwise?: boolean
  /** Padded as TensorFlow's SAME pads an even side: what is odd goes to the right and bottom. */
  readonly padded?: boolean
}

type StemStorage = Pick<Storage, 'float' | 'bits'>

type Layer = (hidden: string, name: string, shape: Convolution) => string

const FIRST = { kernel: 3, stride: 2 }
const POINTWISE = { kernel: 1, stride: 1 }

/** Pixels of the picture to one place of the result, along a side. */
export function stemStride({ stages }: Stem): number {
  return stages.reduce((product, { stride }) => product * stride, FIRST.stride)
}

/**
 * @param pixels name of the input, float32 [B, channels, S, S]; S is a multiple of the stem's stride.
 * @param module of the checkpoint: its weights are `<module>.first`, `<module>.blocks.<i>.expand`,
 * `.depthwise` and `.project`, `<module>.coarse` and `<module>.fine`, each with `.weight` and `.bias`.
 * @returns name of the result, float32 [B, (S / stride) ** 2, width], rows from the top left.
 */
export function stemPatches(
  g: GraphBuilder,
  pixels: string,
  storage: StemStorage,
  stem: Stem,
  options: { readonly module: string; readonly channels: number; readonly width: number },
): string {
  const layer: Layer = (from, name, shape) =>
    convolution(g, storage, from, `${options.module}.${name}`, shape)
  const first = { inputs: options.channels, outputs: stem.channels, ...FIRST, padded: true }
  let hidden = relu6(g, layer(pixels, 'first', first))
  let inputs = stem.channels
  let index = 0
  let fine = ''
  for (const [i, { channels: outputs, ...stage }] of stem.stages.entries()) {
    for (let block = 0; block < stage.blocks; block++) {
      const stride = block === 0 ? stage.stride : 1
      const shape = { ...stage, inputs, outputs, stride }
      hidden = invertedResidual(g, layer, hidden, `blocks.${index}`, shape)
      inputs = outputs
      index++
    }
    if (i + 1 === stem.fine) {
      fine = layer(hidden, 'fine', fineShape(stem, options.width))
    }
  }
  const coarse = layer(hidden, 'coarse', { inputs, outputs: options.width, ...POINTWISE })
  const rows = g.reshape(g.op('Add', [coarse, fine]), [0, options.width, -1])
  return g.op('Transpose', [rows], { perm: [0, 2, 1] })
}

/** The finer result's projection jumps over as many pixels as the stages after it do. */
function fineShape({ stages, fine }: Stem, width: number): Convolution {
  const stride = stages.slice(fine).reduce((product, stage) => product * stage.stride, 1)
  return { inputs: stages[fine - 1]!.channels, outputs: width, kernel: stride, stride }
}

function invertedResidual(
  g: GraphBuilder,
  layer: Layer,
  hidden: string,
  name: string,
  shape: Convolution & { readonly expansion: number },
): string {
  const { inputs, outputs, kernel, stride } = shape
  const inner = inputs * shape.expansion
  const wide =
    shape.expansion === 1
      ? hidden
      : relu6(g, layer(hidden, `${name}.expand`, { inputs, outputs: inner, ...POINTWISE }))
  const each = { inputs: inner, outputs: inner, kernel, stride, depthwise: true, padded: true }
  const spread = relu6(g, layer(wide, `${name}.depthwise`, each))
  const result = layer(spread, `${name}.project`, { inputs: inner, outputs, ...POINTWISE })
  return inputs === outputs && stride === 1 ? g.op('Add', [hidden, result]) : result
}

function relu6(g: GraphBuilder, hidden: string): string {
  return g.op('Clip', [hidden, g.float(0), g.float(6)])
}

function convolution(
  g: GraphBuilder,
  storage: StemStorage,
  hidden: string,
  name: string,
  shape: Convolution,
): string {
  const { inputs, outputs, kernel, stride, depthwise = false, padded = false } = shape
  const weight = kernels(g, storage, `${name}.weight`, [
    outputs,
    depthwise ? 1 : inputs,
    kernel,
    kernel,
  ])
  const bias = g.weights.float([{ tensor: `${name}.bias`, rows: 1 }], outputs, [outputs], 'float32')
  const all = padded ? kernel - stride : 0
  const before = Math.floor(all / 2)
  return g.op('Conv', [hidden, weight, bias], {
    group: depthwise ? inputs : 1,
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [before, before, all - before, all - before],
  })
}

/** A convolution's weights as float32 of these dimensions; what they are made of is constant, and made when opened. */
function kernels(
  g: GraphBuilder,
  { float, bits }: StemStorage,
  tensor: string,
  dims: readonly [number, number, number, number],
): string {
  const [rows, ...rest] = dims
  const columns = rest.reduce((product, side) => product * side, 1)
  if (bits === 4) {
    // In 8 bits, as the convolutions are most of a small tower's bytes.
    const { values, scales } = g.weights.quantizedColumns({ tensor, rows }, columns)
    const turned = g.op('Mul', [g.op('Cast', [values], { to: 1 }), scales]) // [columns, rows]
    return g.op('Reshape', [g.op('Transpose', [turned], { perm: [1, 0] }), g.ints(dims)])
  }
  const stored = g.weights.float([{ tensor, rows }], columns, dims, float)
  return float === 'float16' ? g.op('Cast', [stored], { to: 1 }) : stored
}
