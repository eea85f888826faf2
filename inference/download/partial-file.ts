/**
 * A downloaded file on the disk: `NAME` once it is complete and verified, `NAME.partial` before that,
 * and `NAME.partial.etag` with the ETag of the server's file.
 */

import type { Hash } from 'node:crypto'
import { constants, rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { RemoteFile } from './hub.ts'

/** Opens a file to append to it and to read it. No symbolic link is followed: it could lead anywhere. */
export const APPEND =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
/** Opens a file to write it from the start, with the same rule. */
export const OVERWRITE =
  constants.O_WRONLY | constants.O_TRUNC | constants.O_CREAT | constants.O_NOFOLLOW

/** Bytes read at once to hash a file, and buffered of a response. */
export const READ_CHUNK_BYTES = 1024 * 1024

export function partialOf(target: string): string {
  return `${target}.partial`
}

export function etagFileOf(target: string): string {
  return `${target}.partial.etag`
}

/** Bytes of the file that are on disk already; digests are not checked. */
export async function bytesPresent(file: RemoteFile, folder: string): Promise<number> {
  const target = path.join(folder, file.name)
  const whole = (await sizeOf(target)) ?? 0
  return Math.min(whole || ((await sizeOf(partialOf(target))) ?? 0), file.bytes)
}

/** Appends the whole chunk, however many writes it takes. */
export async function appendAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    written += (await handle.write(chunk, written)).bytesWritten
  }
}

/** Hashes the bytes on disk. @returns how many they are. */
export async function hashStored(
  handle: FileHandle,
  hash: Hash,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(READ_CHUNK_BYTES)
  for (let position = 0; ;) {
    signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) {
      return position
    }
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
    onBytes(position)
  }
}

export async function removePartial(target: string): Promise<void> {
  await rm(partialOf(target), { force: true })
  await rm(etagFileOf(target), { force: true })
}

/** The size of a file in bytes; null if it does not exist. */
export async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size
  } catch {
    return null
  }
}
