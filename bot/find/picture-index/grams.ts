/**
 * A short signature of a text, as a Bloom filter: which groups of four characters it has. A text without
 * all groups of a word does not have the word, and need not be searched.
 */

/** Numbers of a signature. Of 2,048 bits, a text of 500 characters sets about a fifth. */
export const SIGNATURE_LENGTH = 64

/** Of two or three, nearly every text has those of a word. */
const GROUP = 4
/** Leaves the bits of a hash that number the bits of a signature. */
const SHIFT = Math.clz32(SIGNATURE_LENGTH * 32 - 1)
/** The golden ratio of 32 bits, as in Knuth's multiplicative hashing. */
const GOLDEN = 0x9e3779b1
const FACTOR = 31

/** Scripts that are written without spaces: words of one character are looked for in them. */
export const UNSPACED = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]/u
const ALL_UNSPACED = new RegExp(UNSPACED, 'gu')

/**
 * The bits of a text: of all groups of GROUP UTF-16 units, and of single characters of UNSPACED. The bits
 * of a part of a text are among those of the text.
 *
 * @returns from 0 to 32 × SIGNATURE_LENGTH - 1, with repetitions.
 */
export function gramsOf(text: string): number[] {
  const bits: number[] = []
  for (let end = GROUP; end <= text.length; end++) {
    let mixed = 0
    for (let i = end - GROUP; i < end; i++) {
      mixed = Math.imul(mixed, FACTOR) + text.charCodeAt(i)
    }
    bits.push(bitOf(mixed))
  }
  for (const [character] of text.matchAll(ALL_UNSPACED)) {
    bits.push(bitOf(character.codePointAt(0)!))
  }
  return bits
}

function bitOf(hash: number): number {
  return Math.imul(hash, GOLDEN) >>> SHIFT
}
