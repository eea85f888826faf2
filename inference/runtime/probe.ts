/** Runs a graph once on synthetic input, to compare two sessions of the same graph. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { floats } from './floats.ts'

type Metadata = InferenceSession.ValueMetadata & { readonly isTensor: true }

/** The decoder's outputs that are its KV cache; they are not compared. */
const CACHE_OUTPUT = /^(present_)?(key|value)_\d+$/

/** @returns all outputs of the graph concatenated, float32, flat: features, image tokens or logits. */
export async function probe(session: InferenceSession): Promise<Float32Array> {
  const inputs = session.inputMetadata.filter((input): input is Metadata => input.isTensor)
  const decoder = inputs.some(({ name }) => name === 'past_key_0')
  const feeds = Object.fromEntries(
    inputs.map((input) => [
      input.name,
      (decoder && DECODER_INPUTS[input.name]?.()) || waves(input),
    ]),
  )
  const fetched = session.outputNames.filter((name) => !CACHE_OUTPUT.test(name))
  const outputs = await session.run(feeds, fetched)
  return Float32Array.from(fetched.flatMap((name) => Array.from(floats(outputs[name]))))
}

/** Inputs of a decoder: two image tokens and one id, with an empty KV cache. */
const DECODER_INPUTS: Readonly<Record<string, () => Tensor>> = {
  input_ids: () => new Tensor('int64', BigInt64Array.of(1n), [1, 1]),
  position_ids: () => new Tensor('int64', BigInt64Array.of(0n, 1n, 2n), [1, 3]),
  seqlens_k: () => new Tensor('int32', Int32Array.of(2), [1]),
  total_sequence_length: () => new Tensor('int32', Int32Array.of(3), [1]),
  logits_rows: () => new Tensor('int64', BigInt64Array.of(2n), [1]),
}

/** Sizes of a graph's symbolic axes; all others are 1. */
const OPEN_AXES: Readonly<Record<string, number>> = { image_length: 2, past: 0 }

/** Input values between -1 and 1, float32, in the input's shape. */
function waves({ shape }: Metadata): Tensor {
  const dims = shape.map((dim) => (typeof dim === 'number' ? dim : (OPEN_AXES[dim] ?? 1)))
  const length = dims.reduce((product, dim) => product * dim, 1)
  const values = Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7))
  return new Tensor('float32', values, dims)
}
