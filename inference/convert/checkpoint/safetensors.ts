/**
 * Reads the headers of safetensors checkpoints: one file, or shards with an index. Tensors stay on
 * the disk; chunk.ts reads their rows.
 *
 * Format: an unsigned 64-bit little-endian header length, a JSON header, then the tensors' bytes.
 * Source: huggingface/safetensors, README.md, "Format".
 */

import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import { ConfigError } from '../../../config/errors.ts'
import { isObject, readJson } from '../../families/common/read-json.ts'

/** The dtypes that a checkpoint may have, with bytes per element. */
export const DTYPE_BYTES = { F32: 4, F16: 2, BF16: 2 } as const
export type Dtype = keyof typeof DTYPE_BYTES

export function isReadable(dtype: string): dtype is Dtype {
  return Object.hasOwn(DTYPE_BYTES, dtype)
}

/** A tensor's dtype and shape, and where its bytes are. */
export type StoredTensor = {
  readonly file: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** Offset in the file, in bytes. */
  readonly offset: number
  /** Length, in bytes. */
  readonly bytes: number
}

export type Checkpoint = {
  /** Files that hold tensors, absolute. */
  readonly files: readonly string[]
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

const SINGLE_FILE = 'model.safetensors'
const INDEX_FILE = 'model.safetensors.index.json'
const PICKLED = ['pytorch_model.bin', 'pytorch_model.bin.index.json']

/** The longest header accepted, in bytes: a million tensors need less. */
const MAX_HEADER = 100 * 1024 * 1024

/**
 * Reads the headers of all safetensors files of a folder.
 *
 * @param problems gets a sentence for each file that is missing, truncated or broken.
 */
export function openCheckpoint(folder: string, problems: string[]): Checkpoint {
  const tensors = new Map<string, StoredTensor>()
  const files = collect(problems, () => checkpointFiles(folder)) ?? []
  for (const file of files) {
    for (const [name, tensor] of collect(problems, () => readHeader(file)) ?? []) {
      tensors.set(name, tensor)
    }
  }
  return { files, tensors }
}

function collect<T>(problems: string[], read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error
    }
    problems.push(...error.problems)
    return null
  }
}

function checkpointFiles(folder: string): string[] {
  const index = path.join(folder, INDEX_FILE)
  if (existsSync(index)) {
    return shardFiles(folder, index)
  }
  const single = path.join(folder, SINGLE_FILE)
  if (existsSync(single)) {
    return [single]
  }
  const pickled = PICKLED.find((name) => existsSync(path.join(folder, name)))
  throw new ConfigError([
    pickled === undefined
      ? `${folder} has no weights: neither ${SINGLE_FILE} nor ${INDEX_FILE} is there.`
      : `${folder} has its weights in ${pickled}, a format that can run code; only safetensors are read.`,
  ])
}

function shardFiles(folder: string, index: string): string[] {
  const problems: string[] = []
  const map = readJson(folder, INDEX_FILE, problems)?.['weight_map']
  if (problems.length > 0 || !isObject(map)) {
    throw new ConfigError(problems.length > 0 ? problems : [`${index} has no weight_map.`])
  }
  const names = [...new Set(Object.values(map).map(String))].sort()
  const foreign = names.filter(
    (name) => path.basename(name) !== name || !name.endsWith('.safetensors'),
  )
  if (foreign.length > 0) {
    throw new ConfigError(
      foreign.map((name) => `${index} names ${name}, which is not a shard in this folder.`),
    )
  }
  const absent = names.filter((name) => !existsSync(path.join(folder, name)))
  if (absent.length > 0) {
    throw new ConfigError(absent.map((name) => `${folder} lacks the shard ${name}.`))
  }
  return names.map((name) => path.join(folder, name))
}

function readHeader(file: string): [string, StoredTensor][] {
  const descriptor = openSync(file, 'r')
  try {
    const size = fstatSync(descriptor).size
    const prefix = Buffer.alloc(8)
    if (size < 8 || readSync(descriptor, prefix, 0, 8, 0) < 8) {
      throw new ConfigError([`${file} is not a safetensors file: it has ${size} bytes.`])
    }
    const length = Number(prefix.readBigUInt64LE())
    if (length > MAX_HEADER || length < 2) {
      throw new ConfigError([
        `${file} is not a safetensors file: its header cannot be ${length} bytes.`,
      ])
    }
    if (8 + length > size) {
      throw new ConfigError([`${file} is truncated: it ends within its header.`])
    }
    const text = Buffer.alloc(length)
    readSync(descriptor, text, 0, length, 8)
    return parseHeader(file, text.toString('utf8'), 8 + length, size)
  } finally {
    closeSync(descriptor)
  }
}

function parseHeader(
  file: string,
  text: string,
  start: number,
  size: number,
): [string, StoredTensor][] {
  let header: unknown
  try {
    header = JSON.parse(text)
  } catch (error) {
    throw new ConfigError([`${file} is not a safetensors file: its header is not JSON.`], {
      cause: error,
    })
  }
  if (typeof header !== 'object' || header === null) {
    throw new ConfigError([`${file} is not a safetensors file: its header is not an object.`])
  }
  const tensors: [string, StoredTensor][] = []
  let end = start
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      continue
    }
    const tensor = parseEntry(file, name, entry, start)
    end = Math.max(end, tensor.offset + tensor.bytes)
    tensors.push([name, tensor])
  }
  if (end > size) {
    throw new ConfigError([
      `${file} is truncated: it has ${size} bytes and its tensors need ${end}.`,
    ])
  }
  return tensors
}

/** @param start where the tensors' bytes begin in the file, in bytes. */
function parseEntry(file: string, name: string, entry: unknown, start: number): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {}
  const [from, to] = isCounts(offsets) ? offsets : []
  if (typeof dtype !== 'string' || !isCounts(shape) || from === undefined || to === undefined) {
    throw new ConfigError([`${file}: the header's entry of ${name} is broken.`])
  }
  const bytes = to - from
  const width = isReadable(dtype) ? DTYPE_BYTES[dtype] : undefined
  const elements = shape.reduce((product, dim) => product * dim, 1)
  if (bytes < 0 || (width !== undefined && bytes !== elements * width)) {
    throw new ConfigError([
      `${file}: ${name} is ${dtype} [${shape.join(', ')}] but has ${bytes} bytes.`,
    ])
  }
  return { file, dtype, shape, offset: start + from, bytes }
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)
}
