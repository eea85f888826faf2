/** How many points the words of a picture have by the terms of a rule. */

import { setImmediate } from 'node:timers/promises'
import type { RuleTerm } from '../../../commands/moderation/rule.ts'
import { fold } from './fold.ts'
import { compilePattern, readable } from './pattern.ts'
import { compileTerm } from './term.ts'
import { patternOf } from './terms.ts'

/** Characters of a picture's words that are searched. */
const MAX_SEARCHED = 4000

/** The terms that are in a text, and the sum of their weights. */
export type WordScore = { readonly points: number; readonly terms: readonly RuleTerm[] }

/** Scores the words of a picture, given as lines. */
export type ScoreWords = (lines: readonly string[]) => Promise<WordScore>

/** Compiles terms. Each counts once, however often it is in the text. */
export function compileTerms(terms: readonly RuleTerm[]): ScoreWords {
  const words = terms.flatMap((term) => {
    const find = patternOf(term) === null ? compileTerm(term.text) : null
    return find ? [{ term, find }] : []
  })
  const patterns = terms.flatMap((term) => {
    const source = patternOf(term)
    const pattern = source === null ? 'invalid' : compilePattern(source)
    return typeof pattern === 'string' ? [] : [{ term, pattern }]
  })
  return async (lines) => {
    const text = lines.join('\n').slice(0, MAX_SEARCHED)
    const folded = fold(text)
    const hits = new Set(words.filter(({ find }) => find(folded)).map(({ term }) => term))
    const plain = readable(text.split('\n'))
    for (const { term, pattern } of patterns) {
      if (pattern.isIn(plain)) {
        hits.add(term)
      }
      await setImmediate() // the longest search takes tens of milliseconds
    }
    const found = terms.filter((term) => hits.has(term))
    return { points: found.reduce((sum, { weight }) => sum + weight, 0), terms: found }
  }
}
