/** Reads the pictures of a command: files, or `-` for standard input. */

import { open } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { InputError } from '../../config/errors.ts'

/** Most bytes to read into memory. The image decoder's own limit is lower. */
const MAX_READ_BYTES = 64 * 1024 * 1024

const CHUNK_BYTES = 256 * 1024

/**
 * Reads an image file.
 *
 * @param name a path, or `-` for standard input.
 * @param folder base of relative paths.
 * @throws {InputError} if the file is missing, cannot be read or is larger than `maxBytes`.
 */
export async function readImage(
  name: string,
  folder: string,
  maxBytes = MAX_READ_BYTES,
): Promise<Uint8Array> {
  if (name === '-') {
    return readAll(process.stdin, maxBytes)
  }
  const file = await open(path.resolve(folder, name)).catch(unreadable)
  try {
    const entry = await file.stat()
    if (entry.isDirectory()) {
      throw new InputError('file/folder')
    }
    const stream = file.createReadStream({ highWaterMark: CHUNK_BYTES })
    return await readAll(stream, maxBytes).catch(unreadable)
  } finally {
    await file.close()
  }
}

/** Reads to the end. @throws {InputError} if there are more than `maxBytes`. */
async function readAll(stream: Readable, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    length += bytes.length
    if (length > maxBytes) {
      throw new InputError('file/too-large', { maxBytes })
    }
  }
  return Buffer.concat(chunks)
}

function unreadable(cause: NodeJS.ErrnoException): never {
  throw cause instanceof InputError ? cause : whyUnreadable(cause)
}

function whyUnreadable(cause: NodeJS.ErrnoException): InputError {
  switch (cause.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new InputError('file/missing', null, { cause })
    case 'EACCES':
    case 'EPERM':
      return new InputError('file/forbidden', null, { cause })
    default:
      return new InputError('file/unreadable', { reason: cause.message }, { cause })
  }
}
