/**
 * Text in the form in which words are compared: without case, accents, invisible characters, spaces
 * and punctuation, and with one character for all that look alike. What was between the letters is
 * kept beside them, so that a term can still begin and end where a word does.
 */

import { standardOf } from './look-alikes.ts'

/** What is between two letters; the higher one wins where several are. */
export const NOTHING = 0
/** Punctuation, an emoji, a change between digits and letters, or a script without spaces. */
export const SOFT = 1
/** A space or a line break; also the start and the end of the text. */
export const HARD = 2

export type FoldedText = {
  /** Letters and digits only. */
  readonly letters: string
  /** What is before each UTF-16 unit of `letters`, and after the last one: `letters.length + 1` values. */
  readonly edges: Uint8Array
}

const ACCENTS = /[\u0300-\u036F]/g
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
const LETTER = /[\p{L}\p{N}\p{M}]/u
const SPACE = /[\p{Z}\p{Cc}]/u
const DIGIT = /\p{Nd}/u
/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u
/** A bar within a word is an l. */
const BAR = /(?<=[\p{L}\p{N}])\|(?=[\p{L}\p{N}])/gu
/** One digit in a word is a look-alike of a letter; two are a number. */
const NUMBER_DIGITS = 2

/** Whether a character belongs to a script that is written without spaces. */
export function isUnspaced(character: string): boolean {
  return UNSPACED.test(character)
}

/** NFKC without accents and invisible characters; case and spaces stay. */
export function simplified(text: string): string {
  return text.normalize('NFKD').replaceAll(ACCENTS, '').replaceAll(INVISIBLE, '').normalize('NFC')
}

/** The text without case: `ß` is `ss`. */
function caseless(text: string): string {
  return text.toUpperCase().toLowerCase()
}

/** Folds a text of any length, in one pass. */
export function fold(text: string): FoldedText {
  const characters = Array.from(simplified(caseless(simplified(text))).replaceAll(BAR, 'l'))
  const edges: number[] = []
  let letters = ''
  let edge: number = HARD
  for (const [i, character] of characters.entries()) {
    if (LETTER.test(character)) {
      edges.push(Math.max(edge, changes(characters, i) ? SOFT : NOTHING))
      const standard = standardOf(character)
      letters += standard
      for (let unit = 1; unit < standard.length; unit++) {
        edges.push(NOTHING)
      }
      edge = NOTHING
    } else {
      edge = Math.max(edge, SPACE.test(character) ? HARD : SOFT)
    }
  }
  return { letters, edges: Uint8Array.from([...edges, HARD]) }
}

/** Whether a word may begin at a character although nothing is between it and the one before. */
function changes(characters: readonly string[], at: number): boolean {
  const character = characters[at] ?? ''
  const before = characters[at - 1] ?? ''
  if (isUnspaced(character) || isUnspaced(before)) {
    return true
  }
  return DIGIT.test(character) === DIGIT.test(before)
    ? false
    : DIGIT.test(character)
      ? isNumber(characters.slice(at, at + NUMBER_DIGITS))
      : isNumber(characters.slice(Math.max(0, at - NUMBER_DIGITS), at))
}

function isNumber(characters: readonly string[]): boolean {
  return (
    characters.length === NUMBER_DIGITS && characters.every((character) => DIGIT.test(character))
  )
}
