/**
 * The relative positions of T5: what each head adds to a score depends on how far apart the two
 * positions are. Distances share the rows ("buckets") of a table: near ones have one each, farther
 * ones share them, on a logarithmic scale.
 *
 * Source: transformers 5.18, models/t5/modeling_t5.py, `_relative_position_bucket`.
 */

import type { GraphBuilder } from '../../onnx/graph-builder.ts'
import type { T5Config } from './config.ts'

type Buckets = Pick<T5Config, 'buckets' | 'maxDistance'>

/** The bucket of a distance of at least 0, of `buckets` for one direction. */
function bucketOf(distance: number, { buckets, maxDistance }: Buckets): number {
  const exact = Math.floor(buckets / 2)
  if (distance < exact) {
    return distance
  }
  // In float32, as the reference computes it: a bucket ends where the last digit says so.
  const { fround, log } = Math
  const share = fround(fround(log(fround(distance / exact))) / fround(log(maxDistance / exact)))
  return Math.min(exact + Math.trunc(fround(share * (buckets - exact))), buckets - 1)
}

/** Buckets of the distances 0 to `maxDistance` to an earlier position; later ones are not seen. */
export function decoderBuckets(config: Buckets): number[] {
  return Array.from({ length: config.maxDistance + 1 }, (_, distance) => bucketOf(distance, config))
}

/** Buckets of a key's position minus a query's, from `-maxDistance` to `maxDistance`. */
export function encoderBuckets({ buckets, maxDistance }: Buckets): number[] {
  const half = { buckets: Math.floor(buckets / 2), maxDistance }
  return Array.from({ length: 2 * maxDistance + 1 }, (_, i) => {
    const relative = i - maxDistance
    return (relative > 0 ? half.buckets : 0) + bucketOf(Math.abs(relative), half)
  })
}

/**
 * What is added to the scores of an encoder over `length` positions.
 *
 * @param stack the module with the table, `language_model.encoder`.
 * @param length int64 scalar.
 * @returns f32 [heads, length, length].
 */
export function encoderBias(
  g: GraphBuilder,
  config: T5Config,
  stack: string,
  length: string,
): string {
  const rows = byDistance(g, config, stack, encoderBuckets(config))
  const positions = g.op('Range', [g.int(0), length, g.int(1)])
  const queries = g.op('Unsqueeze', [positions, g.ints([1])])
  const relative = g.op('Sub', [positions, queries]) // [query, key]
  const { maxDistance } = config
  const clipped = g.op('Clip', [relative, g.int(-maxDistance), g.int(maxDistance)])
  const bias = g.op('Gather', [rows, g.op('Add', [clipped, g.int(maxDistance)])], { axis: 0 })
  return g.op('Transpose', [bias], { perm: [2, 0, 1] })
}

/**
 * What is added to the scores of a decoder.
 *
 * @param queries int64 [B, S]: positions.
 * @param keys int64 [B or 1, T]: positions.
 * @returns f32 [B, heads, S, T].
 */
export function decoderBias(
  g: GraphBuilder,
  config: T5Config,
  stack: string,
  queries: string,
  keys: string,
): string {
  const rows = byDistance(g, config, stack, decoderBuckets(config))
  const query = g.op('Unsqueeze', [queries, g.ints([2])]) // [B, S, 1]
  const key = g.op('Unsqueeze', [keys, g.ints([1])]) // [B, 1, T]
  const distance = g.op('Sub', [query, key])
  const clipped = g.op('Clip', [distance, g.int(0), g.int(config.maxDistance)])
  const bias = g.op('Gather', [rows, clipped], { axis: 0 }) // [B, S, T, heads]
  return g.op('Transpose', [bias], { perm: [0, 3, 1, 2] })
}

/** The rows of the table in the order of distances, f32 [distances, heads]; a constant. */
function byDistance(
  g: GraphBuilder,
  { buckets, heads }: T5Config,
  stack: string,
  distances: readonly number[],
): string {
  const tensor = `${stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`
  const table = g.weights.float([{ tensor, rows: buckets }], heads, [buckets, heads], 'float32')
  return g.op('Gather', [table, g.ints(distances)], { axis: 0 })
}
