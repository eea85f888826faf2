/**
 * Two readings of one line, word by word: that of the recognizer, and in words with Cyrillic letters
 * that of the head for Cyrillic. The recognizer is as sure of the Latin letters that Cyrillic ones
 * look like as of Latin text; the head knows both scripts, so what the head reads decides.
 *
 * A, B, C … look alike in both scripts. The other letters of a word say which it is in, then the other
 * words of its line, then the other lines.
 */

import { type Character, type Recognized, summaryOf } from './ctc.ts'

/** What the head writes for a character that it does not know. */
export const UNKNOWN = '\u{FFFD}'

/** Mean probability of a word's characters, from which on the head is believed. */
const MIN_CONFIDENCE = 0.6

const LATIN = 'aceijopsxyABCEHIJKMOPSTXY'
const CYRILLIC = 'асеіјорѕхуАВСЕНІЈКМОРЅТХУ'
const cyrillicOf = new Map(Array.from(LATIN, (letter, i) => [letter, CYRILLIC[i]!]))
const lookAlikes = new Set(LATIN + CYRILLIC)

const IS_CYRILLIC = /\p{Script=Cyrillic}/u
const IS_LATIN = /\p{Script=Latin}/u
const IS_DIGIT = /\d/
const IS_LETTER = /\p{L}/u
const IS_UPPER = /\p{Lu}/u

/** A word as the head reads it, and the steps that it takes. */
type Word = {
  readonly characters: readonly Character[]
  readonly start: number
  readonly end: number
}

/** Open: its letters look alike in both scripts, it has no digit, and the head wrote it in Cyrillic. */
type Script = 'cyrillic' | 'open' | 'other'

/** Merges the two readings of a line. */
export function mergeReadings(
  general: readonly Character[],
  cyrillic: readonly Character[],
): Recognized {
  const words = wordsOf(cyrillic)
  const line = lettersOf(cyrillic)
  const scripts = words.map((word) =>
    scriptOf(word.characters, between(general, word), line.latin >= line.cyrillic),
  )
  if (!scripts.includes('cyrillic') && !scripts.includes('open')) {
    return summaryOf(general)
  }
  const merged = summaryOf(
    words.flatMap((word, i) =>
      scripts[i] === 'other' ? between(general, word) : asCyrillic(word.characters),
    ),
  )
  return scripts.includes('cyrillic') ? merged : { ...summaryOf(general), inCyrillic: merged.text }
}

/** Each word has the space before it. */
function wordsOf(characters: readonly Character[]): Word[] {
  const starts = characters.flatMap(({ text }, i) => (i === 0 || text === ' ' ? [i] : []))
  return starts.map((first, i) => {
    const next = starts[i + 1]
    return {
      characters: characters.slice(first, next),
      start: i === 0 ? 0 : characters[first]!.step,
      end: next === undefined ? Infinity : characters[next]!.step,
    }
  })
}

/**
 * @param word as the head reads it.
 * @param general the same as the recognizer reads it.
 * @param isInLatin whether its line has more clear letters of Latin script; then the head has to be surer.
 */
function scriptOf(
  word: readonly Character[],
  general: readonly Character[],
  isInLatin: boolean,
): Script {
  const { cyrillic, latin, alike, digits } = lettersOf(word)
  const { confidence } = summaryOf(word)
  const least = cyrillic > 0 && isInLatin ? summaryOf(general).confidence : MIN_CONFIDENCE
  const isLatin = latin > 0 && latin >= cyrillic
  if (isLatin || confidence < Math.max(least, MIN_CONFIDENCE) || isNumber(general)) {
    return 'other'
  }
  if (cyrillic > 0) {
    return 'cyrillic'
  }
  return alike > 0 && digits === 0 ? 'open' : 'other'
}

/** Counts the letters of each script, Cyrillic ones with a Latin double by themselves, and digits. */
function lettersOf(characters: readonly Character[]) {
  const counts = { cyrillic: 0, latin: 0, alike: 0, digits: 0 }
  for (const { text } of characters) {
    if (lookAlikes.has(text)) {
      counts.alike += Number(IS_CYRILLIC.test(text))
    } else {
      counts.cyrillic += Number(IS_CYRILLIC.test(text))
      counts.latin += Number(IS_LATIN.test(text) || text === UNKNOWN)
      counts.digits += Number(IS_DIGIT.test(text))
    }
  }
  return counts
}

/** The head takes 3 for З and 0 for О more often than the recognizer. */
function isNumber(characters: readonly Character[]): boolean {
  return (
    characters.some(({ text }) => IS_DIGIT.test(text)) &&
    !characters.some(({ text }) => IS_LETTER.test(text))
  )
}

/** What the recognizer reads in the steps of a word. */
function between(general: readonly Character[], { start, end }: Word): Character[] {
  return general.filter(({ step }) => step >= start && step < end)
}

/** A word in Cyrillic letters, without what the head does not know. */
function asCyrillic(word: readonly Character[]): Character[] {
  const letters = word
    .filter(({ text }) => text !== UNKNOWN)
    .map((character) => ({ ...character, text: cyrillicOf.get(character.text) ?? character.text }))
  const text = letters.map((letter) => letter.text).join('')
  const cased = Array.from(text.replaceAll(/\p{Script=Cyrillic}+/gu, inOneCase))
  return letters.map((letter, i) => ({ ...letter, text: cased[i]! }))
}

/**
 * Most Cyrillic letters have one form in both cases: after the first letter, the case of most is that
 * of all.
 */
function inOneCase(letters: string): string {
  const rest = Array.from(letters).slice(1)
  const upper = rest.filter((letter) => IS_UPPER.test(letter)).length
  if (upper * 2 > rest.length) {
    return letters.toUpperCase()
  }
  return upper * 2 < rest.length ? letters[0]! + letters.slice(1).toLowerCase() : letters
}

/**
 * The texts of a picture's lines. Lines whose letters do not tell the script are in Cyrillic where
 * more of the other lines are in Cyrillic than in Latin script.
 */
export function inScriptOfMost(lines: readonly Recognized[]): string[] {
  const known = lines.filter(({ inCyrillic }) => inCyrillic === undefined)
  const count = (script: RegExp) => known.filter(({ text }) => script.test(text)).length
  const isCyrillic = count(IS_CYRILLIC) > count(IS_LATIN)
  return lines.map(({ text, inCyrillic }) => (isCyrillic ? (inCyrillic ?? text) : text))
}
