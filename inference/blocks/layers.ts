/**
 * The layers that all three graphs are made of: linear, norm, activation, attention.
 *
 * Weights are stored as the checkpoint has them, [out, in], so that conversion never transposes.
 */

import { blockSizeOf, totalRows } from '../onnx/weight-plan.ts'
import type { WeightPart } from '../onnx/weight-plan.ts'
import type { GraphBuilder } from '../onnx/graph-builder.ts'
import { perToken } from './per-token.ts'

/** How the weights of a graph are stored. */
export type Storage = {
  /** Matrices and tables that are not quantized; vectors are always float32. */
  readonly float: 'float32' | 'float16'
  /** Bits of quantized matrices, where `quantize` is asked for. */
  readonly bits: 4 | 8 | null
  /**
   * Quantizes whole matrices to int8 and every row that meets them: by far the fastest where many
   * rows meet a matrix. Blocks of `bits` otherwise. Default false.
   */
  readonly perToken?: boolean
  /** Called with every linear layer and its input, [rows, inputs], so that they can be measured. */
  readonly onLinear?: (layer: Linear, x: string) => void
}

/** Activations are quantized to int8 inside the kernel; the only fast path for 8 bits on a CPU. */
const ACCURACY_LEVEL = 4
/** Activations stay float32; the fast path for 4 bits only, 8 bits take 40 times as long. */
const EXACT_LEVEL = 1

/** One or more Linear modules over the same input, seen as one: their outputs side by side. */
export type Linear = {
  /** Names of the modules, e.g. `…self_attn.q_proj`. */
  readonly modules: readonly string[]
  readonly inputs: number
  /** Outputs of each module: of all the same, or one number for each. */
  readonly outputs: number | readonly number[]
  readonly bias: boolean
  /** Quantize when the graph's storage says so and the shape fits. */
  readonly quantize: boolean
  /** Never round the inputs to int8: a few of them are far larger than the others. Default false. */
  readonly exactInput?: boolean
  /** No input is below this, where that is known. */
  readonly lowest?: number | undefined
}

/** x [rows, inputs] -> [rows, outputs * modules]. */
export function linear(g: GraphBuilder, storage: Storage, x: string, layer: Linear): string {
  return matmul(g, storage, x, layer, biasOf(g, layer))
}

/** As `linear` without its bias, which is given apart for a fused operator to add. */
export function linearAndBias(
  g: GraphBuilder,
  storage: Storage,
  x: string,
  layer: Linear,
): { product: string; bias: string } {
  const bias = biasOf(g, layer)
  return { product: matmul(g, storage, x, layer, ''), bias }
}

/** The matrices of a layer's modules, or their biases, one below the other. */
export function partsOf({ modules, outputs }: Linear, kind: 'weight' | 'bias'): WeightPart[] {
  return modules.map((module, i) => ({
    tensor: `${module}.${kind}`,
    rows: typeof outputs === 'number' ? outputs : outputs[i]!,
  }))
}

/** One vector of all modules' biases, or '' where they have none. */
function biasOf(g: GraphBuilder, layer: Linear): string {
  if (!layer.bias) {
    return ''
  }
  const parts = partsOf(layer, 'bias')
  return typeof layer.outputs === 'number'
    ? vector(
        g,
        parts.map(({ tensor }) => tensor),
        layer.outputs,
      )
    : g.weights.float(parts, 1, [totalRows(parts)], 'float32')
}

/** A float32 vector of the checkpoint, or several of the same length end to end. */
export function vector(g: GraphBuilder, tensors: readonly string[], length: number): string {
  const parts = tensors.map((tensor) => ({ tensor, rows: 1 }))
  return g.weights.float(parts, length, [length * tensors.length], 'float32')
}

/** Names for `lookUp`: a decoder's rows of token embeddings and of position embeddings. */
export const WORDS = 'words'
export const POSITIONS = 'places'

/**
 * Looks rows up in a table of the checkpoint.
 *
 * @param parts the rows that make the table, one after the other.
 * @param name of the result. The nodes are named after it: `Gather:<name>_stored` where the table
 *   is float16, then `Cast:<name>`. Devices without 16-bit arithmetic leave both to the CPU.
 * @returns the shape of `indices` with `columns` appended, float32.
 */
export function lookUp(
  g: GraphBuilder,
  storage: Storage,
  indices: string,
  parts: readonly WeightPart[],
  columns: number,
  name: string,
): string {
  const total = parts.reduce((sum, { rows }) => sum + rows, 0)
  const table = g.weights.float(parts, columns, [total, columns], storage.float)
  const half = storage.float === 'float16'
  const rows = g.op('Gather', [table, indices], { axis: 0 }, half ? `${name}_stored` : name)
  return half ? g.op('Cast', [rows], { to: 1 }, name) : rows
}

function matmul(g: GraphBuilder, storage: Storage, x: string, layer: Linear, bias: string): string {
  storage.onLinear?.(layer, x)
  const parts = partsOf(layer, 'weight')
  const rows = totalRows(parts)
  const exact = layer.exactInput === true
  if (layer.quantize && !exact && storage.perToken === true && parts.length === 1) {
    g.quantized += 1
    const { inputs, lowest } = layer
    return perToken(g, x, { weight: parts[0]!, inputs, bias, lowest })
  }
  if (layer.quantize && storage.bits !== null) {
    if (blockSizeOf(layer.inputs) !== null && !(exact && storage.bits === 8)) {
      g.quantized += parts.length
      const matrix = { parts, rows, columns: layer.inputs, exact }
      return quantizedMatmul(g, storage.bits, x, matrix, bias)
    }
    g.kept += parts.length
  }
  const stored = g.weights.float(parts, layer.inputs, [rows, layer.inputs], storage.float)
  const weight = storage.float === 'float16' ? g.op('Cast', [stored], { to: 1 }) : stored
  return g.op('Gemm', bias === '' ? [x, weight] : [x, weight, bias], { transB: 1 })
}

function quantizedMatmul(
  g: GraphBuilder,
  bits: 4 | 8,
  x: string,
  matrix: { parts: readonly WeightPart[]; rows: number; columns: number; exact: boolean },
  bias: string,
): string {
  const { values, scales, zeroPoints, blockSize } = g.weights.quantized(
    matrix.parts,
    matrix.columns,
    bits,
  )
  const inputs = [x, values, scales, zeroPoints]
  return g.contrib('MatMulNBits', bias === '' ? inputs : [...inputs, '', bias], {
    K: matrix.columns,
    N: matrix.rows,
    bits,
    block_size: blockSize,
    accuracy_level: matrix.exact ? EXACT_LEVEL : ACCURACY_LEVEL,
  })
}

/** A layer norm's tensors are `<module>.weight` and `<module>.bias`, unless it has none. */
export type Norm = {
  readonly module: string
  readonly width: number
  readonly epsilon: number
  readonly affine: boolean
}

export function norm(g: GraphBuilder, x: string, layer: Norm, output?: string): string {
  const attributes = { axis: -1, epsilon: { float: layer.epsilon } }
  return g.op('LayerNormalization', [x, ...normWeights(g, layer)], attributes, output)
}

/**
 * Divides by the root of the mean square, and multiplies by `<module>.weight`; no mean is taken off,
 * and no bias added.
 */
export function rmsNorm(g: GraphBuilder, x: string, layer: Omit<Norm, 'affine'>): string {
  const weight = vector(g, [`${layer.module}.weight`], layer.width)
  const attributes = { axis: -1, epsilon: { float: layer.epsilon }, stash_type: 1 }
  return g.op('SimplifiedLayerNormalization', [x, weight], attributes)
}

/**
 * Adds the residual and normalizes the sum.
 *
 * Two operators on purpose: ONNX Runtime 1.30's SkipLayerNormalization does both, and takes four
 * times as long on a CPU.
 *
 * @returns the normalized rows and the sum they were made from.
 */
export function addAndNorm(
  g: GraphBuilder,
  x: string,
  residual: string,
  layer: Norm,
): { normed: string; sum: string } {
  const sum = g.op('Add', [x, residual])
  return { normed: norm(g, sum, layer), sum }
}

function normWeights(g: GraphBuilder, layer: Norm): string[] {
  if (!layer.affine) {
    return [g.filled(layer.width, 1)]
  }
  return [
    vector(g, [`${layer.module}.weight`], layer.width),
    vector(g, [`${layer.module}.bias`], layer.width),
  ]
}

/**
 * Attention over [batch, rows, heads * headDim] queries, keys and values; the scores are divided by
 * the square root of headDim.
 *
 * @param bias added to the scores, f32 [batch, 1, rows, columns]; '' for none.
 */
export function attention(
  g: GraphBuilder,
  query: string,
  key: string,
  value: string,
  heads: number,
  bias = '',
): string {
  const inputs = bias === '' ? [query, key, value] : [query, key, value, '', '', bias]
  return g.contrib('MultiHeadAttention', inputs, { num_heads: heads })
}
