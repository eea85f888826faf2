/**
 * Lays out one external data file: which weights go where and in which format.
 *
 * The plan is made before any weight is read, so that a model file can be written first and the
 * tensors of the data file in any order, by several threads, a few rows at a time. It knows the
 * names and shapes of tensors, and no file.
 */

import { ELEMENT_BYTES } from './onnx.ts'
import type { ElementType, ExternalTensor } from './onnx.ts'

/**
 * Values in a row that share a scale in the quantized formats, where the row is a multiple of it.
 * Measured: with blocks of 32, MatMulNBits takes 1.6 times as long.
 */
export const BLOCK_SIZE = 128
const SMALLER_BLOCKS = [64, 32]

/** The largest block that divides a row of so many values; null if none does. */
export function blockSizeOf(columns: number): number | null {
  return [BLOCK_SIZE, ...SMALLER_BLOCKS].find((size) => columns % size === 0) ?? null
}

/** Small tensors are aligned for vector loads, large ones to a memory page for mapping. */
const SMALL_ALIGNMENT = 64
const PAGE = 4096
const LARGE = 256 * 1024

/** A tensor of the checkpoint, or some of its rows, seen as a matrix. */
export type WeightPart = {
  readonly tensor: string
  /** Rows to skip at the start. Default 0. */
  readonly skip?: number
  readonly rows: number
}

/** Where the pieces of a quantized matrix start in the data file, in bytes. */
export type QuantizedTarget = {
  readonly format: 'int4' | 'int8'
  /** Values of a block. */
  readonly blockSize: number
  /** Quantized values, uint8 [rows, blocks, bytes of a block]; the low nibble first. */
  readonly at: number
  /** float32 [rows, blocks]. */
  readonly scalesAt: number
  /** uint8 [rows, ceil(blocks * bits / 8)]; the low nibble first. */
  readonly zeroPointsAt: number
}

/** Where the pieces of a matrix quantized by its outputs start in the data file, in bytes. */
export type ColumnsTarget = {
  readonly format: 'int8-columns'
  /** int8 [columns, rows]: turned. */
  readonly at: number
  /** float32 [rows]. */
  readonly scalesAt: number
  /** float32 [rows]: of each row, as it is stored. Null: not wanted. */
  readonly sumsAt: number | null
}

/** Where a matrix starts in the data file, in bytes. */
export type Target =
  | { readonly format: 'float32' | 'float16'; readonly at: number }
  | QuantizedTarget
  | ColumnsTarget

/** One matrix to be written: parts of the checkpoint stacked row by row. */
export type WeightJob = {
  readonly parts: readonly WeightPart[]
  readonly rows: number
  readonly columns: number
  readonly target: Target
}

/** Factors to multiply a matrix by: float32 [rows], [columns] or both. A vector is one row. */
export type Scaling = { readonly rows?: Float32Array; readonly columns?: Float32Array }

/** Of tensors, by their names in the checkpoint. */
export type Scalings = ReadonlyMap<string, Scaling>

/** Names of the initializers of a quantized matrix. */
export type QuantizedNames = {
  readonly values: string
  readonly scales: string
  readonly zeroPoints: string
  readonly blockSize: number
}

/** Names of the initializers of a matrix quantized by its outputs. */
export type ColumnsNames = {
  readonly values: string
  readonly scales: string
  readonly sums: string
}

export class WeightPlan {
  readonly jobs: WeightJob[] = []
  readonly tensors: ExternalTensor[] = []
  /** Length of the data file so far. */
  bytes = 0
  #floats = new Map<string, string>()

  /** Adds a tensor in floating point, or finds the one added before; gives its name. */
  float(
    parts: readonly WeightPart[],
    columns: number,
    dims: readonly number[],
    format: 'float32' | 'float16',
  ): string {
    const key = JSON.stringify([parts, columns, dims, format])
    const known = this.#floats.get(key)
    if (known !== undefined) {
      return known
    }
    const rows = totalRows(parts)
    const name = weightName(parts)
    const at = this.#add(name, format, dims)
    this.jobs.push({ parts, rows, columns, target: { format, at } })
    this.#floats.set(key, name)
    return name
  }

  /** Adds a matrix [rows, columns] in blocks along its rows; `blockSizeOf` says how long they are. */
  quantized(parts: readonly WeightPart[], columns: number, bits: 4 | 8): QuantizedNames {
    const blockSize = blockSizeOf(columns)
    if (blockSize === null) {
      throw new RangeError(
        `expected a multiple of ${SMALLER_BLOCKS.at(-1)} columns, got ${columns}`,
      )
    }
    const rows = totalRows(parts)
    const blocks = columns / blockSize
    const name = weightName(parts)
    const names = { values: `${name}_q`, scales: `${name}_scales`, zeroPoints: `${name}_zeros` }
    this.jobs.push({
      parts,
      rows,
      columns,
      target: {
        format: bits === 4 ? 'int4' : 'int8',
        blockSize,
        at: this.#add(names.values, 'uint8', [rows, blocks, (blockSize * bits) / 8]),
        scalesAt: this.#add(names.scales, 'float32', [rows, blocks]),
        zeroPointsAt: this.#add(names.zeroPoints, 'uint8', [rows, Math.ceil((blocks * bits) / 8)]),
      },
    })
    return { ...names, blockSize }
  }

  /**
   * Adds a matrix [rows, columns], quantized by its outputs: one scale a row, and turned.
   *
   * @param withSums also the sums of its rows.
   */
  quantizedColumns(part: WeightPart, columns: number, withSums = false): ColumnsNames {
    const { rows, tensor } = part
    const names = { values: `${tensor}_q`, scales: `${tensor}_scales`, sums: `${tensor}_sums` }
    this.jobs.push({
      parts: [part],
      rows,
      columns,
      target: {
        format: 'int8-columns',
        at: this.#add(names.values, 'int8', [columns, rows]),
        scalesAt: this.#add(names.scales, 'float32', [rows]),
        sumsAt: withSums ? this.#add(names.sums, 'float32', [rows]) : null,
      },
    })
    return names
  }

  #add(name: string, type: ElementType, dims: readonly number[]): number {
    const length = dims.reduce((product, dim) => product * dim, ELEMENT_BYTES[type])
    const alignment = length >= LARGE ? PAGE : SMALL_ALIGNMENT
    const offset = Math.ceil(this.bytes / alignment) * alignment
    this.tensors.push({ name, type, dims, offset, length })
    this.bytes = offset + length
    return offset
  }
}

/** Rows of a matrix that is made of parts. */
export function totalRows(parts: readonly WeightPart[]): number {
  return parts.reduce((sum, part) => sum + part.rows, 0)
}

function weightName(parts: readonly WeightPart[]): string {
  return parts.map((part) => part.tensor).join('+')
}
