/**
 * 64-bit perceptual hashes: pictures that look alike have hashes that differ in few bits.
 *
 * The picture's brightness at 32 × 32 is turned into frequencies (DCT-II); the 64 lowest but the
 * constant one give a bit each, whether they are above their median. Method: Zauner, "Implementation
 * and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1. The packages there are
 * for Node (sharp-phash, imghash) decode the file by themselves, without our limits, and give one
 * hash; here the mirror image and slightly cropped forms are hashed too, from one decoding.
 */

import { decodeBrightness } from '../../inference/image/thumbnail.ts'

const SIDE = 32
const KEPT = 8
/** Pictures with less contrast than this (standard deviation, of 255) have nothing to compare. */
const MIN_CONTRAST = 3
/** Shares of width and height left over when a little is cut off all around. */
const CROPS = [0.94, 0.88] as const
/** Brightness is reduced to this side first; the cropped forms are cut from that. */
const WORKING_SIDE = 256

/** A hash as 16 lower-case hexadecimal digits. */
export type Hash = string

/** What is compared of a picture. */
export type Fingerprint = {
  readonly whole: Hash
  /** Of the picture seen in a mirror. */
  readonly mirrored: Hash
  /** Of the picture with a little cut off all around: 3 %, then 6 % on each side. */
  readonly cropped: readonly Hash[]
}

/** Whether a text is a hash. */
export function isHash(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text)
}

/** Bits in which two hashes differ, 0 to 64. */
export function distanceOf(a: Hash, b: Hash): number {
  return (
    bitsIn(Number.parseInt(a.slice(0, 8), 16) ^ Number.parseInt(b.slice(0, 8), 16)) +
    bitsIn(Number.parseInt(a.slice(8), 16) ^ Number.parseInt(b.slice(8), 16))
  )
}

/** Bits set in a 32-bit whole number. */
export function bitsIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return (Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24) & 0xff
}

/**
 * The fingerprint of a picture file.
 *
 * @param brightness decodes the file; by default on this thread.
 * @returns null for a picture of (nearly) one brightness, which would resemble any other.
 * @throws {InputError} if it is no picture, broken or over the limits.
 */
export async function fingerprintOf(
  bytes: Uint8Array,
  brightness: (bytes: Uint8Array, side: number) => Promise<Uint8Array> = decodeBrightness,
): Promise<Fingerprint | null> {
  const gray = await brightness(bytes, WORKING_SIDE)
  const whole = shrunk(gray, 1)
  if (contrastOf(whole) < MIN_CONTRAST) {
    return null
  }
  return {
    whole: hashOfGray(whole),
    mirrored: hashOfGray(mirrored(whole)),
    cropped: CROPS.map((share) => hashOfGray(shrunk(gray, share))),
  }
}

/** The middle `share` of the working picture as means of areas, [SIDE, SIDE], 0 to 255. */
function shrunk(gray: Uint8Array, share: number): Float64Array {
  const out = new Float64Array(SIDE * SIDE)
  const margin = (WORKING_SIDE * (1 - share)) / 2
  const step = (WORKING_SIDE * share) / SIDE
  const edge = (i: number) => Math.round(margin + i * step)
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      let sum = 0
      for (let row = edge(y); row < edge(y + 1); row++) {
        for (let column = edge(x); column < edge(x + 1); column++) {
          sum += gray[row * WORKING_SIDE + column]!
        }
      }
      out[y * SIDE + x] = sum / ((edge(y + 1) - edge(y)) * (edge(x + 1) - edge(x)))
    }
  }
  return out
}

function contrastOf(gray: Float64Array): number {
  const mean = gray.reduce((sum, value) => sum + value, 0) / gray.length
  return Math.sqrt(gray.reduce((sum, value) => sum + (value - mean) ** 2, 0) / gray.length)
}

function mirrored(gray: Float64Array): Float64Array {
  return gray.map((_, i) => gray[i - (i % SIDE) + (SIDE - 1 - (i % SIDE))]!)
}

/** Rows 0 to KEPT of the DCT-II, [KEPT + 1, SIDE]. */
const COSINES = Float64Array.from({ length: (KEPT + 1) * SIDE }, (_, i) => {
  const frequency = Math.floor(i / SIDE)
  return Math.cos((Math.PI * frequency * (2 * (i % SIDE) + 1)) / (2 * SIDE))
})

/** @param gray [SIDE, SIDE]. */
function hashOfGray(gray: Float64Array): Hash {
  const rows = new Float64Array(SIDE * (KEPT + 1)) // [SIDE, KEPT + 1]
  for (let y = 0; y < SIDE; y++) {
    for (let u = 0; u <= KEPT; u++) {
      let sum = 0
      for (let x = 0; x < SIDE; x++) {
        sum += gray[y * SIDE + x]! * COSINES[u * SIDE + x]!
      }
      rows[y * (KEPT + 1) + u] = sum
    }
  }
  const kept = new Float64Array(KEPT * KEPT) // frequencies 1 to KEPT both ways
  for (let v = 1; v <= KEPT; v++) {
    for (let u = 1; u <= KEPT; u++) {
      let sum = 0
      for (let y = 0; y < SIDE; y++) {
        sum += rows[y * (KEPT + 1) + u]! * COSINES[v * SIDE + y]!
      }
      kept[(v - 1) * KEPT + u - 1] = sum
    }
  }
  const sorted = kept.toSorted()
  const median = (sorted[31]! + sorted[32]!) / 2
  let hash = ''
  for (let i = 0; i < kept.length; i += 4) {
    const digit = [0, 1, 2, 3].reduce((sum, j) => sum * 2 + Number(kept[i + j]! > median), 0)
    hash += digit.toString(16)
  }
  return hash
}
