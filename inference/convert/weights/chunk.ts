/**
 * Converts some rows of one tensor: reads them from the checkpoint, scales, casts or quantizes them,
 * and writes them to their place in a data file. The threads of a conversion run this.
 */

import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import type { ColumnsTarget, QuantizedTarget, Target } from '../../onnx/weight-plan.ts'
import { ConfigError } from '../../../config/errors.ts'
import { isFinite32, toFloat16, toFloat32 } from './float16.ts'
import { quantize } from './quantize.ts'
import { quantizeColumns } from './quantize-columns.ts'
import { DTYPE_BYTES } from '../checkpoint/stored-tensor.ts'
import type { Dtype } from '../checkpoint/stored-tensor.ts'
import { scaleMatrix } from './scaling.ts'
import type { Scaling } from '../../onnx/weight-plan.ts'

/** Rows of a matrix [rows, columns] to convert; plain data, sent to a thread. */
export type Chunk = {
  readonly kind: 'chunk'
  readonly tensor: string
  /** Where the rows are in the checkpoint; `offset` in bytes. */
  readonly source: { readonly file: string; readonly offset: number; readonly dtype: Dtype }
  readonly rows: number
  readonly columns: number
  /** The data file to write to; it exists and has its full size. */
  readonly file: string
  /** Byte offsets are those of the whole matrix, not of the chunk. */
  readonly target: Target
  /** The matrix's row at which the chunk starts. */
  readonly firstRow: number
  /** Factors of the chunk's own rows and columns, or null for none. */
  readonly scaling: Scaling | null
}

/** A finished file to be hashed. */
export type HashTask = { readonly kind: 'hash'; readonly file: string }

/** Bytes read at once to hash a file. */
const HASH_READ = 4 * 1024 * 1024

/**
 * Reads, converts and writes a chunk. Blocks its thread.
 *
 * @throws {ConfigError} if the checkpoint is truncated, a value is NaN or infinite, or one does not
 *   fit in float16.
 */
export function convertChunk(chunk: Chunk): void {
  const { rows, columns, target, firstRow, file, source, scaling } = chunk
  const elements = rows * columns
  const bytes = new Uint8Array(elements * DTYPE_BYTES[source.dtype])
  readFully(source.file, bytes, source.offset)
  const values =
    source.dtype === 'F32' ? new Float32Array(bytes.buffer) : new Float32Array(elements)
  if (source.dtype !== 'F32') {
    toFloat32(bytes, source.dtype, values)
  }
  if (!isFinite32(values)) {
    throw new ConfigError([
      `${source.file}: ${chunk.tensor} has values that are not numbers or are infinite: the checkpoint is damaged, or its training diverged.`,
    ])
  }
  if (scaling !== null) {
    scaleMatrix(values, rows, columns, scaling)
  }
  if (target.format === 'int4' || target.format === 'int8') {
    writeQuantized(chunk, target, values)
  } else if (target.format === 'int8-columns') {
    writeColumns(chunk, target, values)
  } else if (target.format === 'float32') {
    writeAt(file, values, target.at + firstRow * columns * 4)
  } else {
    const halves = new Float16Array(elements)
    if (!toFloat16(values, halves)) {
      throw new ConfigError([
        `${source.file}: ${chunk.tensor} has values beyond float16; use the precision fp32.`,
      ])
    }
    writeAt(file, halves, target.at + firstRow * columns * 2)
  }
}

/** Quantizes in blocks. @param values float32 [rows, columns]. */
function writeQuantized(
  { rows, columns, file, firstRow }: Chunk,
  target: QuantizedTarget,
  values: Float32Array,
): void {
  const bits = target.format === 'int4' ? 4 : 8
  const blocks = columns / target.blockSize
  const zeroBytes = Math.ceil((blocks * bits) / 8)
  const quantized = quantize(values, { rows, columns }, bits, target.blockSize)
  writeAt(file, quantized.values, target.at + (firstRow * columns * bits) / 8)
  writeAt(file, quantized.scales, target.scalesAt + firstRow * blocks * 4)
  writeAt(file, quantized.zeroPoints, target.zeroPointsAt + firstRow * zeroBytes)
}

/**
 * Quantizes with one scale per output. The chunk is the whole matrix: transposed, a part of its rows
 * would be a part of every row.
 *
 * @param values float32 [rows, columns].
 */
function writeColumns(
  { rows, columns, file }: Chunk,
  target: ColumnsTarget,
  values: Float32Array,
): void {
  const quantized = quantizeColumns(values, rows, columns)
  writeAt(file, quantized.values, target.at)
  writeAt(file, quantized.scales, target.scalesAt)
  if (target.sumsAt !== null) {
    writeAt(file, quantized.sums, target.sumsAt)
  }
}

/** @returns the sha256 of the file, in hex. */
export function hashFile(file: string): string {
  const hash = createHash('sha256')
  const buffer = new Uint8Array(HASH_READ)
  const descriptor = openSync(file, 'r')
  try {
    for (;;) {
      const read = readSync(descriptor, buffer, 0, HASH_READ, null)
      if (read === 0) {
        return hash.digest('hex')
      }
      hash.update(buffer.subarray(0, read))
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Fills `bytes` from a byte offset of the file. */
function readFully(file: string, bytes: Uint8Array, offset: number): void {
  const descriptor = openSync(file, 'r')
  try {
    let done = 0
    while (done < bytes.length) {
      const read = readSync(descriptor, bytes, done, bytes.length - done, offset + done)
      if (read === 0) {
        throw new ConfigError([`${file} ended while it was read.`])
      }
      done += read
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Writes all bytes of the array at a byte offset of an existing file. */
function writeAt(file: string, array: ArrayBufferView, offset: number): void {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  const descriptor = openSync(file, 'r+')
  try {
    let done = 0
    while (done < bytes.length) {
      done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done)
    }
  } finally {
    closeSync(descriptor)
  }
}
