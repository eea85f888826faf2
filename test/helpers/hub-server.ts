/**
 * A real HTTP server on 127.0.0.1 that responds as the model hub does, with faults on demand.
 *
 * Small files come from the hub itself, weights by a redirect to a second server on another port
 * (another origin), as the hub's storage is.
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

export const COMMIT = '0123456789abcdef0123456789abcdef01234567'
export const REPOSITORY = 'someone/tiny-blip2'

/** The response to one request for a file, instead of the file. */
export type Fault =
  /** Closes the connection after this many bytes of the body. */
  | { readonly kind: 'drop'; readonly after: number }
  /** Sends nothing more after this many bytes of the body, but leaves the connection open. */
  | { readonly kind: 'hang'; readonly after: number }
  /** Never responds. */
  | { readonly kind: 'silence' }
  /** The whole file with status 200, also for a range. */
  | { readonly kind: 'ignore-range' }
  /** The right length, one byte changed. */
  | { readonly kind: 'corrupt' }
  /** Another length than the repository says, and a body of that length. */
  | { readonly kind: 'resize'; readonly bytes: number }
  /** Chunked encoding without a length: the file and this many bytes more. */
  | { readonly kind: 'endless'; readonly extra: number }
  /** Chunked encoding that ends cleanly after this many bytes. */
  | { readonly kind: 'short'; readonly after: number }
  /** The whole file with status 206, without saying so. */
  | { readonly kind: 'whole-as-part' }
  /** Another part than the requested one. */
  | { readonly kind: 'wrong-part' }
  /** The file in this many pieces, with this pause between them. */
  | { readonly kind: 'slow'; readonly pieces: number; readonly everyMs: number }
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
    }
  | { readonly kind: 'redirect'; readonly to: string }

export type FileRequest = {
  readonly name: string
  /** 1 for the first request of this file on this server. */
  readonly nth: number
  readonly server: 'hub' | 'storage'
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly authorization: string | undefined
}

export type HubOptions = {
  readonly files: ReadonlyMap<string, Buffer>
  /** Changes the repository's description before it is sent. */
  describe?(answer: Record<string, unknown>): unknown
  /** A fault for the request for the repository's description. */
  describeFault?(nth: number): Fault | undefined
  /** A fault for the request of a file; undefined for none. */
  fault?(request: FileRequest): Fault | undefined
  /** Called when the body's bytes up to a drop or a hang have been sent. */
  onStuck?(request: FileRequest): void
  /** The Content-Range of a part; null for none. Default: the right one. */
  contentRange?(part: { readonly offset: number; readonly total: number }): string | null
  /** Other entity tag than the default, per request. */
  etag?(request: FileRequest): string
}

export type HubServer = {
  readonly endpoint: string
  readonly storage: string
  /** Every request for a file, in order. */
  readonly requests: readonly FileRequest[]
  /** The most requests that the storage served at the same time. */
  mostAtOnce(): number
  /** The paths requested from the hub itself. */
  readonly paths: readonly string[]
  close(): Promise<void>
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function gitSha1(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

/** Bytes that differ everywhere, the same for the same seed. */
export function bytesOf(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed >>> 0 || 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** Starts both servers; close it in the test's `after`. */
export async function startHub(options: HubOptions): Promise<HubServer> {
  const requests: FileRequest[] = []
  const paths: string[] = []
  const counts = new Map<string, number>()
  let descriptions = 0
  let active = 0
  let mostAtOnce = 0

  const serve = (server: 'hub' | 'storage', name: string, request: IncomingMessage) => {
    const key = `${server} ${name}`
    const nth = (counts.get(key) ?? 0) + 1
    counts.set(key, nth)
    const { range, authorization } = request.headers
    const guard = request.headers['if-range']
    const ifRange = typeof guard === 'string' ? guard : undefined
    const entry = { name, nth, server, range, ifRange, authorization }
    requests.push(entry)
    return entry
  }
  const storage = createServer((request, response) => {
    active++
    mostAtOnce = Math.max(mostAtOnce, active)
    response.once('close', () => active--)
    const name = decodeURIComponent((request.url ?? '').slice('/blob/'.length))
    sendFile(options, serve('storage', name, request), response)
  })
  const storageUrl = await listen(storage)
  const hub = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://hub')
    paths.push(url.pathname + url.search)
    if (url.pathname.startsWith('/api/models/')) {
      descriptions++
      const fault = options.describeFault?.(descriptions)
      if (fault) {
        sendFault(fault, response)
        return
      }
      const answer = describeRepository(options.files)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(options.describe?.(answer) ?? answer))
      return
    }
    const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? '')
    const entry = serve('hub', name, request)
    const fault = options.fault?.(entry)
    if (fault === undefined && options.files.has(name) && isLarge(name)) {
      response.writeHead(302, { location: `${storageUrl}/blob/${encodeURIComponent(name)}` })
      response.end()
    } else {
      sendFile(options, entry, response)
    }
  })
  const endpoint = await listen(hub)
  return {
    endpoint,
    storage: storageUrl,
    requests,
    paths,
    mostAtOnce: () => mostAtOnce,
    async close() {
      for (const server of [hub, storage]) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
    },
  }
}

function isLarge(name: string): boolean {
  return name.endsWith('.safetensors')
}

function describeRepository(files: ReadonlyMap<string, Buffer>): Record<string, unknown> {
  return {
    id: REPOSITORY,
    sha: COMMIT,
    gated: false,
    cardData: { license: 'mit' },
    siblings: [...files].map(([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      blobId: gitSha1(bytes),
      ...(isLarge(rfilename)
        ? { lfs: { size: bytes.length, sha256: sha256(bytes), pointerSize: 134 } }
        : {}),
    })),
  }
}

function sendFile(options: HubOptions, request: FileRequest, response: ServerResponse): void {
  const bytes = options.files.get(request.name)
  if (bytes === undefined) {
    response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()
    return
  }
  const etag = options.etag?.(request) ?? `"${sha256(bytes)}"`
  response.setHeader('etag', etag)
  const fault = options.fault?.(request)
  const asked = /^bytes=(\d+)-$/.exec(request.range ?? '')
  const guarded = request.ifRange === undefined || request.ifRange === etag
  let body = bytes
  if (asked && guarded && fault?.kind !== 'ignore-range') {
    const offset = Number(asked[1]) + (fault?.kind === 'wrong-part' ? 1 : 0)
    if (offset >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
      return
    }
    body = bytes.subarray(offset)
    response.statusCode = 206
    const total = bytes.length
    const range = options.contentRange
      ? options.contentRange({ offset, total })
      : `bytes ${offset}-${total - 1}/${total}`
    if (range !== null) {
      response.setHeader('content-range', range)
    }
  }
  if (fault?.kind === 'whole-as-part') {
    response.removeHeader('content-range')
    body = bytes
  }
  if (fault) {
    sendFault(fault, response, body, () => options.onStuck?.(request))
  } else {
    response.setHeader('content-length', body.length)
    response.end(body)
  }
}

function sendFault(
  fault: Fault,
  response: ServerResponse,
  body: Buffer = Buffer.alloc(0),
  onStuck?: () => void,
): void {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end()
      break
    case 'redirect':
      response.writeHead(302, { location: fault.to }).end()
      break
    case 'silence':
      break
    case 'drop':
    case 'hang':
      response.setHeader('content-length', body.length)
      response.flushHeaders()
      response.write(body.subarray(0, fault.after), () => {
        if (fault.kind === 'drop') {
          response.destroy()
        }
        onStuck?.()
      })
      break
    case 'corrupt': {
      const changed = Buffer.from(body)
      changed[0] = (changed[0] ?? 0) ^ 1
      response.setHeader('content-length', body.length)
      response.end(changed)
      break
    }
    case 'resize':
      response.setHeader('content-length', fault.bytes)
      response.end(Buffer.alloc(fault.bytes))
      break
    case 'endless':
      response.write(body)
      response.end(Buffer.alloc(fault.extra))
      break
    case 'short':
      response.write(body.subarray(0, fault.after))
      response.end()
      break
    case 'slow':
      response.setHeader('content-length', body.length)
      sendPieces(response, body, Math.ceil(body.length / fault.pieces), fault.everyMs)
      break
    case 'ignore-range':
    case 'whole-as-part':
    case 'wrong-part':
      response.setHeader('content-length', body.length)
      response.end(body)
      break
  }
}

function sendPieces(response: ServerResponse, body: Buffer, size: number, everyMs: number): void {
  if (body.length <= size) {
    response.end(body)
    return
  }
  response.write(body.subarray(0, size), () => {
    setTimeout(sendPieces, everyMs, response, body.subarray(size), size, everyMs)
  })
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}
