/**
 * Writes the vision tower in parts, a graph for each layer, so that it can be run and measured
 * with the weights of one layer in memory.
 *
 *     layer_norm1 / s -> qkv * s          values of qkv / t -> projection * t
 *     layer_norm2 / u -> fc1 * u          (GELU stands before fc2: it stays as it is)
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { Scaling, Scalings } from '../../onnx/weight-plan.ts'
import { addAndNorm, norm } from '../layers.ts'
import type { Linear, Storage } from '../layers.ts'
import { attentionBlock, embeddings, layerNorm, mlpBlock } from './eva-vit.ts'
import type { VisionConfig } from './eva-vit.ts'
import type { LayeredTower, MeasuredLayer } from './layered-tower.ts'

const FULL: Storage = { float: 'float32', bits: null }

export function layeredEvaVit(config: VisionConfig): LayeredTower {
  const { layers, hidden, imageSize } = config
  return {
    layers,
    hidden,
    imageSize,
    smoothed: ['self_attn.qkv', 'self_attn.projection', 'mlp.fc1'],
    embeddings: () => embeddingsGraph(config),
    layer: (index, storage) => layerGraph(config, index, storage),
    measured: (index) => measuredGraph(config, index),
    fold,
  }
}

function embeddingsGraph(config: VisionConfig): GraphPlan {
  const { hidden, imageSize } = config
  const g = new GraphBuilder('embeddings')
  g.input('pixel_values', 'float32', ['batch', 3, imageSize, imageSize])
  g.op('Identity', [embeddings(g, config, FULL)], {}, 'hidden_states')
  g.output('hidden_states', 'float32', ['rows', hidden])
  return g.build()
}

function layerGraph(config: VisionConfig, index: number, storage: Storage): GraphPlan {
  const g = new GraphBuilder('layer')
  writeLayer(g, config, index, storage)
  return g.build()
}

function measuredGraph(config: VisionConfig, index: number): MeasuredLayer {
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
    modules.push(module!.slice(layerName(index).length + 1))
  }
  writeLayer(g, config, index, { ...FULL, onLinear })
  return { plan: g.build(), modules }
}

function writeLayer(g: GraphBuilder, config: VisionConfig, index: number, storage: Storage): void {
  const half = (name: string) => layerNorm(config, `encoder.layers.${index}.${name}`)
  g.input('hidden_states', 'float32', ['rows', config.hidden])
  const first = norm(g, 'hidden_states', half('layer_norm1'))
  const block = attentionBlock(g, config, storage, index, first)
  const { normed, sum } = addAndNorm(g, block, 'hidden_states', half('layer_norm2'))
  g.op('Add', [mlpBlock(g, config, storage, index, normed), sum], {}, 'next')
  g.output('next', 'float32', ['rows', config.hidden])
}

function fold(index: number, factors: ReadonlyMap<string, Float32Array>): Scalings {
  const layer = layerName(index)
  const of = (module: string) => {
    const known = factors.get(module)
    if (known === undefined) {
      throw new RangeError(`expected factors for ${module}`)
    }
    return known
  }
  const inverse = (module: string) => of(module).map((factor) => 1 / factor)
  // The rows of qkv are queries, keys and values, each as many as projection has inputs.
  const { length } = of('self_attn.projection')
  const values = new Float32Array(3 * length).fill(1)
  values.set(inverse('self_attn.projection'), 2 * length)
  const first = { columns: inverse('self_attn.qkv') }
  const second = { columns: inverse('mlp.fc1') }
  return new Map<string, Scaling>([
    [`${layer}.layer_norm1.weight`, first],
    [`${layer}.layer_norm1.bias`, first],
    [`${layer}.self_attn.qkv.weight`, { rows: values, columns: of('self_attn.qkv') }],
    [`${layer}.self_attn.qkv.bias`, { columns: values }],
    [`${layer}.self_attn.projection.weight`, { columns: of('self_attn.projection') }],
    [`${layer}.layer_norm2.weight`, second],
    [`${layer}.layer_norm2.bias`, second],
    [`${layer}.mlp.fc1.weight`, { columns: of('mlp.fc1') }],
  ])
}

function layerName(index: number): string {
  return `vision_model.encoder.layers.${index}`
}
