/** Serves the page's few files, and nothing else of the disk. */

import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuse } from './errors.ts'

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/messages.js': ['messages.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
}

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " +
    "connect-src 'self' ws:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/** @throws {ApiError} 404 or 405. */
export async function servePage(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const found = FILES[path]
  if (!found) throw refuse('notFound')
  if (request.method !== 'GET' && request.method !== 'HEAD') throw refuse('methodNotAllowed')
  const bytes = await readFile(new URL(`page/${found[0]}`, import.meta.url))
  response.writeHead(200, { ...HEADERS, 'content-type': found[1], 'content-length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
