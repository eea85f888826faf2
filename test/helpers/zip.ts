/** Writes zip archives with compressed entries, as wheels are. */

import { crc32, deflateRawSync } from 'node:zlib'

/** @param entries contents by name. */
export function zipOf(entries: Readonly<Record<string, Uint8Array>>): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, contents] of Object.entries(entries)) {
    const data = deflateRawSync(contents)
    const title = Buffer.from(name)
    const fields = Buffer.alloc(26) // what both headers have, from the version on
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(8, 4) // Deflate
    fields.writeUInt32LE(crc32(contents), 10)
    fields.writeUInt32LE(data.length, 14)
    fields.writeUInt32LE(contents.length, 18)
    fields.writeUInt16LE(title.length, 22)
    const file = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, title, data])
    const rest = Buffer.alloc(14) // comment, disk, attributes, offset
    rest.writeUInt32LE(offset, 10)
    const version = Buffer.from([20, 0])
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002'), version, fields, rest, title]))
    files.push(file)
    offset += file.length
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(directory.length, 4)
  end.writeUInt16LE(directory.length, 6)
  end.writeUInt32LE(list.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...files, list, Buffer.from('PK\u0005\u0006'), end])
}
