/**
 * Decides by their words how two pictures relate whose hashes are near each other.
 *
 * `npm run bench -- moderation` measures the bounds. Copies of one picture that were resized and
 * encoded again shared 93 % and more of their groups of characters, cut ones 93 % too, very small ones
 * 66 %; other words on one template shared up to 61 %.
 */

import type { Relation, WordVerdict } from '../../../commands/moderation/word-verdict.ts'
import { groupsIn, similarityOf, type WordSketch } from './word-sketch.ts'

/** The least share of two texts that say the same. */
const AGREE = 0.92
/** Texts that share less say something else. */
const DIFFER = 0.65
/** A text with fewer groups of characters says too little: about two short words. */
const MIN_GROUPS = 6

/** The verdict, and the share of the words in common, 0 to 1; 0 where it is not compared. */
export type WordComparison = { readonly verdict: WordVerdict; readonly similarity: number }

/** Whether there are enough words to compare. */
export function saysSomething(sketch: WordSketch): boolean {
  return groupsIn(sketch) >= MIN_GROUPS
}

/** @param a null: not known; `b` too. */
export function compareWords(a: WordSketch | null, b: WordSketch | null): WordComparison {
  if (a === null || b === null) {
    return { verdict: 'unread', similarity: 0 }
  }
  const readable = [a, b].filter(saysSomething).length
  if (readable < 2) {
    return { verdict: readable === 0 ? 'none' : 'one-sided', similarity: 0 }
  }
  const similarity = similarityOf(a, b)
  if (similarity >= AGREE) {
    return { verdict: 'agree', similarity }
  }
  return { verdict: similarity < DIFFER ? 'differ' : 'similar', similarity }
}

/**
 * How two pictures relate whose hashes are near each other.
 *
 * @param isSameDetail whether they are the same by their detail hashes, which are stricter than the
 *   hash that brought them together, and decide where no words can be compared.
 */
export function relationOf(words: WordVerdict, isSameDetail: boolean): Relation {
  switch (words) {
    case 'agree':
      return 'same'
    case 'none':
    case 'unread':
      return isSameDetail ? 'same' : 'resembles'
    case 'differ':
      return isSameDetail ? 'resembles' : 'other'
    default:
      return 'resembles'
  }
}
