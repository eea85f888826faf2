/** Cases are found by member, number, day and rule, without a walk over all cases of the server. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import { decided, openCase } from '../../../../bot/moderation/cases/case.ts'
import type { Case } from '../../../../bot/moderation/cases/case-record.ts'
import { dayOf, indexCase } from '../../../../bot/moderation/cases/case-index.ts'
import { CaseExecutor } from '../../../../bot/moderation/cases/executor.ts'
import { sketchOf } from '../../../../bot/moderation/hashes/word-sketch.ts'
import { deleteUserRecords, moderationRecordsOf } from '../../../../bot/moderation/privacy.ts'
import { HashList } from '../../../../bot/moderation/hashes/hash-list.ts'
import { postingsSpace } from '../../../../bot/moderation/hashes/postings.ts'
import type { Reason } from '../../../../bot/moderation/hashes/reasons.ts'
import { GuildModeration } from '../../../../bot/moderation/settings.ts'
import { weekOf, weeklyStats } from '../../../../bot/moderation/weekly-stats.ts'
import { openStore } from '../../../../bot/store/store.ts'
import type { Store } from '../../../../bot/store/types.ts'
import { DEFAULT_MODERATION } from '../../../../commands/moderation/settings.ts'
import { DAY_MS } from '../../../../config/durations.ts'

const GUILD = '1'
const STAFF = '9'
const NOW = Date.UTC(2026, 5, 10, 12)

function aCase(number: number, rest: Partial<Case> = {}): Case {
  const hit: Reason = { kind: 'rule', weight: 3, rule: 'r1', name: 'hearts', score: 0.9 }
  const seed = {
    id: String(100 + number),
    number,
    guildId: GUILD,
    memberId: '2',
    joinedAt: null,
    locale: 'en-US',
    copies: [],
    prints: [],
    reasons: [hit],
    matched: null,
  }
  return { ...openCase(seed, DEFAULT_MODERATION, NOW), ...rest }
}

function confirmed(record: Case): Case {
  return decided(record, { action: 'confirm', by: STAFF, now: NOW }, DEFAULT_MODERATION)
}

function confirmationBy(by: string): Case['events'][number] {
  return { at: NOW, by, what: 'confirm' }
}

function numbers(cases: readonly Case[]): number[] {
  return cases.map(({ number }) => number ?? 0).toSorted((a, b) => a - b)
}

describe('the tags of a case', () => {
  it('name each person once, and neither the bot nor who deleted their data', () => {
    const marked: Reason = { kind: 'marked', weight: 5, by: '7' }
    const events = ['sightseer', '0', '2', STAFF].map(confirmationBy)
    const tags = indexCase(aCase(1, { events, reasons: [marked], number: null }))
    assert.deepEqual(
      tags.filter((tag) => tag.startsWith('user:')),
      ['user:2', 'user:9', 'user:7'],
    )
    assert.ok(!tags.some((tag) => tag.startsWith('number:')))
  })
})

/** The kinds of records. */
function kinds(records: readonly object[]) {
  return records.map((record) => ('kind' in record ? record.kind : null))
}

describe('cases in the store', () => {
  let store: Store
  let executor: CaseExecutor
  let hashList: HashList

  before(async () => {
    store = await openStore({ url: 'memory:', log: pino({ level: 'silent' }) })
    hashList = new HashList(store, new GuildModeration(store))
    // Its steps are not carried out here.
    executor = Reflect.construct(CaseExecutor, [{ store }])
    for (const record of [
      confirmed(aCase(1)),
      aCase(2, { memberId: '3', createdAt: NOW - 6 * DAY_MS }),
      aCase(3, { createdAt: NOW - 7 * DAY_MS, reasons: [] }),
      { ...aCase(4), guildId: '8' },
    ]) {
      await executor.records.all.set(`${record.guildId}/${record.id}`, record)
    }
  })
  after(() => store.close())

  it('are found by member and by number, on their server', async () => {
    assert.deepEqual(numbers(await executor.records.ofMember(GUILD, '2')), [1, 3])
    assert.deepEqual(numbers(await executor.records.ofMember('8', '2')), [4])
    assert.equal((await executor.records.ofNumber(GUILD, 2))?.id, '102')
    assert.equal(await executor.records.ofNumber(GUILD, 4), undefined)
  })

  it('are found by rule, and those that staff decided apart', async () => {
    assert.equal(await executor.records.countOfRule(GUILD, 'r1'), 2)
    assert.deepEqual(numbers(await executor.records.ofJudgedRule(GUILD, 'r1')), [1])
    await executor.records.all.update(`${GUILD}/102`, (old) => old && confirmed(old))
    assert.deepEqual(numbers(await executor.records.ofJudgedRule(GUILD, 'r1')), [1, 2])
  })

  it('are found by day, as the week’s statistics need them', async () => {
    const { from, to } = weekOf(NOW)
    assert.deepEqual([from, to], [dayOf(NOW) - 6, dayOf(NOW)])
    const week = await executor.records.ofDays(GUILD, from, to)
    assert.deepEqual(numbers(week), [1, 2])
    const all = (await Array.fromAsync(executor.records.all.entries(`${GUILD}/`))).map(
      ([, one]) => one,
    )
    assert.deepEqual(weeklyStats(week, NOW, null), weeklyStats(all, NOW, null))
  })

  it('and entries of hash lists lose a moderator’s name, and are found no more by it', async () => {
    const entry = { hash: '00000000000000ff', cropped: [], detail: '', distance: 6, note: '' }
    const rest = { verdict: 'confirmed', at: NOW, seenAt: NOW, caseId: null } as const
    await hashList.putOne(GUILD, { ...entry, ...rest, by: STAFF, words: null })
    const spaces = {
      cases: executor.records.all,
      postings: postingsSpace(store),
      hashList: hashList.collection,
    }
    await spaces.postings.set(`${GUILD}/${STAFF}`, [])
    assert.equal((await moderationRecordsOf(spaces, STAFF)).length, 4)
    assert.equal(await deleteUserRecords(spaces, STAFF), 4)
    assert.deepEqual(await moderationRecordsOf(spaces, STAFF), [])
    assert.deepEqual(numbers(await executor.records.ofJudgedRule(GUILD, 'r1')), [1, 2])
    assert.equal((await hashList.list(GUILD))[0]?.by, null)
    assert.equal(await deleteUserRecords(spaces, '2'), 3)
    assert.deepEqual(await executor.records.ofMember(GUILD, '2'), [])
  })

  it('and the words of a member’s pictures are exported and deleted, for every process', async () => {
    const entry = { hash: '00000000000000aa', cropped: [], detail: '', distance: 6, note: '' }
    const rest = { verdict: 'confirmed', at: NOW, seenAt: NOW, caseId: null, by: STAFF } as const
    const words = { sketch: sketchOf(['claim your bonus now']), of: '77' }
    await hashList.putOne(GUILD, { ...entry, ...rest, words })
    const spaces = {
      cases: executor.records.all,
      postings: postingsSpace(store),
      hashList: hashList.collection,
    }
    const exported = await moderationRecordsOf(spaces, '77')
    assert.deepEqual(kinds(exported), ['moderation-words'])
    assert.ok(JSON.stringify(exported).includes(words.sketch))
    assert.ok(!kinds(await moderationRecordsOf(spaces, STAFF)).includes('moderation-words'))
    const changed: string[] = []
    const count = await deleteUserRecords(spaces, '77', {
      wordsDeleted: async (guildId) => changed.push(guildId),
    })
    assert.deepEqual([count, changed], [1, [GUILD]])
    const [now] = (await hashList.list(GUILD)).filter(({ hash }) => hash === entry.hash)
    assert.deepEqual([now?.words, now?.by], [null, STAFF])
    assert.deepEqual(await moderationRecordsOf(spaces, '77'), [])
    assert.equal(await deleteUserRecords(spaces, '77'), 0)
  })
})
