/**
 * A file of a download on the disk: `NAME` once it is whole and checked, `NAME.partial` before, and
 * beside that the ETag of the server's file that the partial one is a part of.
 */

import type { Hash } from 'node:crypto'
import { rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { RemoteFile } from './hub.ts'

export const READ_CHUNK_BYTES = 1024 * 1024

export function partialOf(target: string): string {
  return `${target}.partial`
}

export function etagFileOf(target: string): string {
  return `${target}.partial.etag`
}

/** Bytes of the file that need not be downloaded again, as far as sizes tell. */
export async function bytesPresent(file: RemoteFile, folder: string): Promise<number> {
  const target = path.join(folder, file.name)
  const whole = (await sizeOf(target)) ?? 0
  return Math.min(whole || ((await sizeOf(partialOf(target))) ?? 0), file.bytes)
}

export async function appendAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    written += (await handle.write(chunk, written)).bytesWritten
  }
}

/** Feeds what is stored into the hash. @returns how many bytes that were. */
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

export async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size
  } catch {
    return null
  }
}
