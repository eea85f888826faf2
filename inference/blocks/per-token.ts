/**
 * Linear layers of int8 weights and int8 rows (W8A8). Each row of x is scaled to its own largest
 * value, so that a row of large values costs the others nothing; the kernel wants one scale for all
 * rows, and each row's own follows after.
 */

import type { GraphBuilder } from '../onnx/graph-builder.ts'
import type { WeightPart } from '../onnx/weight-plan.ts'

/** Rows are divided by their largest value, which must not be 0. */
const LEAST = 1e-30

export type PerTokenLayer = {
  readonly weight: WeightPart
  readonly inputs: number
  /** Name of the bias, or '' for none. */
  readonly bias: string
  /** No value of x is below this. What an activation leaves empty is not stored then. */
  readonly lowest: number | undefined
}

/** x [rows, inputs] -> [rows, outputs]. */
export function perToken(g: GraphBuilder, x: string, layer: PerTokenLayer): string {
  return layer.lowest === undefined
    ? centered(g, x, layer)
    : lifted(g, x, { ...layer, lowest: layer.lowest })
}

/** -largest to largest as 1 to 255, 0 as 128. */
function centered(g: GraphBuilder, x: string, { weight, inputs, bias }: PerTokenLayer): string {
  const { values, scales } = g.weights.quantizedColumns(weight, inputs)
  const scale = rowScale(g, g.op('Abs', [x]))
  const product = multiply(g, x, scale, values, scales, { step: 1 / 127, zero: 128 })
  return bias === '' ? product : g.op('Add', [product, bias])
}

/**
 * Lowest to largest as 0 to 255: steps half as wide. The product of what was added to x is the same
 * for every row, and is taken off with the bias; both are constants and become one when opened.
 */
function lifted(
  g: GraphBuilder,
  x: string,
  { weight, inputs, bias, lowest }: PerTokenLayer & { readonly lowest: number },
): string {
  const { values, scales, sums } = g.weights.quantizedColumns(weight, inputs, true)
  const lifted = g.op('Add', [x, g.float(-lowest)])
  const product = multiply(g, lifted, rowScale(g, lifted), values, scales, {
    step: 1 / 255,
    zero: 0,
  })
  const undo = g.op('Mul', [sums, g.float(lowest)])
  return g.op('Add', [product, bias === '' ? undo : g.op('Add', [undo, bias])])
}

/** The largest of each row: [rows, 1]. */
function rowScale(g: GraphBuilder, sizes: string): string {
  const largest = g.op('ReduceMax', [sizes, g.ints([-1])], { keepdims: 1 })
  return g.op('Max', [largest, g.float(LEAST)])
}

function multiply(
  g: GraphBuilder,
  x: string,
  scale: string,
  values: string,
  scales: string,
  { step, zero }: { readonly step: number; readonly zero: number },
): string {
  const [width, origin] = [g.float(step), g.byte(zero)]
  const quantized = g.op('QuantizeLinear', [g.op('Div', [x, scale]), width, origin])
  const product = g.contrib('MatMulIntegerToFloat', [quantized, values, width, scales, origin])
  return g.op('Mul', [product, scale])
}
