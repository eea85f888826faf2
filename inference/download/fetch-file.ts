/**
 * Downloads one file so that it is either whole and right or not there.
 *
 * Bytes go to `NAME.partial`; the name appears only once size and digest agree with the hub.
 * A partial file goes on where it stopped, in this process or a later one, by a Range request
 * that holds only while the server's file is the same (If-Range).
 */

import { open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises'
import type { Hash } from 'node:crypto'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { ConfigError } from '../../config/errors.ts'
import { startDigest } from './digest.ts'
import { connectionError, get, type HttpAnswer } from './http.ts'
import { fileUrl, refusal, type Hub, type RemoteFile, type Repository } from './hub.ts'
import { PassingError, withRetries, type RetryOptions } from './retry.ts'

const PARTIAL_SUFFIX = '.partial'
const ETAG_SUFFIX = '.partial.etag'
const READ_CHUNK_BYTES = 1024 * 1024
/** Failures in a row after which a file is given up. */
const MAX_FAILURES = 6
/** A try that got this much further is progress, however it ended. */
const PROGRESS_BYTES = 256 * 1024
/** A damaged file is fetched anew once. */
const MAX_WHOLE_FETCHES = 2

export type FetchContext = {
  readonly hub: Hub
  readonly repository: Repository
  /** Folder the file ends up in; exists. */
  readonly folder: string
  readonly retry: Omit<RetryOptions, 'maxFailures'>
  /** Told how many bytes of the file are there now; falls when a fetch starts anew. */
  onBytes(file: RemoteFile, bytes: number): void
  /** Told of what a person may want to know: a damaged file, a pause. */
  onNote(text: string): void
}

/** What is on the disk of a file, and the hash of exactly that; null before it was read. */
type Partial = {
  readonly file: RemoteFile
  readonly target: string
  stored: { hash: Hash; bytes: number } | null
  /** How far any try has got: what a server that ignores ranges sends again is no progress. */
  furthest: number
}

/** The bytes from 0 (status 200) or from where they were asked for (status 206). */
type Part = {
  readonly status: number
  readonly host: string
  readonly chunks: AsyncGenerator<Buffer, void>
}

/** The bytes came, but they are not the file. */
class DamagedError extends Error {
  override name = 'DamagedError' as const
}

/**
 * Makes sure that the folder holds the file, whole and checked; a file already there is checked too.
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
          context.onNote(`${message} (${file.name}); trying again in ${seconds(pauseMs)}.`)
        },
      })
      await rename(target + PARTIAL_SUFFIX, target)
      await rm(target + ETAG_SUFFIX, { force: true })
      return
    } catch (error) {
      if (!(error instanceof DamagedError)) {
        throw diskError(error, context.folder)
      }
      await removePartial(target)
      context.onBytes(file, 0)
      if (fetches === MAX_WHOLE_FETCHES) {
        const problem = `${file.name} of ${context.repository.id} arrived damaged twice: ${error.message}. Nothing of it was kept; try again later.`
        throw new ConfigError([problem], { cause: error })
      }
      context.onNote(`${file.name} arrived damaged: ${error.message}. Fetching it anew.`)
    }
  }
}

/** Bytes of the file that need not be downloaded again, as far as sizes tell. */
export async function bytesPresent(file: RemoteFile, folder: string): Promise<number> {
  const target = path.join(folder, file.name)
  const whole = (await sizeOf(target)) ?? 0
  return Math.min(whole || ((await sizeOf(target + PARTIAL_SUFFIX)) ?? 0), file.bytes)
}

/** Checks a file that an earlier run finished; a wrong one is deleted. */
async function isWhole(file: RemoteFile, target: string, context: FetchContext): Promise<boolean> {
  const size = await sizeOf(target)
  if (size === null) {
    return false
  }
  if (size === file.bytes) {
    const hash = startDigest(file)
    const handle = await open(target, 'r')
    try {
      await hashStored(handle, hash, file, context)
    } finally {
      await handle.close()
    }
    if (hash.digest('hex') === file.digest.hex) {
      return true
    }
  }
  await rm(target)
  context.onNote(`${file.name} from an earlier download is damaged. Fetching it anew.`)
  return false
}

/** One try: everything that is still missing of the partial file, then the check of the whole. */
async function fetchRest(
  partial: Partial,
  context: FetchContext,
  progressed: () => void,
): Promise<void> {
  const { file, target } = partial
  const handle = await open(target + PARTIAL_SUFFIX, 'a+')
  try {
    if (partial.stored === null) {
      const hash = startDigest(file)
      partial.stored = { hash, bytes: await hashStored(handle, hash, file, context) }
      partial.furthest = partial.stored.bytes
    }
    const { bytes } = partial.stored
    if (bytes > file.bytes) {
      throw new DamagedError(`${bytes} bytes instead of ${file.bytes}`)
    }
    if (bytes < file.bytes || bytes === 0) {
      const part = await request(file, target, bytes, context)
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

/** Asks for the file from `offset` on. */
async function request(
  file: RemoteFile,
  target: string,
  offset: number,
  context: FetchContext,
): Promise<Part> {
  const { hub, repository } = context
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (offset > 0) {
    headers.range = `bytes=${offset}-`
    const etag = await readFile(target + ETAG_SUFFIX, 'utf8').catch(() => null)
    if (etag !== null) {
      headers['if-range'] = etag
    }
  }
  const url = fileUrl(hub, repository, file.name)
  const answer = await get(hub.client, url, headers, context.retry.signal)
  if (answer.status !== 200 && answer.status !== 206) {
    if (answer.status === 416) {
      await answer.body.dump()
      throw new DamagedError(`the server has no more than ${offset} bytes of it`)
    }
    throw await refusal(answer, hub, repository.id, `file ${file.name}`)
  }
  const chunks = readAhead(answer, context.retry.signal)
  const problem = rangeProblem(answer, file, offset)
  if (problem !== null) {
    answer.body.destroy()
    throw new DamagedError(problem)
  }
  // A weak tag cannot guard a range (RFC 9110, 13.1.5).
  const etag = answer.header('etag')
  if (etag?.startsWith('"')) {
    await writeFile(target + ETAG_SUFFIX, etag)
  } else {
    await rm(target + ETAG_SUFFIX, { force: true })
  }
  return { status: answer.status, host: answer.url.host, chunks }
}

/** Compares what the server says it sends with what was asked for. */
function rangeProblem(answer: HttpAnswer, file: RemoteFile, offset: number): string | null {
  const length = answer.header('content-length')
  if (answer.status === 206) {
    const range = answer.header('content-range') ?? ''
    const expected = `bytes ${offset}-${file.bytes - 1}/${file.bytes}`
    return range === expected ? null : `the server sent another part of it than asked for`
  }
  if (length !== undefined && Number(length) !== file.bytes) {
    return `the server sends ${length} bytes instead of ${file.bytes}`
  }
  return null
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
    throw new PassingError(`The connection to ${part.host} ended early`, { cause: null })
  }
}

/**
 * The body piece by piece, read ahead from the moment of the call: what had arrived before a
 * connection broke is still given, and then the break is thrown by its name.
 */
function readAhead(answer: HttpAnswer, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const { body, url } = answer
  const buffer = new PassThrough({ highWaterMark: READ_CHUNK_BYTES })
  let failure: unknown = null
  body.on('error', (error) => {
    failure = error
    buffer.end()
  })
  body.pipe(buffer)
  return (async function* () {
    try {
      const chunks: AsyncIterable<Buffer> = buffer
      yield* chunks
    } finally {
      body.destroy()
    }
    signal.throwIfAborted()
    if (failure !== null) {
      throw connectionError(failure, url.host)
    }
  })()
}

async function appendAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    written += (await handle.write(chunk, written)).bytesWritten
  }
}

/** Feeds what is stored into the hash. @returns how many bytes that were. */
async function hashStored(
  handle: FileHandle,
  hash: Hash,
  file: RemoteFile,
  context: FetchContext,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(READ_CHUNK_BYTES)
  for (let position = 0; ;) {
    context.retry.signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) {
      return position
    }
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
    context.onBytes(file, position)
  }
}

async function removePartial(target: string): Promise<void> {
  await rm(target + PARTIAL_SUFFIX, { force: true })
  await rm(target + ETAG_SUFFIX, { force: true })
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size
  } catch {
    return null
  }
}

/** Gives the disk's own errors a sentence; others pass. */
function diskError(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const problem = `The disk of ${folder} is full. Free some space and run the same command again: it goes on where it stopped.`
    return new ConfigError([problem], { cause: error })
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new ConfigError([`${folder} cannot be written to (${code}).`], { cause: error })
  }
  return error
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`
}
