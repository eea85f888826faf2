/** Serves the page's files and the sample pictures, and no other files. */

import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import type { Upload } from './protocol/body.ts'
import { refuse } from './protocol/errors.ts'

const PAGE = path.join(import.meta.dirname, '../page')
const SAMPLES = path.join(import.meta.dirname, '../samples')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.webp': 'image/webp',
}

/** Files by URL path: the contents of the two folders when the sandbox starts. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['/', path.join(PAGE, 'index.html')],
  ...list(PAGE, '/', ['.js', '.css', '.svg']),
  ...list(SAMPLES, '/samples/', ['.webp', '.json']),
])

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
    "connect-src 'self' ws:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; " +
    "require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-cache',
}

function list(folder: string, prefix: string, endings: readonly string[]) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.includes(path.extname(name)))
    .map((name) => [prefix + name.replaceAll(path.sep, '/'), path.join(folder, name)] as const)
}

/** A sample picture by its URL path; undefined for other paths. */
export async function readSample(address: string): Promise<Upload | undefined> {
  const file = address.startsWith('/samples/') ? FILES.get(address) : undefined
  return file === undefined ? undefined : { name: path.basename(file), bytes: await readFile(file) }
}

/** @throws {ApiError} 404 or 405. */
export async function servePage(
  request: IncomingMessage,
  response: ServerResponse,
  address: string,
): Promise<void> {
  const file = FILES.get(address)
  if (file === undefined) {
    throw refuse('notFound')
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw refuse('methodNotAllowed')
  }
  const bytes = await readFile(file)
  response.writeHead(200, {
    ...HEADERS,
    'content-type': TYPES[path.extname(file)],
    'content-length': bytes.length,
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
