/**
 * Reads the header of a safetensors file, as strictly as the format's own library: a file that it
 * refuses is refused here.
 *
 * Format: an unsigned 64-bit little-endian header length, a JSON header, then the tensors' bytes.
 * Source: huggingface/safetensors 0.8, README.md, "Format", and safetensors/src/tensor.rs,
 * `Metadata::validate`.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { ConfigError } from '../../../config/errors.ts'
import { isObject, type Json, lfsPointerProblem } from '../../families/common/read-json.ts'
import type { StoredTensor } from './stored-tensor.ts'
import { duplicateKey } from './duplicate-keys.ts'

/** The longest header accepted, in bytes: a million tensors need less. */
const MAX_HEADER = 100 * 1024 * 1024

const METADATA = '__metadata__'

/** Every dtype of the format, with bits per element. */
const DTYPE_BITS: Readonly<Record<string, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
}

/**
 * Reads where each tensor of a file is.
 *
 * @throws {ConfigError} if the file is truncated or is not a safetensors file.
 */
export function readSafetensors(file: string): [string, StoredTensor][] {
  const descriptor = openSync(file, 'r')
  try {
    const size = fstatSync(descriptor).size
    const start = Buffer.alloc(Math.min(size, 64))
    readSync(descriptor, start, 0, start.length, 0)
    const pointer = lfsPointerProblem(file, start.toString('latin1'))
    if (pointer !== null) {
      throw new ConfigError([pointer])
    }
    if (size < 8) {
      throw broken(file, `it has ${size} bytes`)
    }
    const length = Number(start.readBigUInt64LE())
    if (length > MAX_HEADER || length < 2) {
      throw broken(file, `its header cannot be ${length} bytes`)
    }
    if (8 + length > size) {
      throw new ConfigError([`${file} is truncated: it ends within its header.`])
    }
    const text = Buffer.alloc(length)
    readSync(descriptor, text, 0, length, 8)
    return readTensors(file, parseHeader(file, text), 8 + length, size)
  } finally {
    closeSync(descriptor)
  }
}

function broken(file: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError([`${file} is not a safetensors file: ${why}.`], { cause })
}

function parseHeader(file: string, bytes: Buffer): Json {
  let header: unknown
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    header = JSON.parse(text)
  } catch (error) {
    throw broken(file, 'its header is not JSON', error)
  }
  if (!isObject(header)) {
    throw broken(file, 'its header is not an object')
  }
  const twice = duplicateKey(text)
  if (twice !== null) {
    throw broken(file, `its header has ${JSON.stringify(twice)} twice`)
  }
  const metadata = header[METADATA] ?? {}
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw broken(file, `its ${METADATA} is not text`)
  }
  return header
}

/** @param start where the tensors' bytes begin in the file, in bytes. */
function readTensors(
  file: string,
  header: Json,
  start: number,
  size: number,
): [string, StoredTensor][] {
  const tensors = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]): [string, StoredTensor] => [name, parseEntry(file, name, entry, start)])
  const inOrder = tensors.toSorted(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes)
  let end = start
  for (const [name, { offset, bytes }] of inOrder) {
    if (offset !== end) {
      const what = offset < end ? 'overlaps the tensor before it' : 'comes after unused bytes'
      throw broken(file, `${name} ${what}`)
    }
    end += bytes
  }
  if (end > size) {
    throw new ConfigError([
      `${file} is truncated: it has ${size} bytes and its tensors need ${end}.`,
    ])
  }
  if (end < size) {
    throw broken(file, `${size - end} bytes follow its tensors`)
  }
  return tensors
}

function parseEntry(file: string, name: string, entry: unknown, start: number): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {}
  const [from, to] = isCounts(offsets) && offsets.length === 2 ? offsets : []
  if (typeof dtype !== 'string' || !isCounts(shape) || from === undefined || to === undefined) {
    throw new ConfigError([`${file}: the header's entry of ${name} is broken.`])
  }
  const bits = Object.hasOwn(DTYPE_BITS, dtype) ? DTYPE_BITS[dtype] : undefined
  if (bits === undefined) {
    throw new ConfigError([`${file}: ${name} is of type ${dtype}, which the format does not have.`])
  }
  const bytes = to - from
  const elements = shape.reduce((product, dim) => product * dim, 1)
  if (bytes < 0 || bytes * 8 !== elements * bits) {
    throw new ConfigError([
      `${file}: ${name} is ${dtype} [${shape.join(', ')}] but has ${bytes} bytes.`,
    ])
  }
  return { file, dtype, shape, offset: start + from, bytes }
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)
}
