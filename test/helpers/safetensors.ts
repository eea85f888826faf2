/** Reads and writes small safetensors files whole, for tests that change a checkpoint. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export type RawTensor = {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

export type RawTensors = Record<string, RawTensor>

/** All tensors of a folder, of one file or of shards. */
export function readTensors(folder: string): RawTensors {
  const tensors: RawTensors = {}
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.safetensors'))) {
    const file = readFileSync(path.join(folder, name))
    const start = 8 + Number(file.readBigUInt64LE())
    const header: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }> =
      JSON.parse(file.toString('utf8', 8, start))
    for (const [tensor, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
      if (tensor !== '__metadata__') {
        const bytes = file.subarray(start + offsets[0]!, start + offsets[1]!)
        tensors[tensor] = { dtype, shape, bytes: new Uint8Array(bytes) }
      }
    }
  }
  return tensors
}

export function writeTensors(file: string, tensors: RawTensors): void {
  const header: Record<string, unknown> = {}
  let offset = 0
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] }
    offset += bytes.length
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  writeFileSync(file, Buffer.concat([length, text, ...Object.values(tensors).map((t) => t.bytes)]))
}

/** Writes a file with this header, followed by zeros. */
export function writeHeader(file: string, header: Buffer, bytes: number): void {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  writeFileSync(file, Buffer.concat([length, header, Buffer.alloc(bytes)]))
}

export function floatTensor(values: Float32Array, shape: readonly number[]): RawTensor {
  return {
    dtype: 'F32',
    shape,
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  }
}

/** The values of an F16 or F32 tensor. */
export function valuesOf({ dtype, bytes }: RawTensor): Float32Array {
  return dtype === 'F32'
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    : new Float32Array(new Float16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2))
}
