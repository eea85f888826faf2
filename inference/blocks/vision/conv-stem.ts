/**
 * Writes a convolutional stem: pixel_values f32 [B, 3, S, S] -> patches f32 [B, patches, width].
 *
 *     pixels -> Conv -> Relu -> … -> Conv -> one row for each place
 *
 * It stands in the place of a ViT's patch embedding. Source: Xiao et al. 2021, "Early convolutions help
 * transformers see better" (arXiv 2106.14881), section 4, here with biases and without batch norm;
 * training/parts/stem.py, class ConvStem.
 */

import type { GraphBuilder } from '../../onnx/graph-builder.ts'

/** A convolution, padded by half its kernel; all but the last are followed by ReLU. */
export type StemLayer = {
  /** Output channels. */
  readonly channels: number
  /** Side of the square kernel, odd, in pixels of what comes in. */
  readonly kernel: number
  readonly stride: number
}

/** Pixels of the picture to one place of the result, along a side. */
export function stemStride(stem: readonly StemLayer[]): number {
  return stem.reduce((product, { stride }) => product * stride, 1)
}

/**
 * @param pixels name of the input, float32 [B, channels, S, S]; S is a multiple of the stem's stride.
 * @param module of the checkpoint: its weights are `<module>.convolutions.<i>.weight` and `.bias`.
 * @returns name of the result, float32 [B, (S / stride) ** 2, width], rows from the top left.
 */
export function stemPatches(
  g: GraphBuilder,
  pixels: string,
  stem: readonly StemLayer[],
  { module, channels }: { readonly module: string; readonly channels: number },
): string {
  let hidden = pixels
  let inputs = channels
  for (const [i, layer] of stem.entries()) {
    const { channels: outputs, kernel, stride } = layer
    const name = `${module}.convolutions.${i}`
    const columns = inputs * kernel * kernel
    const weight = g.weights.float(
      [{ tensor: `${name}.weight`, rows: outputs }],
      columns,
      [outputs, inputs, kernel, kernel],
      'float32',
    )
    const bias = g.weights.float(
      [{ tensor: `${name}.bias`, rows: 1 }],
      outputs,
      [outputs],
      'float32',
    )
    const pad = (kernel - 1) / 2
    const convolved = g.op('Conv', [hidden, weight, bias], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    })
    hidden = i === stem.length - 1 ? convolved : g.op('Relu', [convolved])
    inputs = outputs
  }
  const rows = g.reshape(hidden, [0, inputs, -1])
  return g.op('Transpose', [rows], { perm: [0, 2, 1] })
}
