/** The moving pictures of test/reference/moving.py, with what Pillow shows of each frame. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { FIXTURES } from './parity.ts'

export type MovingPicture = {
  readonly file: string
  /** Whether the pixels must equal Pillow's. */
  readonly exact: boolean
  /** Of each frame over white: SHA-256 of the RGB pixels, and those of the row in the middle. */
  readonly frames: readonly { readonly sha256: string; readonly row: readonly number[] }[]
}

type MovingPictures = {
  readonly width: number
  readonly height: number
  /** Milliseconds that each frame is shown; `parts.png` has others. */
  readonly delays: readonly number[]
  readonly pictures: readonly MovingPicture[]
}

const FOLDER = path.join(FIXTURES, 'images', 'moving')

export function movingPictures(): MovingPictures {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own fixture
  return JSON.parse(readFileSync(path.join(FOLDER, 'moving.json'), 'utf8')) as MovingPictures
}

export function movingBytes(file: string): Buffer {
  return readFileSync(path.join(FOLDER, file))
}
