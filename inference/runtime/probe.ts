/** Runs a graph once on synthetic input, to compare two sessions of the same graph. */

import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { floats } from './floats.ts'

type Metadata = InferenceSession.ValueMetadata & { readonly isTensor: true }

/** The decoder's outputs that are its KV cache; they are not compared. */
const CACHE_OUTPUT = /^(present_)?(key|value)_\d+$/

/** Sizes of a graph's symbolic axes; all others are 1. */
const OPEN_AXES: Readonly<Record<string, number>> = {
  image_length: 2,
  image_rows: 2,
  past: 0,
  encoder_room: 2,
}

/**
 * @returns all outputs of the graph concatenated, float32, flat: features, image tokens or logits; of
 *   an encoder also the keys and values that it makes.
 */
export async function probe(session: InferenceSession): Promise<Float32Array> {
  const inputs = session.inputMetadata.filter((input): input is Metadata => input.isTensor)
  const has = (name: string) => inputs.some((input) => input.name === name)
  // A decoder reads one id, behind two image tokens where it takes any, with an empty KV cache.
  const positions = has('image_tokens') ? 3 : 1
  const numbers = has('past_key_0') ? decoderNumbers(positions) : {}
  const feeds = Object.fromEntries(
    inputs.map((input) => [input.name, tensorFor(input, numbers[input.name])]),
  )
  const fetched = session.outputNames.filter(
    (name) => !has('past_key_0') || !CACHE_OUTPUT.test(name),
  )
  const outputs = await session.run(feeds, fetched)
  return Float32Array.from(fetched.flatMap((name) => Array.from(floats(outputs[name]))))
}

/** What a decoder is told about so many new positions of one sequence. */
function decoderNumbers(positions: number): Readonly<Record<string, readonly number[]>> {
  return {
    position_ids: Array.from({ length: positions }, (_, i) => i),
    row_order: Array.from({ length: positions }, (_, i) => i),
    seqlens_k: [positions - 1],
    total_sequence_length: [positions],
    logits_rows: [positions - 1],
    encoder_lengths: [OPEN_AXES['encoder_room']!],
  }
}

/** @param numbers of a whole-number input of one row; default 1 everywhere. */
function tensorFor(input: Metadata, numbers?: readonly number[]): Tensor {
  const { type, shape } = input
  if (type !== 'int64' && type !== 'int32') {
    return waves(input)
  }
  const open = shape.map((dim) => (typeof dim === 'number' ? dim : (OPEN_AXES[dim] ?? 1)))
  const dims = numbers === undefined ? open : [...open.slice(0, -1), numbers.length]
  const length = dims.reduce((product, dim) => product * dim, 1)
  const values = numbers ?? Array.from({ length }, () => 1)
  return type === 'int64'
    ? new Tensor('int64', BigInt64Array.from(values, BigInt), dims)
    : new Tensor('int32', Int32Array.from(values), dims)
}

/** Input values between -1 and 1, float32, in the input's shape. */
function waves({ shape }: Metadata): Tensor {
  const dims = shape.map((dim) => (typeof dim === 'number' ? dim : (OPEN_AXES[dim] ?? 1)))
  const length = dims.reduce((product, dim) => product * dim, 1)
  const values = Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7))
  return new Tensor('float32', values, dims)
}
