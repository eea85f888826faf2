/**
 * A word or phrase of a rule, as AutoMod writes them: `casino` is the whole word, `casino*` its
 * beginning, `*casino` its end, `*casino*` any part. Terms of scripts without spaces match anywhere.
 */

import { fold, type FoldedText, HARD, isUnspaced, NOTHING } from './fold.ts'

/** Letters that a term needs; one of a script without spaces is enough. */
const LEAST_LETTERS = 2
/** Pieces of at most so many letters are parts of one word: `c a s i n o`. */
const LONGEST_PIECE = 2

type Term = {
  readonly letters: string
  /** The positions in `letters` where a word of the term begins. */
  readonly starts: ReadonlySet<number>
  readonly openStart: boolean
  readonly openEnd: boolean
}

/** Says whether a text has the term. */
export type FindTerm = (text: FoldedText) => boolean

/** @returns null if the term has too few letters, or `*` elsewhere than at its ends. */
export function compileTerm(written: string): FindTerm | null {
  const [, before = '', words = '', after = ''] = /^(\**)(.*?)(\**)$/s.exec(written.trim()) ?? []
  const { letters, edges } = fold(words)
  const count = Array.from(letters).length
  const first = Array.from(letters)[0] ?? ''
  const isShort = count < LEAST_LETTERS && !isUnspaced(first)
  if (count === 0 || isShort || words.includes('*')) {
    return null
  }
  const starts = new Set(Array.from(edges.keys()).filter((i) => edges[i] !== NOTHING))
  const term = {
    letters,
    starts,
    openStart: before !== '' || isUnspaced(first),
    openEnd: after !== '' || isUnspaced(Array.from(letters).at(-1) ?? ''),
  }
  return (text) => isIn(term, text)
}

function isIn(term: Term, text: FoldedText): boolean {
  const { letters } = term
  for (let at = text.letters.indexOf(letters); at >= 0;) {
    if (matchesAt(term, text, at)) {
      return true
    }
    at = text.letters.indexOf(letters, at + 1)
  }
  return false
}

function matchesAt(
  { letters, starts, openStart, openEnd }: Term,
  { edges }: FoldedText,
  at: number,
): boolean {
  const end = at + letters.length
  if ((!openStart && edges[at] === NOTHING) || (!openEnd && edges[end] === NOTHING)) {
    return false
  }
  for (let i = at + 1; i < end; i++) {
    if (edges[i] === HARD && !starts.has(i - at) && !isBetweenPieces(edges, i)) {
      return false
    }
  }
  return true
}

/** Whether both words beside an edge are so short that they are pieces of a spaced word. */
function isBetweenPieces(edges: Uint8Array, edge: number): boolean {
  const before = edge - previousEdge(edges, edge)
  const after = nextEdge(edges, edge) - edge
  return before <= LONGEST_PIECE && after <= LONGEST_PIECE
}

function previousEdge(edges: Uint8Array, edge: number): number {
  let i = edge - 1
  while (i > 0 && edges[i] === NOTHING && edge - i <= LONGEST_PIECE) {
    i--
  }
  return i
}

function nextEdge(edges: Uint8Array, edge: number): number {
  let i = edge + 1
  while (i < edges.length - 1 && edges[i] === NOTHING && i - edge <= LONGEST_PIECE) {
    i++
  }
  return i
}
