/** Reads the test pictures with printed words and numbers. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { HANDS_FOLDER, readTar } from '../truth.ts'
import type { PrintedScene } from './words.ts'

export const PRINTED_FILE = 'printed.json'

/** What is printed on each, and what else is on it. */
export function readPrinted(): PrintedScene[] {
  return JSON.parse(readFileSync(path.join(HANDS_FOLDER, PRINTED_FILE), 'utf8'))
}

/** The pictures by name. */
export function readPrintedPictures(): Map<string, Uint8Array> {
  return new Map(readTar(readFileSync(path.join(HANDS_FOLDER, 'printed.tar'))))
}
