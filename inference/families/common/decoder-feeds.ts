/** What every decoder graph is fed, whatever it reads besides. */

import { Tensor } from 'onnxruntime-node'

/** Which logits are wanted: those of the last position of every row, or of all positions. */
export type Logits = 'last' | 'all'

/**
 * Where new positions stand, and which logits are wanted.
 *
 * @param lengths positions already in the cache, of each row.
 * @param count new positions of each row.
 */
export function decoderFeeds(
  lengths: readonly number[],
  count: number,
  wanted: Logits,
): Record<string, Tensor> {
  const rows = lengths.length
  const positions = lengths.flatMap((past) => Array.from({ length: count }, (_, i) => past + i))
  const totals = lengths.map((past) => past + count)
  const ends = Int32Array.from(totals, (total) => total - 1)
  return {
    position_ids: int64(positions, [rows, count]),
    seqlens_k: new Tensor('int32', ends, [rows]),
    total_sequence_length: new Tensor('int32', Int32Array.of(Math.max(...totals)), [1]),
    logits_rows: logitsRows(rows, count, wanted),
  }
}

/** Rows of the flattened [rows * count] positions. */
function logitsRows(rows: number, count: number, wanted: Logits): Tensor {
  const all = Array.from({ length: rows * count }, (_, i) => i)
  const chosen = wanted === 'all' ? all : all.filter((i) => i % count === count - 1)
  return int64(chosen, [chosen.length])
}

export function int64(values: readonly number[], shape: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), shape)
}
