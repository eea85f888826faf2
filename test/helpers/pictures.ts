/** The pictures of test/reference, with the results of Pillow and transformers for them. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { FIXTURES } from './parity.ts'

export type Picture = {
  readonly file: string
  readonly about: string
  /** Whether the pixels must equal Pillow's; else `rgb` has its first four rows. */
  readonly exact: boolean
  readonly width: number
  readonly height: number
  /**
   * SHA-256 of the upright RGB pixels, of those resized to `side` and to `largeSide`, and of
   * pixel_values at `side`.
   */
  readonly rgbSha256: string
  readonly resizedSha256: string
  readonly resizedLargeSha256: string
  readonly pixelValuesSha256: string
  readonly rgb?: readonly number[]
  /** pixel_values at `smallSide`, of a few. */
  readonly small?: readonly number[]
}

type Pictures = {
  readonly side: number
  readonly largeSide: number
  readonly smallSide: number
  readonly pictures: readonly Picture[]
}

/** CLIP's constants, as the checkpoints' preprocessor_config.json has them. */
export const CLIP_PREPROCESSING = {
  resample: 'bicubic',
  fit: 'squash',
  rescaleFactor: 0.00392156862745098,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const

/** All recorded pictures. */
export function loadPictures(): Pictures {
  return JSON.parse(readFileSync(path.join(FIXTURES, 'images', 'pictures.json'), 'utf8'))
}

/** What Pillow's other filters make of a picture: SHA-256 of the RGB pixels, of each size. */
export type FilteredPicture = {
  readonly file: string
  readonly lanczos: readonly string[]
  readonly bilinear: readonly string[]
}

export function loadFilters(): {
  readonly sizes: readonly (readonly [width: number, height: number])[]
  readonly pictures: readonly FilteredPicture[]
} {
  return JSON.parse(readFileSync(path.join(FIXTURES, 'images', 'filters.json'), 'utf8'))
}

/** The file of a picture. */
export function pictureBytes(file: string): Buffer {
  return readFileSync(path.join(FIXTURES, 'images', file))
}

/** A picture as a person picks it. */
export function pictureFile(name = 'parity.png'): { name: string; bytes: Uint8Array } {
  return { name, bytes: new Uint8Array(pictureBytes(name)) }
}

/** SHA-256 of an array's bytes in hex, as in the fixtures. */
export function sha256(data: Uint8Array | Float32Array): string {
  return createHash('sha256').update(data).digest('hex')
}
