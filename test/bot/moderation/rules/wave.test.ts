/** What a rule by words finds in several channels together. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Posting } from '../../../../bot/moderation/hashes/postings.ts'
import { waveOf } from '../../../../bot/moderation/rules/wave.ts'
import { MINUTE_MS } from '../../../../config/durations.ts'

const BURST = { channels: 3, withinMs: 5 * MINUTE_MS }

/** A posting of a minute, with points for a term. */
function posting(minute: number, channelId: string, points: number, term = 'casino'): Posting {
  const terms = [{ text: term, weight: points }]
  return {
    messageId: String(minute),
    channelId,
    at: minute * MINUTE_MS,
    keys: [],
    prints: [],
    matched: null,
    reasons: [],
    words: points > 0 ? [{ rule: 'one', points, terms }] : [],
    caseId: null,
  }
}

describe('waveOf', () => {
  it('adds the points of each channel, and names all terms', () => {
    const all = [posting(1, 'a', 2), posting(2, 'b', 1, 'usdt'), posting(3, 'c', 2)]
    assert.deepEqual(waveOf(all, '3', 'one', BURST), {
      points: 5,
      terms: [
        { text: 'casino', weight: 2 },
        { text: 'usdt', weight: 1 },
      ],
      channels: 3,
      messages: ['1', '2', '3'],
    })
  })

  it('counts a channel once, by its most points', () => {
    const all = [posting(1, 'a', 1), posting(2, 'a', 3), posting(3, 'b', 1), posting(4, 'c', 1)]
    const wave = waveOf(all, '4', 'one', BURST)
    assert.equal(wave?.points, 5)
    assert.deepEqual(wave?.messages, ['1', '2', '3', '4'])
    assert.equal(waveOf(all.slice(0, 3), '3', 'one', BURST), undefined)
  })

  it('leaves out what is older, has no points, or those of another rule', () => {
    const near = [posting(5, 'b', 1), posting(6, 'c', 1)]
    assert.equal(waveOf([posting(1, 'a', 1), ...near], '6', 'one', BURST), undefined)
    assert.equal(waveOf([posting(2, 'a', 0), ...near], '6', 'one', BURST), undefined)
    const other = { ...posting(2, 'a', 1), words: [{ rule: 'two', points: 9, terms: [] }] }
    assert.equal(waveOf([other, ...near], '6', 'one', BURST), undefined)
    assert.equal(waveOf([posting(2, 'a', 1), ...near], '6', 'one', BURST)?.points, 3)
    const silent = [posting(2, 'a', 1), ...near, posting(7, 'd', 0)]
    assert.equal(waveOf(silent, '7', 'one', BURST), undefined)
  })
})
