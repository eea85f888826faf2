/** Writes a package's data files: cuts the planned matrices into chunks for the threads. */

import { open } from 'node:fs/promises'
import type { GraphPlan } from '../../onnx/graph-builder.ts'
import type { WeightJob } from '../../onnx/weight-plan.ts'
import type { Chunk } from './chunk.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { Dtype, StoredTensor } from '../checkpoint/stored-tensor.ts'
import { DTYPE_BYTES, isReadable } from '../checkpoint/stored-tensor.ts'
import { UNSCALED } from './scaling.ts'
import type { Scaling, Scalings } from '../../onnx/weight-plan.ts'
import type { ThreadPool } from './thread-pool.ts'

/** Elements per chunk: 8 MiB of float32. */
const CHUNK_ELEMENTS = 2 * 1024 * 1024

/** Chunks queued or running at once; later ones are created when one finishes. */
const IN_FLIGHT = 32

/**
 * Writes the data file of one graph.
 *
 * @param onBytes called after each chunk with the bytes that were read from the checkpoint.
 * @param scalings factors that some tensors are multiplied by.
 */
export async function writeData(
  pool: ThreadPool,
  checkpoint: Checkpoint,
  plan: GraphPlan,
  file: string,
  onBytes: (bytes: number, tensor: string) => void,
  scalings: Scalings = UNSCALED,
): Promise<void> {
  const handle = await open(file, 'w')
  await handle.truncate(plan.dataBytes)
  await handle.close()
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  for (const chunk of chunks(checkpoint, plan.jobs, file, scalings)) {
    // A task never rejects: it could do so, and leave the set, while nothing waits for it.
    const task = convertOne(pool, chunk, onBytes)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(task))
    running.add(task)
    if (running.size >= IN_FLIGHT) {
      await Promise.race(running)
    }
    if (failures.length > 0) {
      break
    }
  }
  await Promise.all(running)
  if (failures.length > 0) {
    throw failures[0] // the others follow from it
  }
}

async function convertOne(
  pool: ThreadPool,
  chunk: Chunk,
  onBytes: (bytes: number, tensor: string) => void,
): Promise<void> {
  await pool.run(chunk)
  onBytes(chunk.rows * chunk.columns * DTYPE_BYTES[chunk.source.dtype], chunk.tensor)
}

/** Bytes that `writeData` will read. */
export function bytesToRead(checkpoint: Checkpoint, plan: GraphPlan): number {
  let bytes = 0
  for (const { parts, columns } of plan.jobs) {
    for (const part of parts) {
      bytes += part.rows * columns * DTYPE_BYTES[stored(checkpoint, part.tensor).dtype]
    }
  }
  return bytes
}

/** Cuts jobs into chunks of whole rows; a matrix that is transposed stays whole. */
function* chunks(
  checkpoint: Checkpoint,
  jobs: readonly WeightJob[],
  file: string,
  scalings: Scalings,
): Generator<Chunk> {
  for (const { parts, columns, target } of jobs) {
    const whole = target.format === 'int8-columns'
    const most = whole ? Infinity : Math.max(1, Math.floor(CHUNK_ELEMENTS / columns))
    let firstRow = 0
    for (const part of parts) {
      const source = stored(checkpoint, part.tensor)
      const { dtype } = source
      const scaling = scalings.get(part.tensor)
      for (let row = 0; row < part.rows; row += most) {
        const rows = Math.min(most, part.rows - row)
        const first = (part.skip ?? 0) + row
        yield {
          kind: 'chunk',
          tensor: part.tensor,
          source: {
            file: source.file,
            offset: source.offset + first * columns * DTYPE_BYTES[dtype],
            dtype,
          },
          rows,
          columns,
          file,
          target,
          firstRow: firstRow + row,
          scaling: scaling === undefined ? null : rowsOf(scaling, first, rows),
        }
      }
      firstRow += part.rows
    }
  }
}

/** The factors of some rows, copied, so that a thread does not get those of the whole matrix. */
function rowsOf({ rows, columns }: Scaling, first: number, count: number): Scaling {
  return {
    ...(rows && { rows: rows.slice(first, first + count) }),
    ...(columns && { columns }),
  }
}

/** @throws {RangeError} if the checkpoint was not checked before. */
function stored(checkpoint: Checkpoint, tensor: string): StoredTensor & { dtype: Dtype } {
  const record = checkpoint.tensors.get(tensor)
  if (record === undefined || !isReadable(record.dtype)) {
    throw new RangeError(`expected the checked tensor ${tensor}`)
  }
  return { ...record, dtype: record.dtype }
}
