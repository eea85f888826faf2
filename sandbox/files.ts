/**
 * The CDN: files kept in memory, behind signed links that expire as Discord's do.
 *
 * A link carries `ex` (when it expires), `is` (when it was made), both hexadecimal seconds, and
 * `hm`, their HMAC. Any message read from the API has fresh links; an old one answers 404.
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import type { Clock } from './clock.ts'

/** How long a link works, in seconds: about a day, as observed on Discord. */
const LINK_LIFE_S = 24 * 60 * 60

/** Attachment flag of a spoiler. */
const IS_SPOILER = 1 << 3

// What Discord tells of a file follows from its name alone.
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.bmp': 'image/bmp',
  '.gif': 'image/gif',
  '.jfif': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json; charset=utf-8',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
}

/** A file as it was uploaded. */
export type Upload = {
  readonly name: string
  readonly bytes: Uint8Array
  readonly description?: string | undefined
  readonly spoiler?: boolean | undefined
}

/** A file the CDN keeps. */
export type StoredFile = {
  readonly id: string
  /** The folder of its link, channel or application id included. */
  readonly folder: string
  readonly name: string
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
  readonly width: number | undefined
  readonly height: number | undefined
  readonly description: string | undefined
  readonly spoiler: boolean
}

/** Keeps the files and answers requests for them. */
export class Cdn {
  /** Where the links point, without the path; known once the server listens. */
  origin = ''
  readonly #clock: Clock
  readonly #files = new Map<string, StoredFile>()
  readonly #secret = randomBytes(32)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Keeps a file under `folder`, for example `attachments/CHANNEL`. */
  async add(id: string, folder: string, upload: Upload): Promise<StoredFile> {
    const name = cleanName(upload.name)
    const contentType = CONTENT_TYPES[extname(name).toLowerCase()]
    const size = contentType?.startsWith('image/') ? await imageSize(upload.bytes) : undefined
    const file: StoredFile = {
      id,
      folder,
      name,
      bytes: upload.bytes,
      contentType,
      width: size?.width,
      height: size?.height,
      description: upload.description,
      spoiler: (upload.spoiler ?? false) || name.startsWith('SPOILER_'),
    }
    this.#files.set(`/${folder}/${id}/${name}`, file)
    return file
  }

  /** Forgets a file; its links answer 404 from now on. */
  remove(file: StoredFile): void {
    this.#files.delete(`/${file.folder}/${file.id}/${file.name}`)
  }

  /** The file as the API describes it, with a fresh link. */
  describe(file: StoredFile): object {
    const link = this.#sign(`/${file.folder}/${file.id}/${file.name}`)
    return {
      id: file.id,
      filename: file.name,
      size: file.bytes.length,
      url: `${this.origin}/cdn${link}`,
      proxy_url: `${this.origin}/media${link}`,
      ...(file.contentType === undefined ? {} : { content_type: file.contentType }),
      ...(file.width === undefined ? {} : { width: file.width }),
      ...(file.height === undefined ? {} : { height: file.height }),
      ...(file.description === undefined ? {} : { description: file.description }),
      ...(file.spoiler ? { flags: IS_SPOILER } : {}),
      ...(file.folder.startsWith('ephemeral') ? { ephemeral: true } : {}),
    }
  }

  /** Answers a request for `/cdn/…` or `/media/…`. */
  serve(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const path = decodeURIComponent(url.pathname.replace(/^\/(cdn|media)/, ''))
    const file = this.#files.get(path)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    if (!file || !this.#valid(path, url.searchParams)) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
      response.end('This content is no longer available.')
      return
    }
    response.writeHead(200, {
      'content-type': file.contentType ?? 'application/octet-stream',
      'content-length': file.bytes.length,
      'cache-control': 'private, max-age=86400',
      'x-content-type-options': 'nosniff',
      // A picture opened by itself in the browser must not run anything, SVG included.
      'content-security-policy': "default-src 'none'; sandbox",
    })
    response.end(request.method === 'HEAD' ? undefined : file.bytes)
  }

  #sign(path: string): string {
    const issuedS = Math.floor(this.#clock.now() / 1000)
    const issued = issuedS.toString(16)
    const expires = (issuedS + LINK_LIFE_S).toString(16)
    const mac = this.#mac(path, expires, issued)
    return `${path}?ex=${expires}&is=${issued}&hm=${mac}&`
  }

  #valid(path: string, query: URLSearchParams): boolean {
    const [expires, issued, mac] = ['ex', 'is', 'hm'].map((name) => query.get(name) ?? '')
    const given = Buffer.from(mac!, 'hex')
    const right = Buffer.from(this.#mac(path, expires!, issued!), 'hex')
    return (
      given.length === right.length &&
      timingSafeEqual(given, right) &&
      parseInt(expires!, 16) * 1000 > this.#clock.now()
    )
  }

  #mac(path: string, expires: string, issued: string): string {
    return createHmac('sha256', this.#secret).update(`${path}|${expires}|${issued}`).digest('hex')
  }
}

// Discord keeps letters, digits, `_`, `-` and `.` of a file's name.
function cleanName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? ''
  const clean = base.replaceAll(/\s+/g, '_').replaceAll(/[^\w.-]/g, '')
  return clean.replace(/^\.+/, '') || 'unknown'
}

type Size = { readonly width: number; readonly height: number }

async function imageSize(bytes: Uint8Array): Promise<Size | undefined> {
  // Loaded at the first upload: the server itself starts without it.
  const { default: sharp } = await import('sharp')
  try {
    const { format, width, height } = await sharp(bytes).metadata()
    return format === 'svg' ? undefined : { width, height }
  } catch {
    return undefined // A file that only calls itself a picture: Discord gives it no size either.
  }
}
