/** How pictures that were found in both ways are ordered. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { together } from '../../../bot/find/found.ts'

function picture(at: number) {
  return { author: '1', picture: 'a', spoiler: false, words: [], at, meaning: null }
}

describe('together', () => {
  it('adds up what speaks for a picture; the newest of equal ones comes first', () => {
    const byWords = [
      { key: 'says', score: 0.8, picture: picture(1) },
      { key: 'both', score: 0.6, picture: picture(2) },
    ]
    const byMeaning = [
      { key: 'shows', score: 0.9, probability: 0.9, picture: picture(3) },
      { key: 'both', score: 0.7, probability: 0.7, picture: picture(2) },
      { key: 'newer', score: 0.8, probability: 0.8, picture: picture(4) },
      { key: 'unranked', score: 0.05, probability: null, picture: picture(9) },
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
