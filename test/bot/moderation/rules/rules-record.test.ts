/** Which decisions of staff count for a rule's statistics. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decided, openCase } from '../../../../bot/moderation/cases/case.ts'
import { type Case, ITSELF } from '../../../../bot/moderation/cases/case-record.ts'
import { recordOf } from '../../../../bot/moderation/rules/rule-record.ts'
import type { Rule } from '../../../../commands/moderation/rule.ts'
import { DEFAULT_MODERATION } from '../../../../commands/moderation/settings.ts'

const RULE: Rule = {
  id: 'r1',
  kind: 'question',
  name: 'hearts',
  question: 'is there a heart?',
  threshold: 0.7,
  action: 'remove',
  precision: 0.95,
  timeoutMinutes: 0,
  channels: [],
  ageRestricted: false,
  at: 0,
}
const SETTINGS = { ...DEFAULT_MODERATION, mode: 'act' } as const
const STAFF = '9'

function hit(score: number, rule = RULE.id): Case {
  const seed = {
    id: '100',
    guildId: '1',
    memberId: '2',
    joinedAt: null,
    locale: 'en-US',
    copies: [{ channelId: '7', messageId: '100' }],
    prints: [],
    reasons: [{ kind: 'rule', weight: 3, rule, name: 'hearts', score } as const],
    matched: null,
  }
  return openCase(seed, SETTINGS, 0)
}

function after(record: Case, ...choices: ['confirm' | 'dismiss' | 'delete' | 'undo', string][]) {
  return choices.reduce(
    (now, [action, by]) => decided(now, { action, by, now: 0 }, SETTINGS),
    record,
  )
}

describe('recordOf', () => {
  it('counts what staff confirmed and dismissed, and no other rule’s', () => {
    const record = recordOf(RULE, [
      after(hit(0.9), ['confirm', STAFF]),
      after(hit(0.8), ['dismiss', STAFF]),
      after(hit(0.6), ['confirm', STAFF]),
      after(hit(0.9, 'r2'), ['confirm', STAFF]),
      hit(0.9),
    ])
    assert.deepEqual(
      [record.hits, record.confirmed, record.dismissed, record.counted],
      [4, 2, 1, 2],
      'the hit at 0.6 is below the threshold as it is now',
    )
    assert.equal(record.precision?.share, 0.5)
    assert.equal(record.earned, false)
  })

  it('does not count removals by the bot', () => {
    const acted = after(hit(0.9), ['delete', ITSELF])
    assert.equal(acted.events.length, 1)
    assert.deepEqual(recordOf(RULE, [acted]).reviewed, [])
  })

  it('counts an undone removal as wrong, and ignores an undone decision', () => {
    const undone = after(hit(0.9), ['delete', ITSELF], ['undo', STAFF])
    const back = after(hit(0.9), ['confirm', STAFF], ['undo', STAFF])
    assert.equal(undone.state, 'undone')
    assert.equal(back.state, 'undone')
    assert.deepEqual(recordOf(RULE, [undone, back]).reviewed, [{ score: 0.9, right: false }])
  })

  it('lets a rule delete messages once it has earned it', () => {
    const good = Array.from({ length: 20 }, () => after(hit(0.9), ['confirm', STAFF]))
    assert.equal(recordOf(RULE, good).earned, true)
    assert.equal(recordOf(RULE, good.slice(1)).earned, false)
    const bad = Array.from({ length: 2 }, () => after(hit(0.9), ['dismiss', STAFF]))
    assert.equal(recordOf(RULE, [...good, ...bad]).earned, false)
  })
})
