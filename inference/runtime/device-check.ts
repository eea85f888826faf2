/**
 * Compares attention on a device with attention on the CPU, before a model is opened there.
 *
 * ONNX Runtime's WebGPU provider has a kernel for few queries and one for many. The second assumes
 * that the device's subgroups have 8 or more lanes: it reads 8 keys at a time but advances by the
 * subgroup size. With subgroups of 4, as on SwiftShader, it counts keys twice, without an error.
 * Tested with 1.30; source: onnxruntime/contrib_ops/webgpu/bert/
 * flash_attention.wgsl.template, `capped_sg_size`.
 */

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { attention } from '../blocks/layers.ts'
import { GraphBuilder } from '../onnx/graph-builder.ts'
import { floats } from './floats.ts'
import { cpuSessionOptions } from './session-options.ts'

/** The most queries for which the first kernel is used. */
const FEW = 31
/** Queries for the second kernel: more than any model's smallest graph has. */
const MANY = 80

const HEADS = 2
const WIDTH = 64

/** How far a device's numbers may differ from the CPU's, as a fraction of the largest value. */
export const DEVICE_TOLERANCE = 0.01

/**
 * Runs attention on a device and on the CPU.
 *
 * @param options session options for the device.
 * @returns `most`: the most queries with correct results in one run, Infinity, 31 or 0. `off`: the
 *   error with few queries, as a fraction of the largest value.
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

/**
 * The largest difference, as a fraction of the largest expected value; NaN if a number is NaN.
 *
 * @param actual float32, any shape.
 * @param expected float32, same length.
 */
export function partOff(actual: Float32Array, expected: Float32Array): number {
  let worst = 0
  let largest = 0
  for (const [i, value] of expected.entries()) {
    worst = Math.max(worst, Math.abs(value - actual[i]!))
    largest = Math.max(largest, Math.abs(value))
  }
  return worst / largest
}

/** Attention with 2 heads: x [1, rows, 3 * WIDTH] (query, key, value) to y [1, rows, WIDTH]. */
function attentionGraph() {
  const g = new GraphBuilder('attention')
  g.input('x', 'float32', [1, 'rows', 3 * WIDTH])
  const [query, key, value] = g.split('x', 3)
  g.op('Identity', [attention(g, query!, key!, value!, HEADS)], {}, 'y')
  g.output('y', 'float32', [1, 'rows', WIDTH])
  return g.build()
}

/** Input values between -1 and 1, float32 [1, rows, 3 * WIDTH]. */
function waves(rows: number): Tensor {
  const length = rows * 3 * WIDTH
  const values = Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7 + i * i * 0.01))
  return new Tensor('float32', values, [1, rows, 3 * WIDTH])
}
