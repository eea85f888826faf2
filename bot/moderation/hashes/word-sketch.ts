/**
 * A sketch of the words in a picture: enough to tell whether two pictures say the same, without the
 * words themselves.
 *
 * It holds shortened hashes of the groups of three characters of each line, the lowest ones where
 * there are many, so that the share of groups that two texts have in common can be estimated. A
 * misread character changes three groups; another sentence shares few. Source: Broder, "On the
 * resemblance and containment of documents", 1997. Whoever guesses a short text can confirm the guess.
 */

import { z } from 'zod'
import { fold } from '../words/fold.ts'

const GROUP = 3
/** Groups of a sketch; the lines of a chat screenshot have about as many. */
const MAX_GROUPS = 256
/** 16-bit hashes as hexadecimal digits. */
const DIGITS = 4

/** 16-bit hashes in rising order, as hexadecimal digits; empty: there are no words. */
export type WordSketch = string

export const sketchSchema = z
  .string()
  .regex(new RegExp(`^(?:[0-9a-f]{${DIGITS}}){0,${MAX_GROUPS}}$`))

/** The sketch of lines of text. Spaces and look-alike characters make no difference. */
export function sketchOf(lines: readonly string[]): WordSketch {
  const hashes = new Set(lines.flatMap(groupsOf).map(hashOf))
  return [...hashes]
    .toSorted((a, b) => a - b)
    .slice(0, MAX_GROUPS)
    .map((hash) => hash.toString(16).padStart(DIGITS, '0'))
    .join('')
}

/** Groups in a sketch: a measure of how much there is to compare. */
export function groupsIn(sketch: WordSketch): number {
  return sketch.length / DIGITS
}

/** Share of the groups that two texts have in common, 0 to 1; 0 where either has none. */
export function similarityOf(a: WordSketch, b: WordSketch): number {
  const [some, others] = [hashesIn(a), hashesIn(b)]
  // Of a text with more groups only the lowest are known, so both are compared up to there.
  const bound = Math.min(boundOf(some), boundOf(others))
  const comparable = (hashes: readonly number[]) => new Set(hashes.filter((hash) => hash <= bound))
  const [left, right] = [comparable(some), comparable(others)]
  const all = left.size + right.size
  return all === 0 ? 0 : (2 * left.intersection(right).size) / all
}

/** The highest hash that a sketch would hold. */
function boundOf(hashes: readonly number[]): number {
  return hashes.length < MAX_GROUPS ? 0xffff : hashes.at(-1)!
}

function hashesIn(sketch: WordSketch): number[] {
  return Array.from({ length: groupsIn(sketch) }, (_, i) =>
    Number.parseInt(sketch.slice(i * DIGITS, (i + 1) * DIGITS), 16),
  )
}

/** A line that is shorter is one group. */
function groupsOf(line: string): string[] {
  const characters = Array.from(fold(line).letters)
  const count = Math.max(characters.length - GROUP + 1, Math.min(characters.length, 1))
  return Array.from({ length: count }, (_, i) => characters.slice(i, i + GROUP).join(''))
}

/** FNV-1a over UTF-16, its two halves folded to 16 bits. Source: Fowler, Noll, Vo, 1991. */
function hashOf(group: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < group.length; i++) {
    hash = Math.imul(hash ^ group.charCodeAt(i), 0x01000193)
  }
  // The low bits of FNV are weak for short texts.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 16)) & 0xffff
}
