/** Writes files as torch.save does: for tests with whole checkpoints, and with hostile ones. */

import { writeFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { RawTensors } from './safetensors.ts'

const STORAGES: Readonly<Record<string, readonly [name: string, width: number]>> = {
  F32: ['FloatStorage', 4],
  F16: ['HalfStorage', 2],
  BF16: ['BFloat16Storage', 2],
}

/** Writes a `.bin` with these tensors. */
export function writeTorchFile(file: string, tensors: RawTensors): void {
  const entries: [string, Uint8Array][] = []
  const items = Object.entries(tensors).map(([name, { dtype, shape, bytes }], i) => {
    const [storage = '', width = 1] = STORAGES[dtype] ?? []
    entries.push([`data/${i}`, bytes])
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
    const id = [text('storage'), global('torch', storage), text(String(i)), text('cpu')]
    return Buffer.concat([
      text(name),
      global('torch._utils', '_rebuild_tensor_v2'),
      Buffer.from('(('),
      ...id,
      int(bytes.length / width),
      Buffer.from('tQ'),
      int(0),
      tuple(shape),
      tuple(strides),
      Buffer.from([0x89]),
      Buffer.from('}tR'),
    ])
  })
  const pickle = Buffer.concat([
    Buffer.from([0x80, 2]),
    Buffer.from('}('),
    ...items,
    Buffer.from('u.'),
  ])
  writeZip(file, [['data.pkl', pickle], ...entries])
}

/** Writes a zip archive whose entries, in the folder `archive`, are not compressed. */
export function writeZip(file: string, entries: readonly [string, Uint8Array][], method = 0): void {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const [short, bytes] of entries) {
    const name = Buffer.from(`archive/${short}`)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(method, 4)
    facts.writeUInt32LE(crc32(bytes), 10)
    facts.writeUInt32LE(bytes.length, 14)
    facts.writeUInt32LE(bytes.length, 18)
    facts.writeUInt16LE(name.length, 22)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    const version = Buffer.alloc(2)
    directory.push(Buffer.from('PK\x01\x02'), version, facts, tail, name)
    parts.push(Buffer.from('PK\x03\x04'), facts, name, bytes)
    offset += 30 + name.length + bytes.length
  }
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(offset, 16)
  writeFileSync(file, Buffer.concat([...parts, ...directory, end]))
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([Buffer.from('X'), length, bytes])
}

export function global(module: string, name: string): Buffer {
  return Buffer.from(`c${module}\n${name}\n`)
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.write('J')
  bytes.writeInt32LE(value, 1)
  return bytes
}

function tuple(values: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from('('), ...values.map(int), Buffer.from('t')])
}
