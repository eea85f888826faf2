/**
 * Writes the vision tower in parts, a graph for each layer, so that it can be run and measured
 * with the weights of one layer in memory.
 *
 *     layer_norm1 / s -> qkv * s          values of qkv / t -> projection * t
 *     layer_norm2 / u -> fc1 * u          (GELU stands before fc2: it stays as it is)
 */

import { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import { type Scaling, type Scalings, totalRows } from '../../onnx/weight-plan.ts'
import { addAndNorm, norm, partsOf } from '../layers.ts'
import type { Linear, Storage } from '../layers.ts'
import { attentionBlock, embeddings, layerNorm, mlpBlock } from './vit.ts'
import type { VisionConfig } from './vit.ts'
import type { LayeredTower, MeasuredLayer } from './layered-tower.ts'

const FULL: Storage = { float: 'float32', bits: null }

export function layeredVit(config: VisionConfig): LayeredTower {
  const { layers, hidden, imageSize } = config
  const names = namesOf(config)
  return {
    layers,
    hidden,
    imageSize,
    smoothed: [names.qkv, names.output, FIRST],
    embeddings: () => embeddingsGraph(config),
    layer: (index, storage) => layerGraph(config, index, storage),
    measured: (index) => measuredGraph(config, index),
    fold: (index, factors) => fold(config, index, factors),
  }
}

/** The first module of an MLP. */
const FIRST = 'mlp.fc1'

/** What linear layers are called here; several over the same input are one. */
function namesOf({ tensors }: VisionConfig): { readonly qkv: string; readonly output: string } {
  const names = tensors.qkv.map((name) => `self_attn.${name}`)
  return { qkv: names.join('+'), output: `self_attn.${tensors.output}` }
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
  const onLinear = (layer: Linear, x: string) => {
    const { modules: measured, inputs } = layer
    const parts = partsOf(layer, 'weight')
    const shape = [totalRows(parts), inputs]
    const weight = g.weights.float(parts, inputs, shape, 'float32')
    largest(x, inputs, `inputs_${modules.length}`)
    largest(weight, inputs, `weights_${modules.length}`)
    const { length } = layerName(config, index)
    modules.push(measured.map((module) => module.slice(length + 1)).join('+'))
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

function fold(
  config: VisionConfig,
  index: number,
  factors: ReadonlyMap<string, Float32Array>,
): Scalings {
  const layer = layerName(config, index)
  const names = namesOf(config)
  const of = (module: string) => {
    const known = factors.get(module)
    if (known === undefined) {
      throw new RangeError(`expected factors for ${module}`)
    }
    return known
  }
  const inverse = (module: string) => of(module).map((factor) => 1 / factor)
  const first = { columns: inverse(names.qkv) }
  const second = { columns: inverse(FIRST) }
  return new Map<string, Scaling>([
    [`${layer}.layer_norm1.weight`, first],
    [`${layer}.layer_norm1.bias`, first],
    ...foldedQkv(config, layer, of(names.qkv), inverse(names.output)),
    [`${layer}.${names.output}.weight`, { columns: of(names.output) }],
    [`${layer}.layer_norm2.weight`, second],
    [`${layer}.layer_norm2.bias`, second],
    [`${layer}.${FIRST}.weight`, { columns: of(FIRST) }],
  ])
}

/** @param values factors of the values alone, [hidden]. */
function foldedQkv(
  { hidden, tensors }: VisionConfig,
  layer: string,
  columns: Float32Array,
  values: Float32Array,
): [string, Scaling][] {
  const { qkv } = tensors
  return qkv.flatMap((name, i): [string, Scaling][] => {
    const module = `${layer}.self_attn.${name}`
    if (i < qkv.length - 1) {
      return [[`${module}.weight`, { columns }]]
    }
    // The last rows are the values: all of them, or a third where one module makes all.
    const rows = new Float32Array((3 * hidden) / qkv.length).fill(1)
    rows.set(values, rows.length - hidden)
    return [
      [`${module}.weight`, { rows, columns }],
      [`${module}.bias`, { columns: rows }],
    ]
  })
}

function layerName({ tensors }: VisionConfig, index: number): string {
  return `${tensors.module}.encoder.layers.${index}`
}
