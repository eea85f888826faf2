/**
 * Downloads one file, so that it is either complete and verified or absent.
 *
 * Bytes go to `NAME.partial`, which is renamed once size and digest match the hub's. A partial file
 * is resumed by this process or a later one, by a Range request that is valid only while the
 * server's file is the same (If-Range).
 */

import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import type { Hash } from 'node:crypto'
import path from 'node:path'
import { ConfigError } from '../../config/errors.ts'
import { startDigest } from './digest.ts'
import type { Hub, RemoteFile, Repository } from './hub.ts'
import {
  APPEND,
  appendAll,
  etagFileOf,
  hashStored,
  partialOf,
  removePartial,
  sizeOf,
} from './partial-file.ts'
import { DamagedError, requestRest, type Part } from './request-rest.ts'
import { fileProblem } from './system-error.ts'
import { TransientError, withRetries, type RetryOptions } from './retry.ts'

/** Failures in a row after which the download of a file fails. */
const MAX_FAILURES = 6
/** An attempt that got this many new bytes is progress, even if it failed. */
const PROGRESS_BYTES = 256 * 1024
/** A damaged file is downloaded once more from the start. */
const MAX_WHOLE_FETCHES = 2

export type FetchContext = {
  readonly hub: Hub
  readonly repository: Repository
  /** Target folder; it exists. */
  readonly folder: string
  readonly retry: Omit<RetryOptions, 'maxFailures'>
  /** Called with the file's bytes on disk; the number drops when a download starts over. */
  onBytes(file: RemoteFile, bytes: number): void
  /** Called with sentences for the operator: a damaged file, a pause. */
  onNote(text: string): void
}

/** A file in download. `stored`: the bytes on disk and their hash; null before they were read. */
type Partial = {
  readonly file: RemoteFile
  readonly target: string
  stored: { hash: Hash; bytes: number } | null
  /** The most bytes of any attempt: bytes that a server without ranges sends again do not count. */
  furthest: number
}

/**
 * Downloads and verifies a file; one that exists already is verified too.
 *
 * @throws {ConfigError} when the hub refuses it, or it arrives damaged twice.
 */
export async function fetchFile(file: RemoteFile, context: FetchContext): Promise<void> {
  const target = path.join(context.folder, file.name)
  if (await isWhole(file, target, context)) {
    return
  }
  for (let fetches = 1; ; fetches++) {
    const partial: Partial = { file, target, stored: null, furthest: 0 }
    try {
      await withRetries((progressed) => fetchRest(partial, context, progressed), {
        ...context.retry,
        maxFailures: MAX_FAILURES,
        onPause: (message, pauseMs) => {
          context.onNote(`${message} (${file.name}); retrying in ${seconds(pauseMs)}.`)
        },
      })
      await rename(partialOf(target), target)
      await rm(etagFileOf(target), { force: true })
      return
    } catch (error) {
      if (!(error instanceof DamagedError)) {
        throw fileProblem(error, context.folder)
      }
      await removePartial(target)
      context.onBytes(file, 0)
      if (fetches === MAX_WHOLE_FETCHES) {
        const problem = `${file.name} of ${context.repository.id} arrived damaged twice: ${error.message}. It was deleted; try again later.`
        throw new ConfigError([problem], { cause: error })
      }
      context.onNote(`${file.name} arrived damaged: ${error.message}. Downloading it again.`)
    }
  }
}

/** Verifies a file that an earlier run finished, and deletes it if it is damaged. */
async function isWhole(file: RemoteFile, target: string, context: FetchContext): Promise<boolean> {
  const size = await sizeOf(target)
  if (size === null) {
    return false
  }
  if (size === file.bytes) {
    const hash = startDigest(file)
    const handle = await open(target, 'r')
    try {
      await hashAndReport(handle, hash, file, context)
    } finally {
      await handle.close()
    }
    if (hash.digest('hex') === file.digest.hex) {
      return true
    }
  }
  await rm(target)
  context.onNote(`${file.name} from an earlier download is damaged. Downloading it again.`)
  return false
}

/** One attempt: downloads what is missing of the partial file, then verifies all of it. */
async function fetchRest(
  partial: Partial,
  context: FetchContext,
  progressed: () => void,
): Promise<void> {
  const { file, target } = partial
  const handle = await open(partialOf(target), APPEND)
  try {
    if (partial.stored === null) {
      const hash = startDigest(file)
      partial.stored = { hash, bytes: await hashAndReport(handle, hash, file, context) }
      partial.furthest = partial.stored.bytes
    }
    const { bytes } = partial.stored
    if (bytes > file.bytes) {
      throw new DamagedError(`${bytes} bytes instead of ${file.bytes}`)
    }
    if (bytes < file.bytes || bytes === 0) {
      const { hub, repository, retry } = context
      const source = { hub, repository, signal: retry.signal }
      const part = await requestRest(file, target, bytes, source)
      if (part.status === 200) {
        await handle.truncate(0)
        partial.stored = { hash: startDigest(file), bytes: 0 }
      }
      await receive(part, partial, partial.stored, { handle, context, progressed })
    }
    const hex = partial.stored.hash.digest('hex')
    if (hex !== file.digest.hex) {
      throw new DamagedError(`its ${file.digest.kind} is ${hex}, not ${file.digest.hex}`)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Feeds what is stored into the hash, and tells how far it is. @returns how many bytes that were. */
function hashAndReport(
  handle: FileHandle,
  hash: Hash,
  file: RemoteFile,
  context: FetchContext,
): Promise<number> {
  return hashStored(handle, hash, context.retry.signal, (bytes) => context.onBytes(file, bytes))
}

/** Appends the body to the partial file and its hash. */
async function receive(
  part: Part,
  partial: Partial,
  stored: { hash: Hash; bytes: number },
  to: {
    readonly handle: FileHandle
    readonly context: FetchContext
    readonly progressed: () => void
  },
): Promise<void> {
  const { handle, context } = to
  const { file } = partial
  context.onBytes(file, stored.bytes)
  for await (const chunk of part.chunks) {
    if (stored.bytes + chunk.length > file.bytes) {
      throw new DamagedError(`the server sends more than ${file.bytes} bytes`)
    }
    await appendAll(handle, chunk)
    stored.hash.update(chunk)
    stored.bytes += chunk.length
    context.onBytes(file, stored.bytes)
    if (stored.bytes - partial.furthest >= PROGRESS_BYTES) {
      partial.furthest = stored.bytes
      to.progressed()
    }
  }
  if (stored.bytes < file.bytes) {
    throw new TransientError(`The connection to ${part.host} ended early`, { cause: null })
  }
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`
}
