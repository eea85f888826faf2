/**
 * Compares a device with the CPU, its attention first, before a model is opened there.
 *
 * ONNX Runtime's WebGPU provider has a kernel for few queries and one for many. The second assumes
 * that the lanes of a device work in groups of 8 or more: it advances by a group's size through
 * keys that it takes 8 at a time. With groups of 4, as SwiftShader has, it counts keys twice
 * without an error. Tested with 1.30; source: onnxruntime/contrib_ops/webgpu/bert/
 * flash_attention.wgsl.template, `capped_sg_size`.
 */

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { attention } from '../blocks/layers.ts'
import { GraphBuilder } from '../onnx/graph-builder.ts'
import { floats } from './floats.ts'
import { cpuSessionOptions } from './session-options.ts'

/** Most queries that the first kernel is used for. */
const FEW = 31
/** More than those of any model's smallest graph. */
const MANY = 80

const HEADS = 2
const WIDTH = 64

/** Part of the largest value by which a device's numbers may differ. */
export const DEVICE_TOLERANCE = 0.01

/**
 * Tries attention on a device. @param options those of a session there.
 *
 * @returns the most queries that one attention can be given: Infinity, or few, or 0 where the
 *   numbers are wrong for few as well; and by which part of the largest value these are off.
 */
export async function mostQueries(
  options: InferenceSession.SessionOptions,
): Promise<{ readonly most: number; readonly off: number }> {
  const { model } = attentionGraph()
  const reference = await InferenceSession.create(model, cpuSessionOptions({ threads: 1 }))
  const session = await InferenceSession.create(model, options)
  const off = async (rows: number) => {
    const feeds = { x: waves(rows) }
    const expected = floats((await reference.run(feeds))['y'])
    return partOff(floats((await session.run(feeds))['y']), expected)
  }
  try {
    const few = await off(FEW)
    const most = (await off(MANY)) <= DEVICE_TOLERANCE ? Infinity : FEW
    return { most: few <= DEVICE_TOLERANCE ? most : 0, off: few }
  } finally {
    await session.release()
    await reference.release()
  }
}

/** The largest difference, as a part of the largest value expected; NaN where a number is none. */
export function partOff(actual: Float32Array, expected: Float32Array): number {
  let worst = 0
  let largest = 0
  for (const [i, value] of expected.entries()) {
    worst = Math.max(worst, Math.abs(value - actual[i]!))
    largest = Math.max(largest, Math.abs(value))
  }
  return worst / largest
}

function attentionGraph() {
  const g = new GraphBuilder('attention')
  g.input('x', 'float32', [1, 'rows', 3 * WIDTH])
  const [query, key, value] = g.split('x', 3)
  g.op('Identity', [attention(g, query!, key!, value!, HEADS)], {}, 'y')
  g.output('y', 'float32', [1, 'rows', WIDTH])
  return g.build()
}

function waves(rows: number): Tensor {
  const length = rows * 3 * WIDTH
  const values = Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7 + i * i * 0.01))
  return new Tensor('float32', values, [1, rows, 3 * WIDTH])
}
