/**
 * JSON of what crosses between two Sightseers: bytes, vectors and numbers that JSON has no form for are
 * objects with one name, such as `{"$bytes": "…"}`.
 */

const BYTES = '$bytes'
const FLOATS = '$float32'
const NUMBER = '$number'

/** @param value plain data; may contain `Uint8Array`, `Float32Array` and infinite numbers. */
export function packJson(value: unknown): string {
  // The second argument of a replacer is a Buffer's own JSON, not the Buffer.
  return JSON.stringify(value, function replace(this: Record<string, unknown>, name) {
    return packed(this[name])
  })
}

/** @throws {SyntaxError} if the text is not such JSON. */
export function unpackJson(text: string): unknown {
  return JSON.parse(text, (_name, part: unknown) => unpacked(part))
}

function packed(part: unknown): unknown {
  if (part instanceof Uint8Array) {
    return { [BYTES]: base64Of(part) }
  }
  if (part instanceof Float32Array) {
    return { [FLOATS]: base64Of(new Uint8Array(part.buffer, part.byteOffset, part.byteLength)) }
  }
  return typeof part === 'number' && !Number.isFinite(part) ? { [NUMBER]: String(part) } : part
}

function unpacked(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) {
    return part
  }
  const [entry, second] = Object.entries(part)
  if (entry === undefined || second !== undefined || typeof entry[1] !== 'string') {
    return part
  }
  const [name, text] = entry
  switch (name) {
    case BYTES:
      return new Uint8Array(Buffer.from(text, 'base64'))
    case FLOATS:
      return floatsOf(new Uint8Array(Buffer.from(text, 'base64')))
    case NUMBER:
      return Number(text)
    default:
      return part
  }
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** Little-endian, as all machines are that this runs on. */
function floatsOf(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  if (bytes.length % Float32Array.BYTES_PER_ELEMENT !== 0) {
    throw new SyntaxError(`expected a vector, got ${bytes.length} bytes`)
  }
  return new Float32Array(bytes.buffer)
}
