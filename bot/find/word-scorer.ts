/**
 * Finds words in the words of pictures, as a reader gives them: some letters are taken for others that
 * look like them, and Chinese has no spaces.
 */

import type { Match, Scorer } from './search.ts'

/** How far around the first hit an excerpt goes, in UTF-16 units. */
const AROUND = 60

/** A shorter word is only found as a whole: `a` is in nearly every picture. */
const MIN_PREFIX = 3
/** A shorter one is not looked for inside of words. */
const MIN_INSIDE = 4

const SCORES = { word: 1, prefix: 0.8, inside: 0.6 } as const
/** That the words stand together is worth more than where each of them stands. */
const PHRASE = 1

/** Scripts that are written without spaces. */
const UNSPACED = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]/u

/**
 * A scorer that takes pictures with all words of a query.
 *
 * @returns null where the query has no letter or digit.
 */
export function wordScorer(query: string): Scorer | null {
  const terms = [...new Set(folded(query).split(' '))].filter((term) => term !== '')
  const phrase = terms.length > 1 ? folded(query) : null
  return terms.length === 0
    ? null
    : { match: ({ words }) => matchOf(words.join(' '), terms, phrase) }
}

function matchOf(text: string, terms: readonly string[], phrase: string | null): Match | null {
  const words = ` ${folded(text)} `
  const scores = terms.map((term) => scoreOf(words, term))
  if (scores.includes(0)) {
    return null
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  const isPhrase = phrase !== null && words.includes(phrase)
  const best = terms[scores.indexOf(Math.max(...scores))]!
  return {
    score: mean + (isPhrase ? PHRASE : 0),
    excerpt: () => excerptAround(text, isPhrase ? phrase : best),
  }
}

/** @param words folded, with a space at either end. */
function scoreOf(words: string, term: string): number {
  if (UNSPACED.test(term)) {
    return words.includes(term) ? SCORES.word : 0
  }
  if (words.includes(` ${term} `)) {
    return SCORES.word
  }
  if (term.length >= MIN_PREFIX && words.includes(` ${term}`)) {
    return SCORES.prefix
  }
  return term.length >= MIN_INSIDE && words.includes(term) ? SCORES.inside : 0
}

/** The part of a text around what was found in it. */
function excerptAround(text: string, term: string): string {
  const characters = Array.from(text)
  // Folding changes lengths, so the place is found character by character.
  const parts = characters.map((character) => folded(character))
  const at = parts.join('').indexOf(term.replaceAll(' ', ''))
  const start = Math.max(0, indexAt(parts, at) - AROUND)
  const end = indexAt(parts, at + term.length) + AROUND
  const before = start > 0 ? '…' : ''
  const after = end < characters.length ? '…' : ''
  return `${before}${characters.slice(start, end).join('')}${after}`
}

/** The index of the part that an offset in all parts together lies in. */
function indexAt(parts: readonly string[], offset: number): number {
  let length = 0
  const index = parts.findIndex((part) => {
    length += part.length
    return length > offset
  })
  return index < 0 ? parts.length : index
}

/**
 * Text as it is compared: without case and accents, words with one space between. Letters that a reader
 * takes for each other are the same: 1, i and l, 0 and o.
 */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[1i|]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
