/**
 * Requests a file from a byte offset on, by a Range request that is valid only while the server's
 * file is the same (If-Range), and checks that the response matches the request.
 */

import { readFile, rm, writeFile } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { connectionError, get, type HttpAnswer } from './http.ts'
import { fileUrl, refusal, type Hub, type RemoteFile, type Repository } from './hub.ts'
import { etagFileOf, OVERWRITE, READ_CHUNK_BYTES } from './partial-file.ts'

type Source = {
  readonly hub: Hub
  readonly repository: Repository
  readonly signal: AbortSignal
}

/** A response body: from byte 0 (status 200) or from the requested offset (status 206). */
export type Part = {
  readonly status: number
  readonly host: string
  readonly chunks: AsyncGenerator<Buffer, void>
}

/** The bytes on disk or in the response are not those of the file. */
export class DamagedError extends Error {
  override name = 'DamagedError' as const
}

/** Requests the file from byte `offset` on. */
export async function requestRest(
  file: RemoteFile,
  target: string,
  offset: number,
  { hub, repository, signal }: Source,
): Promise<Part> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (offset > 0) {
    headers.range = `bytes=${offset}-`
    const etag = await readFile(etagFileOf(target), 'utf8').catch(() => null)
    if (etag !== null) {
      headers['if-range'] = etag
    }
  }
  const url = fileUrl(hub, repository, file.name)
  const answer = await get(hub.client, url, headers, signal)
  if (answer.status !== 200 && answer.status !== 206) {
    if (answer.status === 416) {
      await answer.body.dump()
      throw new DamagedError(`the server has no more than ${offset} bytes of it`)
    }
    throw await refusal(answer, hub, repository.id, `file ${file.name}`)
  }
  const chunks = readAhead(answer, signal)
  const problem = rangeProblem(answer, file, offset)
  if (problem !== null) {
    answer.body.destroy()
    throw new DamagedError(problem)
  }
  // A weak tag cannot guard a range (RFC 9110, 13.1.5).
  const etag = answer.header('etag')
  if (etag?.startsWith('"')) {
    await writeFile(etagFileOf(target), etag, { flag: OVERWRITE })
  } else {
    await rm(etagFileOf(target), { force: true })
  }
  const status = isWholeFile(answer, file) ? 200 : answer.status
  return { status, host: answer.url.host, chunks }
}

/** Whether a response with status 206 is the whole file all the same, as some proxies send it. */
function isWholeFile(answer: HttpAnswer, file: RemoteFile): boolean {
  const length = answer.header('content-length')
  return answer.header('content-range') === undefined && Number(length) === file.bytes
}

/** Compares the response headers with the request. */
function rangeProblem(answer: HttpAnswer, file: RemoteFile, offset: number): string | null {
  const length = answer.header('content-length')
  if (answer.status === 206) {
    // Some proxies leave out the header, or the total length in it. The digest decides then.
    const range = answer.header('content-range') ?? ''
    const expected = `bytes ${offset}-${file.bytes - 1}/`
    if (range !== '' && range !== `${expected}${file.bytes}` && range !== `${expected}*`) {
      return 'the server sent another part of it than asked for'
    }
    const rest = file.bytes - offset
    return length === undefined || Number(length) === rest || isWholeFile(answer, file)
      ? null
      : `the server sends ${length} bytes instead of ${rest}`
  }
  if (length !== undefined && Number(length) !== file.bytes) {
    return `the server sends ${length} bytes instead of ${file.bytes}`
  }
  return null
}

/**
 * The body in chunks, read ahead from the moment of the call: if the connection breaks, the chunks
 * that had arrived come first, and then the error is thrown.
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
