/**
 * Reads where the tensors of a `.bin` file of torch.save are. The file is a zip archive of pickled
 * descriptions and plain storages; no code in it is run.
 *
 * Source: pytorch 2.13, torch/serialization.py and caffe2/serialize/inline_container.h.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { ConfigError } from '../../../config/errors.ts'
import { lfsPointerProblem } from '../../families/common/read-json.ts'
import type { StoredTensor } from './stored-tensor.ts'
import { PickleError, type PickledTensor } from './pickled-values.ts'
import { unpickleTensors } from './unpickle.ts'
import { readZip, type ZipEntry, ZipError } from './zip.ts'

const PICKLE = 'data.pkl'
/** The longest description that is read, in bytes: a million tensors need less. */
const MAX_PICKLE = 256 * 1024 * 1024
const ZIP_START = 'PK\u0003\u0004'
/** A pickle of protocol 2: what torch saved before version 1.6. */
const LEGACY_START = '\u0080\u0002'

const DTYPE_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
}

type Archive = {
  readonly file: string
  /** Begins the names of all entries, with a slash at its end. */
  readonly prefix: string
  readonly entries: ReadonlyMap<string, ZipEntry>
}

/**
 * @throws {ConfigError} if the file is broken, does more than hold tensors, or is in torch's old format.
 */
export function readTorchFile(file: string): [string, StoredTensor][] {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    checkStart(file, textAt(descriptor, 0, Math.min(size, 64)))
    const entries = readZip(descriptor, size)
    const name = [...entries.keys()].find((entry) => entry.endsWith(`/${PICKLE}`)) ?? ''
    const archive = { file, entries, prefix: name.slice(0, -PICKLE.length) }
    const pickle = entries.get(name)
    if (pickle === undefined || pickle.bytes > MAX_PICKLE) {
      throw new ZipError(`has no ${PICKLE} that can be read`)
    }
    const order = entries.get(`${archive.prefix}byteorder`)
    if (order && textAt(descriptor, order.offset, Math.min(order.bytes, 16)) !== 'little') {
      throw new ZipError('has numbers in another byte order')
    }
    const bytes = Buffer.alloc(pickle.bytes)
    readSync(descriptor, bytes, 0, bytes.length, pickle.offset)
    return [...unpickleTensors(bytes)].map(([tensor, facts]) => [
      tensor,
      storedTensor(archive, tensor, facts),
    ])
  } catch (error) {
    if (error instanceof ZipError || error instanceof PickleError) {
      const part = error instanceof PickleError ? `${file}: its ${PICKLE}` : file
      throw new ConfigError([`${part} ${error.message}.`], { cause: error })
    }
    throw error
  } finally {
    closeSync(descriptor)
  }
}

function textAt(descriptor: number, offset: number, length: number): string {
  const bytes = Buffer.alloc(length)
  const read = readSync(descriptor, bytes, 0, length, offset)
  return bytes.toString('latin1', 0, read)
}

function checkStart(file: string, start: string): void {
  const pointer = lfsPointerProblem(file, start)
  if (pointer !== null) {
    throw new ConfigError([pointer])
  }
  if (start.startsWith(LEGACY_START)) {
    throw new ConfigError([
      `${file} is in the format of torch before version 1.6, which cannot be read safely. Save the model again, in Python with transformers, and use --from:\n` +
        '  from transformers import AutoModelForImageTextToText\n' +
        '  AutoModelForImageTextToText.from_pretrained("DIR").save_pretrained("converted")',
    ])
  }
  if (!start.startsWith(ZIP_START)) {
    throw new ConfigError([`${file} is not a file of torch.save.`])
  }
}

function storedTensor(
  { file, prefix, entries }: Archive,
  name: string,
  { storage, offset, shape, strides }: PickledTensor,
): StoredTensor {
  const { dtype, key, elements } = storage
  const entry = entries.get(`${prefix}data/${key}`)
  const width = DTYPE_BYTES[dtype]!
  const count = shape.reduce((product, dim) => product * dim, 1)
  if (entry === undefined || entry.bytes !== elements * width || offset + count > elements) {
    throw new ConfigError([`${file}: ${name} is not within its storage data/${key}.`])
  }
  if (!isContiguous(shape, strides)) {
    throw new ConfigError([
      `${file}: ${name} is not stored row after row, which is not supported; save the model as safetensors.`,
    ])
  }
  return { file, dtype, shape, offset: entry.offset + offset * width, bytes: count * width }
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) {
      return false
    }
    expected *= shape[axis]!
  }
  return true
}
