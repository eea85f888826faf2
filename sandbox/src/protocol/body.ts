/** Reads an HTTP request's body: JSON, or a multipart form with files. */

import type { IncomingMessage } from 'node:http'
import { isJson } from './field-checks.ts'
import type { Json } from './field-checks.ts'
import { MAX_FILE_BYTES, MAX_FILES } from './constants.ts'
import { refuse } from './errors.ts'

/** Maximum body size: the files, and 1 MiB for the JSON. */
const MAX_BODY_BYTES = MAX_FILES * MAX_FILE_BYTES + 1024 * 1024

/** A file as it was uploaded. */
export type Upload = {
  readonly name: string
  readonly bytes: Uint8Array
  readonly description?: string | undefined
  readonly spoiler?: boolean | undefined
  /** Length of an audio file, in seconds. */
  readonly durationS?: number | undefined
  /** Loudness of a voice message over time: one byte a point, in base64. */
  readonly waveform?: string | undefined
}

/** A file of a multipart request by its number: `files[0]` is 0. */
export type Files = ReadonlyMap<string, Upload>

/** A request's body. */
export type Body = { readonly json: unknown; readonly files: Files }

/**
 * Reads the whole body.
 *
 * @throws {ApiError} 50109 for broken JSON, 40005 when it is too large.
 */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const bytes = await readBytes(request)
  const type = request.headers['content-type'] ?? ''
  if (type.startsWith('multipart/form-data')) {
    return readForm(bytes, type)
  }
  if (bytes.length === 0) {
    return { json: undefined, files: new Map() }
  }
  return { json: parse(bytes.toString()), files: new Map() }
}

/** The body as an object; anything else reads as an empty one. */
export function asJson(body: Body): Json {
  return isJson(body.json) ? body.json : {}
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) {
      throw refuse('entityTooLarge')
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function readForm(bytes: Buffer, type: string): Promise<Body> {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } })
    .formData()
    .catch(() => {
      throw refuse('invalidJson')
    })
  const files = new Map<string, Upload>()
  for (const [key, value] of form) {
    const number = /^files\[(\d+)\]$/.exec(key)?.[1]
    if (number === undefined || typeof value === 'string') {
      continue
    }
    files.set(number, { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) })
  }
  const payload = form.get('payload_json')
  return { json: typeof payload === 'string' ? parse(payload) : undefined, files }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refuse('invalidJson')
  }
}
