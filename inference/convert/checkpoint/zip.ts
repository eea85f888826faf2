/**
 * Finds the entries of a zip archive: where the bytes of each are in the file. Reads the directory only.
 * torch.save stores them without compression, and others are refused unless the caller inflates them.
 *
 * Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
 */

import { readSync } from 'node:fs'

/** Where an entry's bytes are, in bytes from the start of the file. */
export type ZipEntry = {
  readonly offset: number
  /** Of the entry itself. */
  readonly bytes: number
  /** What it takes in the file; null: it is stored as it is. */
  readonly deflatedBytes: number | null
}

export type ZipOptions = {
  /** Whether entries may be compressed by Deflate. Default false. */
  readonly mayDeflate?: boolean
}

/** The archive is broken, or has something that torch.save does not write; the message says what. */
export class ZipError extends Error {
  override name = 'ZipError' as const
}

const LOCAL_HEADER = 0x04034b50
const DIRECTORY_ENTRY = 0x02014b50
const END = 0x06054b50
const ZIP64_END = 0x06064b50
const ZIP64_LOCATOR = 0x07064b50
const ZIP64_EXTRA = 0x0001

const LOCAL_BYTES = 30
const ENTRY_BYTES = 46
const END_BYTES = 22
const ZIP64_END_BYTES = 56
const LOCATOR_BYTES = 20
/** Longest comment at the end of an archive. */
const MAX_COMMENT = 0xffff
/** Longest directory that is read, in bytes: a million entries need less. */
const MAX_DIRECTORY = 128 * 1024 * 1024
/** Stands in a 32-bit field for a value that is in the ZIP64 record. */
const IN_ZIP64 = 0xffffffff
const ENCRYPTED = 1
/** Methods of compression. */
const STORED = 0
const DEFLATED = 8

type Directory = { readonly offset: number; readonly bytes: number }
type Entry = ZipEntry & { readonly name: string }

/**
 * @param descriptor of the open file.
 * @param size of the file, in bytes.
 * @throws {ZipError}
 */
export function readZip(
  descriptor: number,
  size: number,
  { mayDeflate = false }: ZipOptions = {},
): ReadonlyMap<string, ZipEntry> {
  const directory = findDirectory(descriptor, size)
  const bytes = readAt(descriptor, directory.offset, directory.bytes)
  const entries = new Map<string, ZipEntry>()
  for (let at = 0; at < bytes.length;) {
    const { entry, next } = parseEntry(bytes, at, mayDeflate)
    if (entries.has(entry.name)) {
      throw new ZipError(`has the entry ${entry.name} twice`)
    }
    const offset = dataOffset(descriptor, entry)
    if (offset + (entry.deflatedBytes ?? entry.bytes) > directory.offset) {
      throw new ZipError(`is truncated within ${entry.name}`)
    }
    const { bytes: length, deflatedBytes } = entry
    entries.set(entry.name, { offset, bytes: length, deflatedBytes })
    at = next
  }
  return entries
}

function findDirectory(descriptor: number, size: number): Directory {
  const length = Math.min(size, END_BYTES + MAX_COMMENT)
  const tail = readAt(descriptor, size - length, length)
  let end = tail.length - END_BYTES
  while (end >= 0 && tail.readUInt32LE(end) !== END) {
    end--
  }
  if (end < 0) {
    throw new ZipError('is truncated: it has no directory at its end')
  }
  const plain = { bytes: tail.readUInt32LE(end + 12), offset: tail.readUInt32LE(end + 16) }
  const locator = size - length + end - LOCATOR_BYTES
  const directory = zip64Directory(descriptor, size, locator) ?? plain
  if (directory.bytes > MAX_DIRECTORY || directory.offset + directory.bytes > size) {
    throw new ZipError('has a directory that cannot be in it')
  }
  return directory
}

/** @param locator where the locator of a ZIP64 record would be. */
function zip64Directory(descriptor: number, size: number, locator: number): Directory | null {
  if (locator < 0) {
    return null
  }
  const found = readAt(descriptor, locator, LOCATOR_BYTES)
  if (found.readUInt32LE(0) !== ZIP64_LOCATOR) {
    return null
  }
  const at = readUInt64(found, 8)
  if (at + ZIP64_END_BYTES > size) {
    throw new ZipError('has a directory that cannot be in it')
  }
  const record = readAt(descriptor, at, ZIP64_END_BYTES)
  if (record.readUInt32LE(0) !== ZIP64_END) {
    throw new ZipError('has a broken ZIP64 record')
  }
  return { bytes: readUInt64(record, 40), offset: readUInt64(record, 48) }
}

/** @returns an entry, whose offset is that of its local header, and where the next begins. */
function parseEntry(
  directory: Buffer,
  at: number,
  mayDeflate: boolean,
): { entry: Entry; next: number } {
  if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== DIRECTORY_ENTRY) {
    throw new ZipError('has a broken directory')
  }
  const nameEnd = at + ENTRY_BYTES + directory.readUInt16LE(at + 28)
  const extraEnd = nameEnd + directory.readUInt16LE(at + 30)
  const next = extraEnd + directory.readUInt16LE(at + 32)
  if (next > directory.length) {
    throw new ZipError('has a broken directory')
  }
  const name = directory.toString('utf8', at + ENTRY_BYTES, nameEnd)
  const isEncrypted = (directory.readUInt16LE(at + 8) & ENCRYPTED) !== 0
  const method = directory.readUInt16LE(at + 10)
  if (isEncrypted || (method !== STORED && !(mayDeflate && method === DEFLATED))) {
    throw new ZipError(`has the entry ${name} compressed or encrypted`)
  }
  const large = zip64Values(directory.subarray(nameEnd, extraEnd))
  const value = (field: number) => {
    const short = directory.readUInt32LE(at + field)
    const result = short === IN_ZIP64 ? large.shift() : short
    if (result === undefined) {
      throw new ZipError(`has no size of ${name}`)
    }
    return result
  }
  const bytes = value(24) // in the order in which the ZIP64 field has them
  const stored = value(20)
  const offset = value(42)
  if (method === STORED && bytes !== stored) {
    throw new ZipError(`has two sizes of ${name}`)
  }
  return { entry: { name, bytes, offset, deflatedBytes: method === STORED ? null : stored }, next }
}

/** The numbers of the ZIP64 field, in its order. */
function zip64Values(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === ZIP64_EXTRA && end <= extra.length) {
      const count = Math.floor((end - at - 4) / 8)
      return Array.from({ length: count }, (_, i) => readUInt64(extra, at + 4 + i * 8))
    }
    at = end
  }
  return []
}

/** Where an entry's bytes begin: after its local header, which repeats its name. */
function dataOffset(descriptor: number, { name, offset }: Entry): number {
  const header = readAt(descriptor, offset, LOCAL_BYTES)
  if (header.readUInt32LE(0) !== LOCAL_HEADER) {
    throw new ZipError(`has no entry ${name} where its directory says`)
  }
  const nameBytes = header.readUInt16LE(26)
  if (readAt(descriptor, offset + LOCAL_BYTES, nameBytes).toString('utf8') !== name) {
    throw new ZipError(`has two names of ${name}`)
  }
  return offset + LOCAL_BYTES + nameBytes + header.readUInt16LE(28)
}

function readUInt64(buffer: Buffer, at: number): number {
  const value = Number(buffer.readBigUInt64LE(at))
  if (!Number.isSafeInteger(value)) {
    throw new ZipError('has a size that no file has')
  }
  return value
}

/** @throws {ZipError} if the file ends before. */
function readAt(descriptor: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const read = readSync(descriptor, buffer, done, length - done, offset + done)
    if (read === 0) {
      throw new ZipError('is truncated')
    }
    done += read
  }
  return buffer
}
