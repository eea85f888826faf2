/** Bursts, copies and the cases they belong to. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Posting,
  withOwnCase,
  withOlder,
  withPosting,
} from '../../../../bot/moderation/hashes/postings.ts'

const MINUTE_MS = 60_000
const BURST = { channels: 3, withinMs: 5 * MINUTE_MS }
const ONE = { whole: '00000000000000ff', mirrored: 'ff00000000000000', cropped: [], detail: '' }
const OTHER = { whole: 'ffffffff00000000', mirrored: '00000000ffffffff', cropped: [], detail: '' }

function posting(messageId: string, fields: Partial<Posting> = {}): Posting {
  return {
    messageId,
    channelId: `channel-${messageId}`,
    at: Number(messageId) * MINUTE_MS,
    keys: [],
    prints: [ONE],
    matched: null,
    reasons: [],
    words: [],
    caseId: null,
    ...fields,
  }
}

function after(...all: readonly Posting[]) {
  return all.reduce<readonly Posting[]>((before, one) => withPosting(before, one, BURST), [])
}

function casesOf(all: readonly Posting[]) {
  return Object.fromEntries(all.map(({ messageId, caseId }) => [messageId, caseId]))
}

describe('withPosting', () => {
  it('opens a case with all three postings at the third channel', () => {
    const all = after(posting('1'), posting('2'), posting('3'))
    assert.deepEqual(casesOf(all), { 1: '3', 2: '3', 3: '3' })
    const burst = { kind: 'burst', weight: 4, count: 3, seconds: 120 }
    assert.deepEqual(all[2]?.reasons, [burst])
  })

  it('joins the case that it is told, unless its copies have one', () => {
    const rule = { kind: 'rule', weight: 3 } as const
    const first = withPosting([], posting('1', { reasons: [rule] }), BURST)
    const joined = withPosting(first, posting('2', { prints: [OTHER], reasons: [rule] }), BURST, {
      joined: '1',
      wave: [],
    })
    assert.deepEqual(casesOf(joined), { 1: '1', 2: '1' })
    const copied = withPosting(first, posting('2', { reasons: [rule] }), BURST, {
      joined: 'another',
      wave: [],
    })
    assert.deepEqual(casesOf(copied), { 1: '1', 2: '1' })
  })

  it('counts channels, not messages', () => {
    const same = { channelId: 'general' }
    const all = after(posting('1', same), posting('2', same), posting('3', same))
    assert.deepEqual(casesOf(all), { 1: null, 2: null, 3: null })
  })

  it('ignores postings that are too old, and other pictures', () => {
    const late = after(posting('1'), posting('2'), posting('7'))
    assert.deepEqual(casesOf(late), { 1: null, 2: null, 7: null })
    const mixed = after(posting('1'), posting('2', { prints: [OTHER] }), posting('3'))
    assert.deepEqual(casesOf(mixed), { 1: null, 2: null, 3: null })
  })

  it('adds later copies to the case, and earlier ones of the hour', () => {
    const all = after(posting('1'), posting('20'), posting('21'), posting('22'), posting('50'))
    assert.deepEqual(casesOf(all), { 1: '22', 20: '22', 21: '22', 22: '22', 50: '22' })
    const last = after(posting('1'), posting('2'), posting('3'), posting('90'))
    assert.deepEqual(casesOf(last), { 90: null }, 'an hour later nothing is left')
  })

  it('is one burst in any order of the postings', () => {
    const all = after(posting('3'), posting('1'), posting('2'))
    assert.deepEqual(casesOf(all), { 3: '2', 1: '2', 2: '2' })
  })

  it('counts a mirror image as a copy', () => {
    const mirror = { whole: ONE.mirrored, mirrored: ONE.whole, cropped: [], detail: '' }
    const all = after(posting('1'), posting('2', { prints: [mirror] }), posting('3'))
    assert.equal(all[0]?.caseId, '3')
  })

  it('changes nothing for a known message, unless there is a new reason', () => {
    const before = after(posting('1'), posting('2'))
    assert.equal(withPosting(before, posting('2'), BURST), before)
    const reason = { kind: 'reported', weight: 3, by: '5' } as const
    const reported = withPosting(before, posting('2', { reasons: [reason] }), BURST)
    assert.deepEqual(casesOf(reported), { 1: '2', 2: '2' })
    assert.equal(reported.length, 2)
    assert.equal(withPosting(reported, posting('2', { reasons: [reason] }), BURST), reported)
  })

  it('adds pictures that were added to a message later, and compares them', () => {
    const before = after(posting('1'), posting('2'), posting('3', { prints: [], keys: ['text'] }))
    const later = posting('3', { keys: ['preview'] })
    const all = withPosting(before, later, BURST)
    assert.deepEqual(casesOf(all), { 1: '3', 2: '3', 3: '3' })
    assert.deepEqual(all[2]?.keys, ['text', 'preview'])
    const more = withPosting(all, posting('3', { keys: ['other'], prints: [OTHER] }), BURST)
    assert.deepEqual(more[2]?.prints, [ONE, OTHER])
    assert.deepEqual(casesOf(more), casesOf(all), 'the case stays')
  })

  it('lets later copies join the newest case', () => {
    const all = withOwnCase(after(posting('1'), posting('2'), posting('3'), posting('4')), '4')
    assert.equal(casesOf(withPosting(all, posting('5'), BURST))['5'], '4')
  })
})

describe('withOlder', () => {
  it('adds missing postings, even beyond the maximum', () => {
    const before = Array.from({ length: 60 }, (_, i) =>
      posting(String(100 + i), { prints: [OTHER] }),
    )
    const older = [posting('50'), posting('101', { caseId: '9' })]
    const now = withOlder(before, older)
    assert.equal(now.length, 61)
    assert.equal(now[0]!.messageId, '50')
    assert.equal(now.find(({ messageId }) => messageId === '101')!.caseId, null)
    assert.equal(withOlder(now, older), now)
  })
})
