/** Reads what a graph gave. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'

/** The float32 data of an output in memory. */
export function floats(value: InferenceSession.OnnxValueMapType[string] | undefined): Float32Array {
  if (!(value instanceof Tensor) || !(value.data instanceof Float32Array)) {
    throw new TypeError('expected a float32 tensor from the graph')
  }
  return value.data
}
