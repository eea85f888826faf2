/**
 * Writes the image encoder in parts, a graph for each layer, so that it can be run and measured
 * with the weights of one layer in memory. Hidden states are f32 [B * tokens, hidden].
 */

import type { VisionConfig } from '../../families/blip2/config.ts'
import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { addAndNorm, norm } from '../layers.ts'
import type { Linear, Storage } from '../layers.ts'
import { attentionBlock, embeddings, layerNorm, mlpBlock } from './eva-vit.ts'

const FULL: Storage = { float: 'float32', bits: null }

/** A graph in full precision, and the modules whose channels it measures. */
export type MeasuredLayer = {
  readonly plan: GraphPlan
  readonly modules: readonly string[]
}

/** pixel_values f32 [B, 3, S, S] -> hidden_states, as the first layer takes them. */
export function visionEmbeddingsGraph(config: VisionConfig): GraphPlan {
  const { hidden, imageSize } = config
  const g = new GraphBuilder('embeddings')
  g.input('pixel_values', 'float32', ['batch', 3, imageSize, imageSize])
  g.op('Identity', [embeddings(g, config, FULL)], {}, 'hidden_states')
  g.output('hidden_states', 'float32', ['rows', hidden])
  return g.build()
}

/** hidden_states -> next: one layer, with the norm of each of its halves. */
export function visionLayerGraph(config: VisionConfig, layer: number, storage: Storage): GraphPlan {
  const g = new GraphBuilder('layer')
  writeLayer(g, config, layer, storage)
  return g.build()
}

/**
 * As `visionLayerGraph` in full precision, with the largest magnitude in every channel of each
 * linear module: of what comes in as `inputs_<i>`, of the weights as `weights_<i>`, both f32
 * [inputs], where i is the place of the module in the list.
 */
export function measuredLayerGraph(config: VisionConfig, layer: number): MeasuredLayer {
  const g = new GraphBuilder('measured')
  const modules: string[] = []
  const largest = (matrix: string, width: number, name: string) => {
    g.op('ReduceMax', [g.op('Abs', [matrix]), g.ints([0])], { keepdims: 0 }, name)
    g.output(name, 'float32', [width])
  }
  const onLinear = ({ modules: [module], inputs, outputs: rows }: Linear, x: string) => {
    const parts = [{ tensor: `${module}.weight`, rows }]
    const weight = g.weights.float(parts, inputs, [rows, inputs], 'float32')
    largest(x, inputs, `inputs_${modules.length}`)
    largest(weight, inputs, `weights_${modules.length}`)
    modules.push(module!)
  }
  writeLayer(g, config, layer, { ...FULL, onLinear })
  return { plan: g.build(), modules }
}

function writeLayer(g: GraphBuilder, config: VisionConfig, layer: number, storage: Storage): void {
  const half = (name: string) => layerNorm(config, `encoder.layers.${layer}.${name}`)
  g.input('hidden_states', 'float32', ['rows', config.hidden])
  const first = norm(g, 'hidden_states', half('layer_norm1'))
  const block = attentionBlock(g, config, storage, layer, first)
  const { normed, sum } = addAndNorm(g, block, 'hidden_states', half('layer_norm2'))
  g.op('Add', [mlpBlock(g, config, storage, layer, normed), sum], {}, 'next')
  g.output('next', 'float32', ['rows', config.hidden])
}
