/**
 * Rotary positions: pairs of numbers of each head are turned by an angle that grows with the position,
 * for each pair at its own rate. The pairs are i and i + headDim / 2.
 *
 * Source: transformers 5.18, modeling_rope_utils.py and models/llama/modeling_llama.py.
 */

import type { GraphBuilder } from '../../onnx/graph-builder.ts'

/** How rates depend on the pair. */
export type RotaryConfig = {
  readonly headDim: number
  readonly theta: number
  readonly scaling:
    | { readonly type: 'default' }
    /** All rates are divided. */
    | { readonly type: 'linear'; readonly factor: number }
    /** Only low rates are divided: those that turn less than `low` times over the first context. */
    | {
        readonly type: 'llama3'
        readonly factor: number
        readonly low: number
        readonly high: number
        /** Positions that the model was first trained for. */
        readonly context: number
      }
}

/** Radians a position, of each of headDim / 2 pairs. */
export function rotaryRates({ headDim, theta, scaling }: RotaryConfig): number[] {
  const { fround } = Math
  const rates = Array.from({ length: headDim / 2 }, (_, i) =>
    fround(1 / fround(theta ** fround((2 * i) / headDim))),
  )
  switch (scaling.type) {
    case 'default':
      return rates
    case 'linear':
      return rates.map((rate) => fround(rate / scaling.factor))
    case 'llama3': {
      const { factor, low, high, context } = scaling
      return rates.map((rate) => {
        const turns = (context * rate) / (2 * Math.PI)
        const share = Math.min(Math.max((turns - low) / (high - low), 0), 1)
        return fround(((1 - share) * rate) / factor + share * rate)
      })
    }
    default:
      return scaling satisfies never
  }
}

/**
 * Turns rows by the positions in `position_ids`.
 *
 * @returns of f32 [B, S, heads * headDim] the same again, for any number of heads.
 */
export function rotation(
  g: GraphBuilder,
  rates: readonly number[],
): (x: string, output?: string) => string {
  const positions = g.op('Cast', [g.reshape('position_ids', [-1, 1])], { to: 1 })
  const angles = g.op('Mul', [positions, g.floats(rates)]) // [B * S, headDim / 2]
  const [cos, sin] = [g.op('Cos', [angles]), g.op('Sin', [angles])]
  // The tables have a row for each row of this run, in their order.
  const shape = g.op('Shape', ['position_ids'])
  const count = g.op('ReduceProd', [shape], { keepdims: 0 })
  const rows = g.op('Reshape', [g.op('Range', [g.int(0), count, g.int(1)]), shape])
  return (x, output) => g.contrib('RotaryEmbedding', [x, rows, cos, sin], {}, output)
}
