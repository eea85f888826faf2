/** The states of a case, and the steps that each decision plans. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  allows,
  decided,
  nextStep,
  openCase,
  type Seed,
  withCopies,
  withDeletion,
  withPictures,
  withStep,
} from '../../../../bot/moderation/cases/case.ts'
import type { Case } from '../../../../bot/moderation/cases/case-record.ts'
import { CASE_DECISIONS } from '../../../../bot/discord/custom-id.ts'
import { DEFAULT_MODERATION } from '../../../../commands/moderation/settings.ts'

const NOW = 1_800_000_000_000
const SEED: Seed = {
  id: '100',
  guildId: '1',
  memberId: '2',
  joinedAt: null,
  locale: 'en-US',
  copies: [{ channelId: '7', messageId: '100' }],
  prints: [{ whole: '0'.repeat(16), mirrored: 'f'.repeat(16), cropped: [], detail: '' }],
  reasons: [{ kind: 'burst', weight: 4, count: 3, seconds: 10 }],
  matched: null,
}
const LOG = { ...DEFAULT_MODERATION, mode: 'log' } as const
const APPROVE = { ...DEFAULT_MODERATION, mode: 'approve' } as const
const ACT = { ...DEFAULT_MODERATION, mode: 'act' } as const

/** The case with every step done. */
function finished(record: Case): Case {
  return record.steps.reduce((now, { id }) => withStep(now, id, null), record)
}

function idsOf({ steps }: Case): string[] {
  return steps.map(({ id }) => id)
}

function allowed(record: Case): string[] {
  return CASE_DECISIONS.filter((action) => allows(record, action))
}

describe('openCase', () => {
  it('removes at once only in mode act, and only pictures that staff confirmed', () => {
    assert.deepEqual(idsOf(openCase(SEED, ACT, NOW)), ['post', 'sweep', 'describe'])
    const matched = { ...SEED, matched: '00000000000000ff' }
    for (const settings of [LOG, APPROVE]) {
      assert.deepEqual(idsOf(openCase(matched, settings, NOW)), ['post', 'sweep', 'describe'])
    }
    const acting = openCase(matched, ACT, NOW)
    assert.deepEqual(idsOf(acting), [
      'post',
      'delete/7/100',
      'timeout',
      'tell',
      'sweep',
      'describe',
    ])
    assert.equal(acting.timeoutUntil, NOW + 60 * 60_000)
    assert.equal(acting.state, 'confirmed')
  })

  it('plans no timeout where the server has none', () => {
    const acting = openCase({ ...SEED, matched: 'f' }, { ...ACT, timeoutMinutes: 0 }, NOW)
    assert.deepEqual(idsOf(acting), ['post', 'delete/7/100', 'tell', 'sweep', 'describe'])
    assert.equal(acting.timeoutUntil, null)
  })
})

function by(action: (typeof CASE_DECISIONS)[number]) {
  return { action, by: '9', now: NOW }
}

describe('decided', () => {
  it('confirming removes nothing in mode log', () => {
    const confirmed = decided(openCase(SEED, LOG, NOW), by('confirm'), LOG)
    assert.deepEqual(idsOf(confirmed), ['post', 'sweep', 'describe', 'list', 'sketch'])
    assert.deepEqual(confirmed.events, [{ at: NOW, by: '9', what: 'confirm' }])
  })

  it('the first decision wins; the second changes nothing', () => {
    const first = decided(openCase(SEED, APPROVE, NOW), by('confirm'), APPROVE)
    assert.equal(decided(first, by('dismiss'), APPROVE), first)
    assert.equal(decided(first, by('confirm'), APPROVE), first)
    assert.equal(decided(first, by('delete'), APPROVE), first)
    assert.deepEqual(allowed(first), ['undo'])
  })

  it('undo reverts steps that were done, and drops pending ones', () => {
    const confirmed = decided(openCase(SEED, APPROVE, NOW), by('confirm'), APPROVE)
    const all = decided(finished(confirmed), by('undo'), APPROVE)
    assert.deepEqual(idsOf(all).slice(-3), ['unlist', 'lift', 'apologise'])
    const posted = withStep(confirmed, 'post', null)
    assert.deepEqual(idsOf(decided(posted, by('undo'), APPROVE)), ['post', 'sweep', 'describe'])
    assert.deepEqual(allowed(all), [])
  })

  it('a case without a decision has nothing to undo', () => {
    assert.deepEqual(allowed(openCase(SEED, LOG, NOW)), ['confirm', 'dismiss', 'delete', 'timeout'])
  })
})

describe('withCopies', () => {
  it('removes later copies after a confirmation, and skips known copies', () => {
    const copy = { channelId: '8', messageId: '101' }
    const open = openCase(SEED, APPROVE, NOW)
    assert.deepEqual(idsOf(withCopies(open, [copy])), ['post', 'sweep', 'describe'])
    const removing = decided(open, { action: 'confirm', by: '9', now: NOW }, APPROVE)
    assert.equal(idsOf(withCopies(removing, [copy])).at(-1), 'delete/8/101')
    assert.equal(withCopies(removing, SEED.copies), removing)
  })
})

function print(whole: string) {
  return { whole, mirrored: whole, cropped: [], detail: '' }
}

describe('withPictures', () => {
  const known = { ...SEED, prints: [print('00000000000000ff')] }
  const hash = { kind: 'hash', weight: 6, count: 0 } as const
  const added = {
    messageId: '100',
    prints: [print('ffffffff00000000')],
    reasons: [hash],
    matched: 'ffffffff00000000',
  }

  it('removes pictures that staff confirmed before, only in mode act and in open cases', () => {
    const open = openCase(known, ACT, NOW)
    const acting = withPictures(open, added, ACT, NOW)
    assert.deepEqual(idsOf(acting), [
      'post',
      'sweep',
      'describe',
      'delete/7/100',
      'timeout',
      'tell',
    ])
    assert.deepEqual([acting.state, acting.automatic], ['confirmed', true])
    assert.equal(acting.prints.length, 2)
    assert.deepEqual(idsOf(withPictures(open, added, APPROVE, NOW)), ['post', 'sweep', 'describe'])
    const dismissed = decided(open, by('dismiss'), ACT)
    assert.equal(withPictures(dismissed, added, ACT, NOW).state, 'dismissed')
  })

  it('changes nothing when repeated, for copies of known pictures, and for other messages', () => {
    const acting = withPictures(openCase(known, ACT, NOW), added, ACT, NOW)
    assert.equal(withPictures(acting, added, ACT, NOW), acting)
    const open = openCase(known, ACT, NOW)
    const near = { ...added, prints: [print('00000000000000fe')] }
    assert.equal(withPictures(open, near, ACT, NOW), open)
    assert.equal(withPictures(open, { ...added, messageId: '101' }, ACT, NOW), open)
  })
})

describe('withStep', () => {
  it('marks a step once: the first outcome wins', () => {
    const failed = withStep(openCase(SEED, LOG, NOW), 'post', 'forbidden')
    const log = { channelId: '7', messageId: '8' }
    assert.equal(withStep(failed, 'post', null, { log }), failed)
    assert.equal(nextStep(failed)?.id, 'sweep')
    const swept = withStep(failed, 'sweep', null)
    assert.equal(nextStep(swept), undefined, 'the description holds nothing up')
  })

  it('plans the deletion of copies that a step found', () => {
    const copies = [{ channelId: '8', messageId: '101' }]
    const open = openCase(SEED, APPROVE, NOW)
    assert.deepEqual(withStep(open, 'sweep', null, { copies }).copies, [...SEED.copies, ...copies])
    const removing = decided(open, by('confirm'), APPROVE)
    assert.ok(idsOf(withStep(removing, 'sweep', null, { copies })).includes('delete/8/101'))
  })
})

describe('withDeletion', () => {
  const removing = decided(openCase(SEED, ACT, NOW), { action: 'delete', by: '3', now: NOW }, ACT)
  const joined = withCopies(removing, [{ channelId: '8', messageId: '101' }])

  it('deletes one more message of a case that removed others, once', () => {
    assert.ok(!idsOf(joined).includes('delete/8/101'), 'not by joining alone')
    const next = withDeletion(joined, '101')
    assert.ok(idsOf(next).includes('delete/8/101'))
    assert.deepEqual(withDeletion(next, '101'), next)
  })

  it('deletes nothing of a case that staff dismissed', () => {
    const dismissed = { ...joined, state: 'dismissed' } as const
    assert.equal(withDeletion(dismissed, '101'), dismissed)
  })
})
