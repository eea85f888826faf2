/**
 * Writes a bridge of linear layers: image_embeds f32 [B, N, vision width] -> image_tokens f32 [B, M, embed].
 *
 *     (squares of rows side by side ->) rows -> linear (-> activation -> linear) (-> a learned row behind them)
 *
 * Source: transformers 5.18, models/llava/modeling_llava.py, LlavaMultiModalProjector;
 * models/idefics3/modeling_idefics3.py, Idefics3Connector; models/llava_onevision/modeling_llava_onevision.py,
 * `image_newline`.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { biasAndActivate } from '../activations.ts'
import type { Activation } from '../activations.ts'
import { linear, linearAndBias } from '../layers.ts'
import type { Storage } from '../layers.ts'

export type ProjectorConfig = {
  /** Rows and columns of `image_embeds`. */
  readonly tokens: number
  readonly width: number
  /**
   * "Pixel shuffle": so many rows and columns of patches become one row, row by row. It divides the
   * patches along a side. Default 1.
   */
  readonly shuffle?: number
  /** Columns of `image_tokens`. */
  readonly embed: number
  /** Modules of the checkpoint, one after the other; between two of them stands the activation. */
  readonly modules: readonly string[]
  readonly bias: boolean
  readonly activation: Activation
  /** A row of the checkpoint that stands behind those of each picture. Default: none. */
  readonly endTensor?: string
}

/** Rows of `image_tokens`. */
export function projectorTokens({ tokens, shuffle = 1, endTensor }: ProjectorConfig): number {
  return tokens / shuffle ** 2 + (endTensor === undefined ? 0 : 1)
}

export function projectorGraph(config: ProjectorConfig, storage: Storage): GraphPlan {
  const g = new GraphBuilder('projector')
  const { tokens, width, shuffle = 1, embed, modules, bias, activation } = config
  const outTokens = projectorTokens(config)
  g.input('image_embeds', 'float32', ['batch', tokens, width])
  let rows = shuffled(g, config)
  let inputs = width * shuffle ** 2
  for (const [i, module] of modules.entries()) {
    const layer = { modules: [module], inputs, outputs: embed, bias, quantize: true }
    if (i < modules.length - 1) {
      const { product, bias: added } = linearAndBias(g, storage, rows, layer)
      rows = biasAndActivate(g, product, added, activation)
    } else {
      rows = linear(g, storage, rows, layer)
    }
    inputs = embed
  }
  ended(g, config, rows)
  g.output('image_tokens', 'float32', ['batch', outTokens, embed])
  return g.build()
}

/** @param rows [B * M, embed], without the ends. */
function ended(g: GraphBuilder, config: ProjectorConfig, rows: string): void {
  const { embed, endTensor } = config
  if (endTensor === undefined) {
    g.reshape(rows, [-1, projectorTokens(config), embed], 'image_tokens')
    return
  }
  const end = g.weights.float([{ tensor: endTensor, rows: 1 }], embed, [1, 1, embed], 'float32')
  const batch = g.op('Shape', ['image_embeds'], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.ints([1, embed])], { axis: 0 })
  const apart = g.reshape(rows, [-1, projectorTokens(config) - 1, embed])
  g.op('Concat', [apart, g.op('Expand', [end, shape])], { axis: 1 }, 'image_tokens')
}

/** @returns [B * M, width * shuffle * shuffle]. */
function shuffled(g: GraphBuilder, { tokens, width, shuffle = 1 }: ProjectorConfig): string {
  if (shuffle === 1) {
    return g.reshape('image_embeds', [-1, width])
  }
  const side = Math.sqrt(tokens) / shuffle
  const squares = g.reshape('image_embeds', [-1, side, shuffle, side, shuffle, width])
  const together = g.op('Transpose', [squares], { perm: [0, 1, 3, 2, 4, 5] })
  return g.reshape(together, [-1, shuffle * shuffle * width])
}
