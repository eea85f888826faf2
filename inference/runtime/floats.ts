/** Reads outputs of a graph. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'

/** @returns an output's data, float32, in its shape; not a copy. @throws {TypeError} of any other kind. */
export function floats(value: InferenceSession.OnnxValueMapType[string] | undefined): Float32Array {
  if (!(value instanceof Tensor) || !(value.data instanceof Float32Array)) {
    throw new TypeError('expected a float32 tensor from the graph')
  }
  return value.data
}
