/** How the words of two pictures that look alike compare. */

export const WORD_VERDICTS = [
  /** They say the same, up to errors of the reader. */
  'agree',
  /** They share much: a cut copy, or most of a text. */
  'similar',
  'differ',
  /** One of them has words, and the other none. */
  'one-sided',
  /** Neither has enough words to compare. */
  'none',
  /** Those of one of them are not known. */
  'unread',
] as const

export type WordVerdict = (typeof WORD_VERDICTS)[number]

/**
 * How a picture relates to an entry of the hash list that looks like it: the `same` picture, one that
 * `resembles` it so that a person has to decide, or an `other` one with words of its own.
 */
export type Relation = 'same' | 'resembles' | 'other'
