/**
 * A picture's vectors as they are stored: signed bytes, 127 for 1, in base64. A cosine of a row of 256
 * is off by 0.002 then, which is less than what two encodings of one picture differ by.
 */

import { createHash } from 'node:crypto'
import type { AnyCard, ModelCard } from '../../inference/package/model-card.ts'
import type { ImageVectors } from '../../inference/families/common/runner.ts'

const SCALE = 127

/** What tells one model's card from another's. */
type Named = Pick<AnyCard, 'name' | 'precision'> & { readonly files?: ModelCard['files'] }

/**
 * Names the space that a matcher's vectors lie in: those of other models cannot be compared with them.
 * A package is known by its files, a model of another program by its name.
 */
export function spaceOf({ name, precision, files }: Named): string {
  const about = JSON.stringify(files ?? [name, precision])
  return createHash('sha256').update(about).digest('hex').slice(0, 16)
}

/** @returns all rows, and their mean, which has a length of at most 1. */
export function packVectors({ data, shape }: ImageVectors): {
  readonly vectors: string
  readonly mean: string
} {
  const [rows, width] = shape
  const mean = new Float32Array(width)
  for (let i = 0; i < data.length; i++) {
    mean[i % width]! += data[i]! / rows
  }
  return { vectors: packed(data), mean: packed(mean) }
}

function packed(values: Float32Array): string {
  return Buffer.from(bytesOf(values).buffer).toString('base64')
}

/** @param values from -1 to 1. @returns of the same length, -127 to 127. */
export function bytesOf(values: Float32Array): Int8Array<ArrayBuffer> {
  const bytes = new Int8Array(values.length)
  // A loop, because `Int8Array.from` takes ten times as long, and a picture has 8,192 values.
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Math.round(Math.max(-1, Math.min(1, values[i]!)) * SCALE)
  }
  return bytes
}

/** What `packVectors` packed. */
export function unpacked(text: string): Int8Array {
  const bytes = Buffer.from(text, 'base64')
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** The largest cosine of a picture's vectors with that of a text, -1 to 1. @param text of length 1. */
export function largestCosine(vectors: Int8Array, text: Float32Array): number {
  const { length: width } = text
  let largest = -1
  for (let row = 0; row + width <= vectors.length; row += width) {
    let sum = 0
    for (let i = 0; i < width; i++) {
      sum += vectors[row + i]! * text[i]!
    }
    largest = Math.max(largest, sum / SCALE)
  }
  return largest
}
