/** The best candidates, in whatever order they come. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Best } from '../../../../bot/find/picture-index/best.ts'

const MOST = 3

/** Offers candidates as a search does: those that would change nothing are left out. */
function bestOf(candidates: readonly (readonly [score: number, at: number])[]): number[][] {
  const best = new Best(MOST)
  for (const [score, at] of candidates) {
    if (best.takes(score, at)) {
      best.add({ key: '', score, at })
    }
  }
  return best.inOrder().map(({ score, at }) => [score, at])
}

describe('Best', () => {
  it('gives the newest of equally good ones, whether they come first or last', () => {
    const all = Array.from({ length: 50 }, (_, at) => [1, at] as const)
    const newest = [
      [1, 49],
      [1, 48],
      [1, 47],
    ]
    assert.deepEqual(bestOf(all), newest)
    assert.deepEqual(bestOf(all.toReversed()), newest)
  })

  it('gives better ones before newer ones', () => {
    const all = Array.from({ length: 50 }, (_, i) => [i % 10, 100 - i] as const)
    assert.deepEqual(bestOf(all), [
      [9, 91],
      [9, 81],
      [9, 71],
    ])
  })
})
