/**
 * Writes what a decoder looks at of a picture: picture_rows f32 [B, N, width] -> image_tokens f32 [B, 1, numbers],
 * the keys and values of each layer that looks, one after the other:
 *
 *     keys [heads, headDim, N], values [heads, N, headDim] of the first layer; of the second; …
 *
 * They depend on the picture alone, so they are computed once for it. The layout is the one that decoder graphs
 * take (blocks/decoder/gated-attention.ts): a run moves nothing.
 *
 * Source: transformers 5.18, models/idefics/modeling_idefics.py, IdeficsAttention, as cross-attention.
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { linear, rmsNorm } from '../layers.ts'
import type { Storage } from '../layers.ts'

export type PictureKeysConfig = {
  /** Rows and columns of `picture_rows`. */
  readonly rows: number
  readonly width: number
  readonly heads: number
  readonly headDim: number
  /** The attention modules of the layers that look, such as `….0.cross_attn`. */
  readonly modules: readonly string[]
  /** The keys of each head are normalized. */
  readonly headNorms: boolean
  readonly epsilon: number
}

/** Numbers of all keys and values of a picture. */
export function pictureNumbers({ rows, heads, headDim, modules }: PictureKeysConfig): number {
  return 2 * modules.length * rows * heads * headDim
}

export function pictureKeysGraph(config: PictureKeysConfig, storage: Storage): GraphPlan {
  const g = new GraphBuilder('picture-keys')
  const { rows, width, heads, headDim, modules } = config
  g.input('picture_rows', 'float32', ['batch', rows, width])
  const flat = g.reshape('picture_rows', [-1, width])
  const project = (module: string) => {
    const projected = linear(g, storage, flat, {
      modules: [module],
      inputs: width,
      outputs: heads * headDim,
      bias: false,
      quantize: true,
    })
    return g.reshape(projected, [-1, rows, heads, headDim])
  }
  const parts = modules.flatMap((module) => {
    const keys = project(`${module}.k_proj`)
    const { epsilon } = config
    const normed = config.headNorms
      ? rmsNorm(g, keys, { module: `${module}.k_layer_norm`, width: headDim, epsilon })
      : keys
    const turned = g.op('Transpose', [normed], { perm: [0, 2, 3, 1] })
    const values = g.op('Transpose', [project(`${module}.v_proj`)], { perm: [0, 2, 1, 3] })
    return [turned, values].map((part) => g.reshape(part, [0, 1, -1]))
  })
  g.op('Concat', parts, { axis: -1 }, 'image_tokens')
  g.output('image_tokens', 'float32', ['batch', 1, pictureNumbers(config)])
  return g.build()
}
