/** How pictures that were found in both ways are ordered. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { together } from '../../../bot/find/found.ts'

describe('together', () => {
  it('adds up what speaks for a picture; the newest of equal ones comes first', () => {
    const byWords = [
      { key: 'says', score: 0.8, at: 1 },
      { key: 'both', score: 0.6, at: 2 },
    ]
    const byMeaning = [
      { key: 'shows', score: 0.9, probability: 0.9, at: 3 },
      { key: 'both', score: 0.7, probability: 0.7, at: 2 },
      { key: 'newer', score: 0.8, probability: 0.8, at: 4 },
      { key: 'unranked', score: 0.05, probability: null, at: 9 },
    ]
    const found = together(byWords, byMeaning)
    assert.deepEqual(
      found.map(({ key, byWords: isByWords, probability }) => [key, isByWords, probability]),
      [
        ['both', true, 0.7],
        ['shows', false, 0.9],
        ['newer', false, 0.8],
        ['says', true, undefined],
        ['unranked', false, null],
      ],
    )
  })
})
