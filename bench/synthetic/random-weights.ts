/** Writes safetensors of random numbers. The values mean nothing; every tensor has its own. */

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'

export const DTYPES = ['F32', 'F16', 'BF16'] as const
export type Dtype = (typeof DTYPES)[number]

/** Tensors by name. */
export type Shapes = Map<string, readonly number[]>

/** What is written of a checkpoint. */
export type Checkpoint = {
  /** What `config.json` says. */
  readonly config: object
  /** Other files' text, by name. */
  readonly files: Readonly<Record<string, string>>
  readonly shapes: Shapes
}

const SHARD_BYTES = 5e9
const PIECE = 4 * 1024 * 1024
/** Standard deviation; norm weights are near 1, everything else is near 0. */
const SPREAD = 0.02

/** Random numbers to cut pieces from, each at a random place. */
const POOL = 1 << 24

/** Encoded numbers, for norm weights and for everything else. */
type Pools = { readonly matrix: Uint8Array; readonly norm: Uint8Array }

/** @param onShard told the name of each file written. */
export function writeRandomWeights(
  folder: string,
  tensors: Shapes,
  dtype: Dtype,
  onShard?: (file: string) => void,
): void {
  const width = dtype === 'F32' ? 4 : 2
  const shards: [string, readonly number[]][][] = [[]]
  let bytes = 0
  for (const [name, shape] of tensors) {
    const size = elements(shape) * width
    if (bytes + size > SHARD_BYTES && bytes > 0) {
      shards.push([])
      bytes = 0
    }
    shards.at(-1)!.push([name, shape])
    bytes += size
  }
  const pools = { matrix: normals(0, dtype), norm: normals(1, dtype) }
  const map: Record<string, string> = {}
  shards.forEach((shard, i) => {
    const count = [i + 1, shards.length].map((n) => String(n).padStart(5, '0'))
    const file = `model-${count.join('-of-')}.safetensors`
    writeShard(path.join(folder, file), shard, dtype, pools)
    for (const [name] of shard) {
      map[name] = file
    }
    onShard?.(file)
  })
  const index = { metadata: {}, weight_map: map }
  writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify(index))
}

function writeShard(
  file: string,
  tensors: readonly [string, readonly number[]][],
  dtype: Dtype,
  pools: Pools,
): void {
  const width = dtype === 'F32' ? 4 : 2
  const header: Record<string, unknown> = {}
  let offset = 0
  for (const [name, shape] of tensors) {
    const end = offset + elements(shape) * width
    header[name] = { dtype, shape, data_offsets: [offset, end] }
    offset = end
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const descriptor = openSync(file, 'w')
  writeSync(descriptor, Buffer.concat([length, text]))
  for (const [name, shape] of tensors) {
    const pool = /norm\d?\.weight$/i.test(name) ? pools.norm : pools.matrix
    for (let left = elements(shape); left > 0; left -= PIECE) {
      const count = Math.min(left, PIECE)
      const start = Math.floor(Math.random() * (POOL - count + 1))
      writeSync(descriptor, pool.subarray(start * width, (start + count) * width))
    }
  }
  closeSync(descriptor)
}

/** Normally distributed around a mean, encoded. */
function normals(mean: number, dtype: Dtype): Uint8Array {
  const values = new Float32Array(POOL)
  for (let i = 0; i < POOL; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()))
    values[i] = mean + SPREAD * radius * Math.cos(2 * Math.PI * Math.random())
  }
  if (dtype === 'F32') {
    return new Uint8Array(values.buffer)
  }
  if (dtype === 'F16') {
    return new Uint8Array(new Float16Array(values).buffer)
  }
  const words = new Uint32Array(values.buffer)
  return new Uint8Array(Uint16Array.from(words, (word) => word >>> 16).buffer)
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1)
}
