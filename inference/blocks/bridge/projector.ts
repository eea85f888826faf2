/**
 * Writes a bridge of linear layers: image_embeds f32 [B, N, vision width] -> image_tokens f32 [B, N, embed].
 *
 *     rows -> linear (-> activation -> linear)
 *
 * Source: transformers 5.18, models/llava/modeling_llava.py, LlavaMultiModalProjector.
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
  /** Columns of `image_tokens`. */
  readonly embed: number
  /** Modules of the checkpoint, one after the other; between two of them stands the activation. */
  readonly modules: readonly string[]
  readonly bias: boolean
  readonly activation: Activation
}

export function projectorGraph(config: ProjectorConfig, storage: Storage): GraphPlan {
  const g = new GraphBuilder('projector')
  const { tokens, width, embed, modules, bias, activation } = config
  g.input('image_embeds', 'float32', ['batch', tokens, width])
  let rows = g.reshape('image_embeds', [-1, width])
  let inputs = width
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
  g.reshape(rows, [-1, tokens, embed], 'image_tokens')
  g.output('image_tokens', 'float32', ['batch', tokens, embed])
  return g.build()
}
