/**
 * Perceptual hashes: pictures that look alike have hashes that differ in few bits.
 *
 * The picture's brightness is turned into frequencies (DCT-II); the lowest of them in both directions
 * give a bit each, whether they are above their median. Method: Zauner, "Implementation and
 * Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1. The packages there are for
 * Node (sharp-phash, imghash) decode the file by themselves, without our limits, and give one hash;
 * here the mirror image and slightly cropped forms are hashed too, from one decoding.
 *
 * 64 frequencies find pictures of one layout: other words on the same meme template often give the
 * same hash. 1,024 frequencies (`detail`) tell the words apart, and change with a cropped edge too.
 * `npm run bench -- moderation` measures both.
 */

import { decodeBrightness } from '../../inference/image/thumbnail.ts'

/** A size of a hash: the side of the brightness that it is computed from, and its frequencies each way. */
type Scale = { readonly side: number; readonly frequencies: number }

const COARSE: Scale = { side: 32, frequencies: 8 }
const DETAIL: Scale = { side: 128, frequencies: 32 }
/**
 * The least median of the coarse frequencies' absolute values, in units of brightness (0 to 255,
 * orthonormal DCT). Flags, stripes and gradients are under 2: their bits would be rounding errors.
 * Posts, chats and dialogs are over 4; one short line on white may be under 3, and is not compared.
 */
const MIN_STRUCTURE = 3
/** The most bits of 64 that may differ between two encodings of one picture. */
const SAME_WHOLE = 2
/**
 * The most bits of 1,024 that may differ, for a removal: one other word on a meme changed 24 and more.
 * About a third of the copies that were resized and encoded again differ in more, too.
 */
const SAME_DETAIL = 20
/** The same where an error only annoys: other words changed 74 and more, one other word 24 and more. */
const SIMILAR_DETAIL = 64
/** Shares of width and height left over when a little is cut off all around. */
const CROPS = [0.94, 0.88] as const
/** Brightness is reduced to this side first; the cropped forms are cut from that. */
const WORKING_SIDE = 256

/** A hash as lower-case hexadecimal digits: of 64 bits, 16 digits. */
export type Hash = string
/** A hash of 1,024 bits, 256 digits; empty for a record without one. */
export type DetailHash = Hash

/** What is compared of a picture. */
export type Fingerprint = {
  readonly whole: Hash
  /** Of the picture seen in a mirror. */
  readonly mirrored: Hash
  /** Of the picture with a little cut off all around: 3 %, then 6 % on each side. Those without structure are left out. */
  readonly cropped: readonly Hash[]
  /** Of the whole picture, with its words. */
  readonly detail: DetailHash
}

/** Whether a text is a hash. */
export function isHash(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text)
}

/** Whether a text is a detail hash, or the empty text of a record without one. */
export function isDetailHash(text: string): boolean {
  return text === '' || /^[0-9a-f]{256}$/.test(text)
}

/** Bits in which two hashes of one length differ. */
export function distanceOf(a: Hash, b: Hash): number {
  let bits = 0
  for (let i = 0; i < a.length; i += 8) {
    bits += bitsIn(Number.parseInt(a.slice(i, i + 8), 16) ^ Number.parseInt(b.slice(i, i + 8), 16))
  }
  return bits
}

type WholePicture = { readonly whole: Hash; readonly detail: DetailHash }

/**
 * Whether two files show the same picture, words included, so that what staff said of the one holds
 * for the other. A cropped or mirrored copy is not the same by this, and neither is a record that
 * has no detail hash.
 *
 * @returns bits in which the details differ; null: not the same.
 */
export function sameDetail(a: WholePicture, b: WholePicture): number | null {
  return detailDistance(a, b, SAME_DETAIL)
}

/** As `sameDetail`, less strict: for what removes nothing. */
export function isSimilarInDetail(a: WholePicture, b: WholePicture): boolean {
  return detailDistance(a, b, SIMILAR_DETAIL) !== null
}

function detailDistance(a: WholePicture, b: WholePicture, most: number): number | null {
  if (a.detail === '' || b.detail === '' || distanceOf(a.whole, b.whole) > SAME_WHOLE) {
    return null
  }
  const bits = distanceOf(a.detail, b.detail)
  return bits <= most ? bits : null
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
 * @returns null for a picture without structure (one color, a flag, a gradient), which would
 *   resemble any other.
 * @throws {InputError} if it is no picture, broken or over the limits.
 */
export async function fingerprintOf(
  bytes: Uint8Array,
  brightness: (bytes: Uint8Array, side: number) => Promise<Uint8Array> = decodeBrightness,
): Promise<Fingerprint | null> {
  const gray = await brightness(bytes, WORKING_SIDE)
  const small = shrunk(gray, 1, COARSE.side)
  const whole = hashOf(small, COARSE, MIN_STRUCTURE)
  const mirror = hashOf(mirrored(small, COARSE.side), COARSE, MIN_STRUCTURE)
  if (whole === null || mirror === null) {
    return null
  }
  return {
    whole,
    mirrored: mirror,
    cropped: CROPS.map((share) =>
      hashOf(shrunk(gray, share, COARSE.side), COARSE, MIN_STRUCTURE),
    ).filter((hash) => hash !== null),
    detail: hashOf(shrunk(gray, 1, DETAIL.side), DETAIL, 0) ?? '',
  }
}

/** The middle `share` of the working picture as means of areas, [side, side], 0 to 255. */
function shrunk(gray: Uint8Array, share: number, side: number): Float64Array {
  const out = new Float64Array(side * side)
  const margin = (WORKING_SIDE * (1 - share)) / 2
  const step = (WORKING_SIDE * share) / side
  const edge = (i: number) => Math.round(margin + i * step)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let sum = 0
      for (let row = edge(y); row < edge(y + 1); row++) {
        for (let column = edge(x); column < edge(x + 1); column++) {
          sum += gray[row * WORKING_SIDE + column]!
        }
      }
      out[y * side + x] = sum / ((edge(y + 1) - edge(y)) * (edge(x + 1) - edge(x)))
    }
  }
  return out
}

function mirrored(gray: Float64Array, side: number): Float64Array {
  return gray.map((_, i) => gray[i - (i % side) + (side - 1 - (i % side))]!)
}

/** Rows 1 to `frequencies` of the orthonormal DCT-II, [frequencies, side]. */
function cosines({ side, frequencies }: Scale): Float64Array {
  return Float64Array.from({ length: frequencies * side }, (_, i) => {
    const frequency = Math.floor(i / side) + 1
    const angle = (Math.PI * frequency * (2 * (i % side) + 1)) / (2 * side)
    return Math.cos(angle) * Math.sqrt(2 / side)
  })
}

const COSINES = new Map([COARSE, DETAIL].map((scale) => [scale, cosines(scale)]))

/**
 * A bit for each frequency, whether it is above their median; the lowest first.
 *
 * @param gray [side, side].
 * @returns null if the median of the absolute values is under `least`.
 */
function hashOf(gray: Float64Array, scale: Scale, least: number): Hash | null {
  const values = frequenciesOf(gray, scale)
  if (medianOf(values.map(Math.abs)) < least) {
    return null
  }
  const median = medianOf(values)
  let hash = ''
  for (let i = 0; i < values.length; i += 4) {
    const digit = [0, 1, 2, 3].reduce((sum, j) => sum * 2 + Number(values[i + j]! > median), 0)
    hash += digit.toString(16)
  }
  return hash
}

/** The DCT-II of the picture at the frequencies 1 and up both ways, [frequencies, frequencies]. */
function frequenciesOf(gray: Float64Array, scale: Scale): Float64Array {
  const { side, frequencies } = scale
  const factors = COSINES.get(scale)!
  const rows = new Float64Array(side * frequencies)
  for (let y = 0; y < side; y++) {
    for (let u = 0; u < frequencies; u++) {
      let sum = 0
      for (let x = 0; x < side; x++) {
        sum += gray[y * side + x]! * factors[u * side + x]!
      }
      rows[y * frequencies + u] = sum
    }
  }
  const out = new Float64Array(frequencies * frequencies)
  for (let v = 0; v < frequencies; v++) {
    for (let u = 0; u < frequencies; u++) {
      let sum = 0
      for (let y = 0; y < side; y++) {
        sum += rows[y * frequencies + u]! * factors[v * side + y]!
      }
      out[v * frequencies + u] = sum
    }
  }
  return out
}

function medianOf(values: Float64Array): number {
  const sorted = values.toSorted()
  return (sorted[sorted.length / 2 - 1]! + sorted[sorted.length / 2]!) / 2
}
