/**
 * Serves files: `/cdn/…` as uploaded, `/media/…` resized, `/stickers/…` of stickers, `/emojis/…` of emojis.
 *
 * An unknown, expired or wrongly signed link gets 404 with the same message.
 */

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../protocol/clock.ts'
import type { CdnFault } from '../faults/fault-spec.ts'
import { emojiFile, stickerFile } from './stickers.ts'
import { renderMedia } from './media-proxy.ts'
import type { Rendition } from './media-proxy.ts'
import type { Cdn, StoredFile } from './files.ts'
import { snowflakeTime } from '../protocol/snowflake.ts'

const DEFAULT_SLOW_BYTES_PER_SECOND = 64 * 1024
const SLOW_STEP_MS = 100

/** Folders of files that have no signature and are shown, not saved. */
const UNSIGNED = new Set(['stickers', 'emojis'])

type Slice = { readonly from: number; readonly to: number }

/** Serves the files of one CDN. */
export class FileServer {
  readonly #cdn: Cdn
  readonly #clock: Clock
  readonly #etags = new WeakMap<StoredFile, string>()

  constructor(cdn: Cdn, clock: Clock) {
    this.#cdn = cdn
    this.#clock = clock
  }

  /** Serves one request; `fault` is injected. */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    fault: CdnFault | null,
  ): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    const file = await this.#find(url)
    if (!file || fault?.action === 'missing') {
      return say(response, 404, 'This content is no longer available.')
    }
    const isMedia = url.pathname.startsWith('/media/')
    const whole = isMedia ? await renderMedia(file, url.searchParams) : original(file)
    if (!whole) {
      return say(response, 415, 'Unsupported media type.')
    }
    const etag = isMedia && whole.bytes !== file.bytes ? hash(whole.bytes) : this.#etag(file)
    this.#answer(request, response, { file, whole, etag, isMedia, fault })
  }

  /** The file of the address: a sticker or an emoji, which need no signature, or a signed one. */
  #find(url: URL): StoredFile | undefined | Promise<StoredFile | undefined> {
    if (url.pathname.startsWith('/stickers/')) {
      return stickerFile(url.pathname)
    }
    if (url.pathname.startsWith('/emojis/')) {
      return emojiFile(url.pathname)
    }
    const path = decodePath(url.pathname.replace(/^\/(cdn|media)/, ''))
    return path === null ? undefined : this.#cdn.find(path, url.searchParams)
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    found: {
      readonly file: StoredFile
      readonly whole: Rendition
      readonly etag: string
      readonly isMedia: boolean
      readonly fault: CdnFault | null
    },
  ): void {
    const { file, whole, etag, isMedia, fault } = found
    const headers = {
      etag: `"${etag}"`,
      'cache-control': 'public, max-age=31536000',
      'last-modified': new Date(snowflakeTime(file.id)).toUTCString(),
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex, nofollow, noarchive, nocache, noimageindex, noodp',
      // A file opened by itself in the browser must not run anything, SVG included.
      'content-security-policy': "default-src 'none'; sandbox",
      ...(isMedia || UNSIGNED.has(file.folder)
        ? {}
        : { 'content-disposition': `attachment; filename="${file.name}"` }),
    }
    if (request.headers['if-none-match'] === `"${etag}"`) {
      response.writeHead(304, headers).end()
      return
    }
    const total = whole.bytes.length
    const slice = readRange(request.headers.range, total)
    if (slice === 'unsatisfiable') {
      response.writeHead(416, { ...headers, 'content-range': `bytes */${total}` }).end()
      return
    }
    const { from, to } = slice ?? { from: 0, to: total }
    response.writeHead(slice ? 206 : 200, {
      ...headers,
      'content-type': whole.contentType,
      'content-length': to - from,
      ...(slice ? { 'content-range': `bytes ${from}-${to - 1}/${total}` } : {}),
    })
    if (request.method === 'HEAD') {
      response.end()
    } else {
      this.#write(response, whole.bytes.subarray(from, to), fault)
    }
  }

  #write(response: ServerResponse, bytes: Uint8Array, fault: CdnFault | null): void {
    if (fault?.action === 'truncated') {
      // Sends half of the announced length, then closes the connection.
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
    } else if (fault?.action === 'slow') {
      const perSecond = fault.bytesPerSecond ?? DEFAULT_SLOW_BYTES_PER_SECOND
      this.#trickle(response, bytes, Math.max(1, Math.round((perSecond * SLOW_STEP_MS) / 1000)))
    } else {
      response.end(bytes)
    }
  }

  #trickle(response: ServerResponse, bytes: Uint8Array, step: number): void {
    if (response.destroyed) {
      return
    }
    if (bytes.length <= step) {
      response.end(bytes)
      return
    }
    response.write(bytes.subarray(0, step))
    this.#clock.after(SLOW_STEP_MS, () => this.#trickle(response, bytes.subarray(step), step))
  }

  #etag(file: StoredFile): string {
    const cached = this.#etags.get(file)
    if (cached !== undefined) {
      return cached
    }
    const etag = hash(file.bytes)
    this.#etags.set(file, etag)
    return etag
  }
}

function original(file: StoredFile): Rendition {
  return { bytes: file.bytes, contentType: file.contentType ?? 'application/octet-stream' }
}

function hash(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

function decodePath(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}

/**
 * One range is served; several at once, or another unit, get the whole file, as RFC 9110 allows.
 */
function readRange(header: string | undefined, total: number): Slice | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) {
    return null
  }
  const [, first, last] = match
  if (first === '') {
    const length = Math.min(Number(last), total)
    return length === 0 ? 'unsatisfiable' : { from: total - length, to: total }
  }
  const from = Number(first)
  const to = last === '' ? total : Math.min(Number(last) + 1, total)
  if (from >= total) {
    return 'unsatisfiable'
  }
  return from < to ? { from, to } : null
}
