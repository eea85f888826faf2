/**
 * Writes a convolutional stem: pixel_values f32 [B, 3, S, S] -> patches f32 [B, patches, width].
 *
 *     pixels -> Conv -> blocks -> Relu -> Conv -> blocks -> … -> one row for each place
 *     block: hidden -> Relu -> Conv -> Relu -> Conv -> + hidden
 *
 * It stands in the place of a ViT's patch embedding. Sources: Xiao et al. 2021, "Early convolutions help
 * transformers see better" (arXiv 2106.14881), section 4, here with biases and without batch norm; the
 * blocks of He et al. 2016, "Identity mappings in deep residual networks" (arXiv 1603.05027), without
 * batch norm; training/parts/stem.py, class ConvStem.
 */

import type { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { Storage } from '../layers.ts'

/** A convolution, padded by half its kernel, and the residual blocks after it. */
export type StemLayer = {
  /** Output channels. */
  readonly channels: number
  /** Side of the square kernel, odd, in pixels of what comes in. */
  readonly kernel: number
  readonly stride: number
  readonly blocks: number
}

/** Side of the kernels of the residual blocks. */
const BLOCK_KERNEL = 3

/** Pixels of the picture to one place of the result, along a side. */
export function stemStride(stem: readonly StemLayer[]): number {
  return stem.reduce((product, { stride }) => product * stride, 1)
}

/**
 * @param pixels name of the input, float32 [B, channels, S, S]; S is a multiple of the stem's stride.
 * @param module of the checkpoint: its weights are `<module>.convolutions.<i>.weight` and `.bias`, and
 * `<module>.blocks.<i>.<block>.<0 or 1>.weight` and `.bias`.
 * @returns name of the result, float32 [B, (S / stride) ** 2, width], rows from the top left.
 */
export function stemPatches(
  g: GraphBuilder,
  pixels: string,
  storage: Pick<Storage, 'float'>,
  stem: readonly StemLayer[],
  { module, channels }: { readonly module: string; readonly channels: number },
): string {
  let hidden = pixels
  let inputs = channels
  for (const [i, layer] of stem.entries()) {
    const outputs = layer.channels
    const from = i === 0 ? hidden : g.op('Relu', [hidden])
    hidden = convolution(g, storage, from, `${module}.convolutions.${i}`, {
      ...layer,
      inputs,
      outputs,
    })
    const inner = { kernel: BLOCK_KERNEL, stride: 1, inputs: outputs, outputs }
    for (let block = 0; block < layer.blocks; block++) {
      const name = `${module}.blocks.${i}.${block}`
      const first = convolution(g, storage, g.op('Relu', [hidden]), `${name}.0`, inner)
      const second = convolution(g, storage, g.op('Relu', [first]), `${name}.1`, inner)
      hidden = g.op('Add', [hidden, second])
    }
    inputs = outputs
  }
  const rows = g.reshape(hidden, [0, inputs, -1])
  return g.op('Transpose', [rows], { perm: [0, 2, 1] })
}

function convolution(
  g: GraphBuilder,
  { float }: Pick<Storage, 'float'>,
  hidden: string,
  name: string,
  {
    inputs,
    outputs,
    kernel,
    stride,
  }: Readonly<Record<'inputs' | 'outputs' | 'kernel' | 'stride', number>>,
): string {
  const stored = g.weights.float(
    [{ tensor: `${name}.weight`, rows: outputs }],
    inputs * kernel * kernel,
    [outputs, inputs, kernel, kernel],
    float,
  )
  const weight = float === 'float16' ? g.op('Cast', [stored], { to: 1 }) : stored
  const bias = g.weights.float([{ tensor: `${name}.bias`, rows: 1 }], outputs, [outputs], 'float32')
  const pad = (kernel - 1) / 2
  return g.op('Conv', [hidden, weight, bias], {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
  })
}
