/**
 * Finds words in the words of pictures, as a reader gives them: some letters are taken for others that
 * look like them, and Chinese has no spaces.
 */

import { gramsOf, UNSPACED } from './picture-index/grams.ts'

/** How far around the first hit an excerpt goes, in UTF-16 units. */
const AROUND = 60

/** A shorter word is only found as a whole: `a` is in nearly every picture. */
const MIN_PREFIX = 3
/** A shorter one is not looked for inside of words. */
const MIN_INSIDE = 4

const SCORES = { word: 1, prefix: 0.8, inside: 0.6 } as const
/** That the words stand together is worth more than where each of them stands. */
const PHRASE = 1

const SPACE = 0x20

/** Takes pictures with all words of a query. */
export type WordScorer = {
  /** The bits of a text with these words, and maybe others: bot/find/picture-index/grams.ts. */
  readonly grams: readonly number[]
  /**
   * How well a picture fits.
   *
   * @param text its words, as `searchText` makes them.
   * @returns the higher, the better; null: it does not have all words.
   */
  score(text: string): number | null
  /** The words around the hit; null: there is none. @param words of a picture, as they are stored. */
  excerpt(words: readonly string[]): string | null
}

/** One word of a query, folded. */
type Term = {
  readonly word: string
  readonly isUnspaced: boolean
  /** What a text has at least where the word is found in it. */
  readonly least: string
}

/** @returns null where the query has no letter or digit. */
export function wordScorer(query: string): WordScorer | null {
  const words = folded(query).split(' ')
  const terms = [...new Set(words)].filter((word) => word !== '').map(termOf)
  const phrase = terms.length > 1 ? words.join(' ') : null
  if (terms.length === 0) {
    return null
  }
  return {
    grams: [...new Set(terms.flatMap(({ least }) => gramsOf(least)))],
    score(text) {
      let sum = 0
      for (const term of terms) {
        const score = scoreOf(text, term)
        if (score === 0) {
          return null
        }
        sum += score
      }
      return sum / terms.length + (hasPhrase(text, phrase) ? PHRASE : 0)
    },
    excerpt(lines) {
      const text = searchText(lines)
      const scores = terms.map((term) => scoreOf(text, term))
      if (scores.includes(0)) {
        return null
      }
      const best = terms[scores.indexOf(Math.max(...scores))]!.word
      return excerptAround(lines.join(' '), hasPhrase(text, phrase) ? phrase : best)
    },
  }
}

/** The words of a picture as they are searched: folded, with a space at either end; empty: none. */
export function searchText(words: readonly string[]): string {
  const text = folded(words.join(' '))
  return text === '' ? '' : ` ${text} `
}

function termOf(word: string): Term {
  const isUnspaced = UNSPACED.test(word)
  const isAnywhere = isUnspaced || word.length >= MIN_INSIDE
  const least = isAnywhere ? word : word.length >= MIN_PREFIX ? ` ${word}` : ` ${word} `
  return { word, isUnspaced, least }
}

function hasPhrase(text: string, phrase: string | null): phrase is string {
  return phrase !== null && text.includes(phrase)
}

/** @param text as `searchText` makes it. @returns 0: the word is not in it. */
function scoreOf(text: string, { word, isUnspaced, least }: Term): number {
  if (isUnspaced || word.length < MIN_PREFIX) {
    return text.includes(least) ? SCORES.word : 0
  }
  let best = 0
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const isStart = text.charCodeAt(at - 1) === SPACE
    if (isStart && text.charCodeAt(at + word.length) === SPACE) {
      return SCORES.word
    }
    best = isStart ? SCORES.prefix : Math.max(best, word.length < MIN_INSIDE ? 0 : SCORES.inside)
  }
  return best
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
