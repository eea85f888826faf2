/** The hash list: precedence, distances, versions and expiry. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { pino } from 'pino'
import { GuildModeration } from '../../../../bot/moderation/settings.ts'
import type { Fingerprint } from '../../../../bot/pictures/fingerprint.ts'
import { type HashEntry, hashEntryOf } from '../../../../bot/moderation/hashes/hash-entry.ts'
import { HashList } from '../../../../bot/moderation/hashes/hash-list.ts'
import { sketchOf } from '../../../../bot/moderation/hashes/word-sketch.ts'
import { openStore } from '../../../../bot/store/store.ts'
import type { Store } from '../../../../bot/store/types.ts'
import { InputError } from '../../../../config/errors.ts'

const GUILD = '100000000000000001'
const DAY_MS = 24 * 60 * 60 * 1000

/** Details that differ in 512 bits. */
const WORDS = '0'.repeat(256)
const OTHER_WORDS = '5'.repeat(256)
const BONUS = 'claim your bonus of 5600 USDT with the code LUCKY7'
const HARMLESS = 'my cat never reads the manual before lunch'
const ELSE = 'the printer is still looking for the blue one'

function print(whole: string, cropped: readonly string[] = [], detail = ''): Fingerprint {
  return { whole, mirrored: '5555555555555555', cropped, detail }
}

function entry(
  whole: string,
  verdict: HashEntry['verdict'],
  distance = 6,
  cropped: readonly string[] = [],
  detail = '',
) {
  return hashEntryOf(print(whole, cropped, detail), {
    verdict,
    distance,
    by: '9',
    caseId: null,
    note: 'n',
  })
}

/** The entry with the words of its picture. */
function saying(one: HashEntry, text: string): HashEntry {
  return { ...one, words: { sketch: sketchOf([text]), of: '7' } }
}

describe('HashList', () => {
  let store: Store
  let guilds: GuildModeration
  let hashList: HashList

  before(async () => {
    store = await openStore({ url: 'memory:', log: pino({ level: 'silent' }) })
  })
  after(() => store.close())
  beforeEach(async () => {
    guilds = new GuildModeration(store)
    hashList = new HashList(store, guilds)
    await hashList.deleteGuild(GUILD)
  })

  async function match(whole: string, cropped: readonly string[] = [], by = hashList) {
    const { hashListVersion } = await guilds.of(GUILD)
    const match = await by.match(GUILD, print(whole, cropped), hashListVersion)
    return match && [match.entry.verdict, match.distance]
  }

  /** The verdict on a picture with these words, and whether it is the same picture. */
  async function matchInDetail(whole: string, detail: string) {
    const { hashListVersion } = await guilds.of(GUILD)
    const match = await hashList.match(GUILD, print(whole, [], detail), hashListVersion)
    return match && [match.entry.verdict, match.relation === 'same']
  }

  it('tells the same picture from other words on its template', async () => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed', 6, [], WORDS)])
    assert.deepEqual(await matchInDetail('00000000000000ff', WORDS), ['confirmed', true])
    const encodedAgain = `3${WORDS.slice(1)}`
    assert.deepEqual(await matchInDetail('00000000000000fc', encodedAgain), ['confirmed', true])
    assert.deepEqual(await matchInDetail('00000000000000ff', OTHER_WORDS), ['confirmed', false])
    assert.deepEqual(await matchInDetail('00000000000000f8', WORDS), ['confirmed', false])
  })

  /** The verdict on a picture that says something, how it relates to the entry, and how often it was read. */
  async function matchByWords(whole: string, words: string | null, detail = OTHER_WORDS) {
    const { hashListVersion } = await guilds.of(GUILD)
    let reads = 0
    const read = async () => {
      reads += 1
      return words === null ? null : sketchOf([words])
    }
    const seen = { ...print(whole, [], detail), mirrored: 'ffffffff00000000' }
    const match = await hashList.match(GUILD, seen, hashListVersion, read)
    return match ? [match.entry.verdict, match.relation, reads] : [reads]
  }

  it('takes a picture for the same at any distance if its words agree, and for another if they differ', async () => {
    const listed = entry('00000000000000ff', 'confirmed', 6, [], WORDS)
    await hashList.put(GUILD, [saying(listed, BONUS)])
    assert.deepEqual(await matchByWords('00000000000000c0', BONUS), ['confirmed', 'same', 1])
    assert.deepEqual(await matchByWords('00000000000000c0', HARMLESS), ['confirmed', 'other', 1])
    assert.deepEqual(await matchByWords('00000000000000c0', null), ['confirmed', 'resembles', 1])
    assert.deepEqual(await matchByWords('00000000000000c0', ''), ['confirmed', 'resembles', 1])
    assert.deepEqual(await matchByWords('00000000000000ff', null, WORDS), ['confirmed', 'same', 1])
    // The same by its details and other words: a person decides.
    assert.deepEqual(await matchByWords('00000000000000ff', HARMLESS, WORDS), [
      'confirmed',
      'resembles',
      1,
    ])
  })

  it('flags for an imported entry what is similar in detail, or says nothing', async () => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'imported', 6, [], WORDS)])
    const similar = `ff${WORDS.slice(2)}`
    const resembles = ['imported', 'resembles', 1]
    assert.deepEqual(await matchByWords('00000000000000ff', BONUS, similar), resembles)
    assert.deepEqual(await matchByWords('00000000000000fc', BONUS, WORDS), resembles)
    assert.deepEqual(await matchByWords('00000000000000ff', BONUS), ['imported', 'other', 1])
    assert.deepEqual(await matchByWords('00000000000000c0', 'lol'), resembles)
    assert.deepEqual(await matchByWords('00000000000000c0', null), resembles)
    // A file of an older version has no details.
    await hashList.put(GUILD, [entry('0f0f0f0f0f0f0f0f', 'imported')])
    assert.deepEqual(await matchByWords('0f0f0f0f0f0f0f0f', BONUS), resembles)
  })

  it('reads only what looks like an entry with words', async () => {
    assert.deepEqual(await matchByWords('00000000000000ff', BONUS), [0])
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed', 6, [], WORDS)])
    assert.deepEqual(await matchByWords('00000000000000ff', BONUS), ['confirmed', 'resembles', 0])
    await hashList.put(GUILD, [saying(entry('ff00000000000000', 'confirmed'), BONUS)])
    assert.deepEqual(await matchByWords('00000000ffffffff', BONUS), [0])
  })

  it('compares no words of a mirror image', async () => {
    await hashList.put(GUILD, [saying(entry('ffffffff00000000', 'confirmed', 6, [], WORDS), BONUS)])
    const match = await matchByWords('0f0f0f0f0f0f0f0f', HARMLESS)
    assert.deepEqual(match, ['confirmed', 'resembles', 1])
  })

  it('chooses the entry with the nearest words, and lets no dismissal hide other words', async () => {
    await hashList.put(GUILD, [
      saying(entry('00000000000000ff', 'confirmed', 6, [], WORDS), BONUS),
      saying(entry('00000000000000fe', 'dismissed', 6, [], OTHER_WORDS), HARMLESS),
    ])
    assert.deepEqual(await matchByWords('00000000000000fe', BONUS), ['confirmed', 'same', 1])
    assert.deepEqual(await matchByWords('00000000000000ff', HARMLESS), ['dismissed', 'same', 1])
    assert.equal((await matchByWords('00000000000000fe', ELSE))[1], 'resembles')
    assert.equal((await matchByWords('00000000000000fe', ELSE, 'a'.repeat(256)))[1], 'other')
  })

  it('does not renew an entry for other words on its template, and takes new words at once', async () => {
    const old = { ...entry('00000000000000ff', 'confirmed', 6, [], WORDS), seenAt: 1 }
    await hashList.put(GUILD, [saying(old, BONUS)])
    await matchByWords('00000000000000c0', HARMLESS)
    const [unseen] = await hashList.list(GUILD)
    assert.equal(unseen?.seenAt, 1)
    await hashList.setWords(GUILD, unseen, { sketch: sketchOf([HARMLESS]), of: '7' })
    assert.deepEqual(await matchByWords('00000000000000c0', HARMLESS), ['confirmed', 'same', 1])
    assert.ok((await hashList.list(GUILD))[0]!.seenAt > 1)
    await hashList.setWords(GUILD, entry('0f0f0f0f0f0f0f0f', 'confirmed'), null)
    assert.equal((await hashList.list(GUILD)).length, 1)
  })

  it('never takes an entry of an older version for the same picture', async () => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed')])
    assert.deepEqual(await matchInDetail('00000000000000ff', WORDS), ['confirmed', false])
  })

  it('keeps two pictures of one hash apart by their words', async () => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed', 6, [], WORDS)])
    await hashList.put(GUILD, [entry('00000000000000ff', 'dismissed', 6, [], OTHER_WORDS)])
    assert.deepEqual(await matchInDetail('00000000000000ff', WORDS), ['confirmed', true])
    assert.deepEqual(await matchInDetail('00000000000000ff', OTHER_WORDS), ['dismissed', true])
    await hashList.put(GUILD, [entry('00000000000000ff', 'dismissed', 6, [], WORDS)])
    assert.deepEqual(await matchInDetail('00000000000000ff', WORDS), ['dismissed', true])
    assert.equal((await hashList.list(GUILD)).length, 2)
  })

  it('replaces an entry of an older version by the next decision on its hash', async () => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed')])
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed', 6, [], WORDS)])
    assert.equal((await hashList.list(GUILD)).length, 1)
    assert.deepEqual(await matchInDetail('00000000000000ff', WORDS), ['confirmed', true])
  })

  it('prefers entries of the server to imported ones', async () => {
    await hashList.put(GUILD, [
      entry('00000000000000ff', 'imported', 6, [], WORDS),
      entry('00000000000000f0', 'confirmed'),
    ])
    assert.deepEqual(await match('00000000000000ff'), ['confirmed', 4])
  })

  it('does not compare cropped forms with each other', async () => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed', 2, ['ffff000000000000'])])
    assert.equal(await match('0f0f0f0f0f0f0f0f', ['ffff000000000000']), undefined)
  })

  it('lets a dismissal win over a confirmation that is nearer', async () => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed')])
    assert.deepEqual(await match('00000000000000ff'), ['confirmed', 0])
    await hashList.put(GUILD, [entry('00000000000000f0', 'dismissed')])
    assert.deepEqual(await match('00000000000000ff'), ['dismissed', 4])
  })

  it('uses the distance of each entry', async () => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed', 2)])
    assert.deepEqual(await match('00000000000000fc'), ['confirmed', 2])
    assert.equal(await match('00000000000000f8'), undefined)
  })

  it('matches cropped forms of either picture', async () => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed', 2, ['ffff000000000000'])])
    assert.deepEqual(await match('ffff000000000000'), ['confirmed', 0])
    assert.deepEqual(await match('0f0f0f0f0f0f0f0f', ['00000000000000ff']), ['confirmed', 0])
  })

  it('sees entries of another process at once', async () => {
    const other = new HashList(store, new GuildModeration(store))
    assert.equal(await match('00000000000000ff', [], other), undefined)
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed')])
    assert.deepEqual(await match('00000000000000ff', [], other), ['confirmed', 0])
    assert.equal(await hashList.remove(GUILD, ({ hash }) => hash === '00000000000000ff'), 1)
    assert.equal(await match('00000000000000ff', [], other), undefined)
  })

  it('applies its own changes to the list in memory, without loading it again', async (t) => {
    await hashList.put(GUILD, [entry('00000000000000ff', 'confirmed')])
    await match('00000000000000ff')
    const list = t.mock.method(hashList, 'list')
    await hashList.put(GUILD, [entry('ff00000000000000', 'confirmed')])
    await hashList.put(GUILD, [entry('00000000000000ff', 'dismissed')])
    assert.deepEqual(await match('ff00000000000000'), ['confirmed', 0])
    assert.deepEqual(await match('00000000000000ff'), ['dismissed', 0])
    assert.equal(list.mock.callCount(), 0)
    await hashList.remove(GUILD, ({ verdict }) => verdict === 'dismissed')
    assert.equal(await match('00000000000000ff'), undefined)
    assert.equal(list.mock.callCount(), 1, 'only to find what to remove')
  })

  it('loads it again after two processes changed it at once', async () => {
    const other = new HashList(store, new GuildModeration(store))
    await Promise.all([match('00000000000000ff'), match('00000000000000ff', [], other)])
    await Promise.all([
      hashList.put(GUILD, [entry('00000000000000ff', 'confirmed')]),
      other.put(GUILD, [entry('ff00000000000000', 'confirmed')]),
    ])
    for (const one of [hashList, other]) {
      assert.deepEqual(await match('00000000000000ff', [], one), ['confirmed', 0])
      assert.deepEqual(await match('ff00000000000000', [], one), ['confirmed', 0])
    }
  })

  it('takes entries until it is full, and then only those that replace one', async () => {
    const small = new HashList(store, guilds, 300)
    const many = Array.from({ length: 301 }, (_, i) =>
      entry(i.toString(16).padStart(16, '0'), 'imported'),
    )
    assert.equal(await small.put(GUILD, many), 300)
    const more = entry('ffffffffffffffff', 'confirmed')
    await assert.rejects(small.putOne(GUILD, more), InputError)
    assert.equal(await small.put(GUILD, [more, entry('0000000000000000', 'confirmed')]), 1)
    assert.deepEqual(await match('0000000000000000', [], small), ['confirmed', 0])
    assert.equal((await small.list(GUILD)).length, 300)
  })

  it('keeps servers apart', async () => {
    await hashList.put('100000000000000002', [entry('00000000000000ff', 'confirmed')])
    assert.equal(await match('00000000000000ff'), undefined)
  })

  it('expires 180 days after the last match', async () => {
    assert.equal(hashList.collection.ttlMs, 180 * DAY_MS)
    const old = { ...entry('00000000000000ff', 'confirmed'), seenAt: Date.now() - 2 * DAY_MS }
    await hashList.put(GUILD, [old])
    await match('00000000000000ff')
    const [now] = await hashList.list(GUILD)
    assert.ok(now && now.seenAt > old.seenAt, 'being seen renews it')
  })

  it('removes an entry that has expired since it was loaded', async (t) => {
    await hashList.put(GUILD, [
      entry('00000000000000ff', 'confirmed'),
      entry('00000000000000fc', 'confirmed'),
    ])
    assert.deepEqual(await match('00000000000000ff'), ['confirmed', 0])
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 100 * DAY_MS })
    assert.deepEqual(await match('00000000000000fc'), ['confirmed', 0], 'seen once more')
    t.mock.timers.setTime(Date.now() + 100 * DAY_MS)
    assert.deepEqual(await match('00000000000000ff'), ['confirmed', 2], 'only the other is left')
    t.mock.timers.setTime(Date.now() + 181 * DAY_MS)
    assert.equal(await match('00000000000000ff'), undefined)
    assert.deepEqual(await hashList.list(GUILD), [])
  })
})
