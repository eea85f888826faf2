/**
 * Small graphs that make and rearrange the keys and values of a decoder where they are.
 *
 * ONNX Runtime gives JavaScript no other way to copy on a device. Each works on all tensors of a
 * cache in one run: `in_0`, `in_1`, … float32 [rows, heads, positions, headDim] become `out_0`, …
 */

import { GraphBuilder } from './graph-builder.ts'

const DIMS = ['rows', 'heads', 'positions', 'head_dim']

/** @returns a model: `shape` int64 [4] -> tensors of zeros. */
export function emptyGraph(tensors: number): Uint8Array {
  const g = new GraphBuilder('empty')
  g.input('shape', 'int64', [4])
  return each(g, tensors, (_, out) => g.op('ConstantOfShape', ['shape'], {}, out))
}

/**
 * Takes rows (axis 0) or positions (axis 2), each any number of times, in any order.
 *
 * @returns a model: `indices` int32 [n] and tensors -> tensors.
 */
export function takeGraph(tensors: number, axis: 0 | 2): Uint8Array {
  const g = new GraphBuilder('take')
  g.input('indices', 'int32', ['n'])
  return each(g, tensors, (i, out) => {
    g.input(`in_${i}`, 'float32', DIMS)
    g.op('Gather', [`in_${i}`, 'indices'], { axis }, out)
  })
}

/** @returns a model: tensors and `more_0`, … -> tensors with the rows of both. */
export function joinGraph(tensors: number): Uint8Array {
  const g = new GraphBuilder('join')
  return each(g, tensors, (i, out) => {
    const both = [g.input(`in_${i}`, 'float32', DIMS), g.input(`more_${i}`, 'float32', DIMS)]
    g.op('Concat', both, { axis: 0 }, out)
  })
}

function each(
  g: GraphBuilder,
  tensors: number,
  make: (i: number, out: string) => void,
): Uint8Array {
  for (let i = 0; i < tensors; i++) {
    make(i, `out_${i}`)
    g.output(`out_${i}`, 'float32', DIMS)
  }
  return g.build().model
}
