/**
 * The pictures that somebody else drew to test the demo model, and the truth about them: what is on
 * them, what is asked, and what is right. `bench/hands/README.md` states the words and their limits.
 */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The packed pictures and their truth. */
export const HANDS_FOLDER = path.join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'hands')
export const TRUTH_FILE = 'truth.json'

/** left, top, right, bottom as shares of the picture's width and height. */
export type Box = readonly [number, number, number, number]

/** A shape on a picture. */
export type Thing = {
  readonly shape: string
  /** What people may call its color; mostly one name, the likeliest first. */
  readonly colors: readonly string[]
  /** The color itself, such as `#ed1c24`; of hand-made files it is not noted. */
  readonly hex?: string
  /** Of what is to be seen of it. */
  readonly box: Box
  readonly style: readonly string[]
}

/** What is on a picture. */
export type Scene = {
  /** Folder and file, such as `canvas/001.png`; the folder is the renderer. */
  readonly name: string
  /** The background's color; null where people would not agree, and it is not asked. */
  readonly background: string | null
  readonly objects: readonly Thing[]
  readonly style: readonly string[]
}

export const KINDS = [
  'color',
  'shape',
  'count',
  'size',
  'position',
  'presence',
  'comparison',
  'relation',
  'background',
  'follow-up',
  'absent',
] as const
export type Kind = (typeof KINDS)[number]
/** Of questions that only some models can answer: about what is printed, and about two pictures. */
export type FurtherKind = 'word' | 'number' | 'text there' | 'no words' | 'two pictures'

export type Question = {
  readonly kind: Kind | FurtherKind
  readonly text: string
  /** Any of these is right; `plainAnswer` in score.ts says what is dropped before they are compared. */
  readonly answers: readonly string[]
  /** Earlier turns, rightly answered. */
  readonly history?: readonly { readonly question: string; readonly answer: string }[]
  /** Index of the object that it is about. */
  readonly about?: number
}

export type HandPicture = Scene & {
  readonly width: number
  readonly height: number
  readonly questions: readonly Question[]
}

/** A picture that is no drawing of shapes or things. */
export type OtherPicture = { readonly name: string; readonly what: string }

export type Truth = {
  readonly drawings: readonly HandPicture[]
  /** Pictures of everyday things and of digits; things have no color. */
  readonly things: readonly HandPicture[]
  readonly others: readonly OtherPicture[]
}

const TAR_BLOCK = 512

/** The truth about all pictures. */
export function readTruth(): Truth {
  return JSON.parse(readFileSync(path.join(HANDS_FOLDER, TRUTH_FILE), 'utf8'))
}

/** All packed pictures by name. */
export function readHandPictures(): Map<string, Uint8Array> {
  const pictures = new Map<string, Uint8Array>()
  for (const renderer of ['canvas', 'plots', 'svg', 'things', 'others']) {
    const file = path.join(HANDS_FOLDER, `${renderer}.tar`)
    if (existsSync(file)) {
      for (const [name, bytes] of readTar(readFileSync(file))) {
        pictures.set(name, bytes)
      }
    }
  }
  return pictures
}

/** What canvas/make.ts and plots/make.py drew into a folder: by turns one of each, with their files. */
export function drawnIn(folder: string): [Scene, Uint8Array][] {
  const byRenderer = ['canvas', 'plots'].map((renderer): readonly Scene[] => {
    const list = path.join(folder, `${renderer}.json`)
    return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
  })
  const longest = Math.max(...byRenderer.map(({ length }) => length))
  return Array.from({ length: longest }, (_, i) => byRenderer.flatMap((scenes) => scenes[i] ?? []))
    .flat()
    .map((scene) => [scene, readFileSync(path.join(folder, scene.name))])
}

/** The files of a tar archive (POSIX.1-1988, ustar), by name. */
export function* readTar(archive: Buffer): Generator<[string, Uint8Array]> {
  const text = (at: number, length: number) =>
    archive.toString('latin1', at, at + length).replace(/[\0 ].*$/s, '')
  for (let at = 0; at < archive.length && archive[at] !== 0;) {
    const bytes = parseInt(text(at + 124, 12), 8)
    const start = at + TAR_BLOCK
    if (archive[at + 156] === '0'.charCodeAt(0)) {
      yield [text(at, 100), archive.subarray(start, start + bytes)]
    }
    at = start + Math.ceil(bytes / TAR_BLOCK) * TAR_BLOCK
  }
}
