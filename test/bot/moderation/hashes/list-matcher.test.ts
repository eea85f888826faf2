/** An entry of a hash list whose words are not known gets them from its case. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import type { FoundPicture } from '../../../../commands/picture.ts'
import { MINUTE_MS } from '../../../../config/durations.ts'
import { type HashEntry, hashEntryOf } from '../../../../bot/moderation/hashes/hash-entry.ts'
import { HashList } from '../../../../bot/moderation/hashes/hash-list.ts'
import { type CaseReading, ListMatcher } from '../../../../bot/moderation/hashes/list-matcher.ts'
import type { PictureWords } from '../../../../bot/moderation/hashes/picture-words.ts'
import { sketchOf } from '../../../../bot/moderation/hashes/word-sketch.ts'
import { GuildModeration } from '../../../../bot/moderation/settings.ts'
import { openStore } from '../../../../bot/store/store.ts'
import type { Store } from '../../../../bot/store/types.ts'

const guildId = '100000000000000001'
const LISTED = print('0'.repeat(256))
const PICTURE: FoundPicture = {
  key: 'other.png',
  url: 'https://cdn.example/other.png',
  size: 0,
  name: 'other.png',
  spoiler: false,
  altText: null,
  source: null,
}
const POSTED = { picture: PICTURE, print: print('5'.repeat(256)) }

/** Pictures on one template whose details differ. */
function print(detail: string) {
  const whole = '00000000000000ff'
  return { whole, mirrored: '5555555555555555', cropped: [], detail }
}

describe('ListMatcher', () => {
  let store: Store
  let guilds: GuildModeration
  let hashList: HashList
  let entry: HashEntry
  /** What each reading of the case waits for, and how often it was read. */
  let reader: Promise<CaseReading>
  let readings: number
  let matcher: ListMatcher

  before(async () => {
    store = await openStore({ url: 'memory:', log: pino({ level: 'silent' }) })
  })
  after(() => store.close())
  beforeEach(async () => {
    guilds = new GuildModeration(store)
    hashList = new HashList(store, guilds)
    await hashList.deleteGuild(guildId)
    const decision = { verdict: 'confirmed', by: '9', caseId: '3', note: '' } as const
    entry = hashEntryOf(LISTED, { ...decision, distance: 6 })
    await hashList.put(guildId, [entry])
    reader = Promise.resolve('ended')
    readings = 0
    const words: Pick<PictureWords, 'ofPicture'> = {
      ofPicture: async () => sketchOf(['my cat never reads the manual before lunch']),
    }
    const readCase = async () => {
      readings += 1
      const outcome = await reader
      if (outcome === 'ended') {
        const sketch = sketchOf(['claim your bonus of 5600 USDT with the code LUCKY7'])
        await hashList.setWords(guildId, entry, { sketch, of: '7' })
      }
      return outcome
    }
    matcher = new ListMatcher({ guilds, hashList, words, readCase })
  })

  const relation = async () => (await matcher.match(POSTED, { guildId, memberId: '8' }))?.relation

  it('has pictures that come together wait for one reading of the case', async () => {
    const reads = Promise.withResolvers<CaseReading>()
    reader = reads.promise
    const relations = Promise.all([relation(), relation(), relation()])
    reads.resolve('ended')
    assert.deepEqual(await relations, ['other', 'other', 'other'])
    assert.equal(readings, 1)
  })

  it('reads the case again after some minutes, and then after an hour', async (t) => {
    let now = performance.now()
    t.mock.method(performance, 'now', () => now)
    const pass = async (minutes: number) => {
      now += minutes * MINUTE_MS
      await wait(5) // the cache looks at the time once a millisecond
    }
    reader = Promise.resolve('unread')
    assert.deepEqual([await relation(), await relation()], ['resembles', 'resembles'])
    assert.equal(readings, 1)
    await pass(10)
    assert.deepEqual([await relation(), await relation()], ['resembles', 'resembles'])
    assert.equal(readings, 2)
    await pass(10)
    assert.equal(await relation(), 'resembles')
    assert.equal(readings, 2)
    await pass(60)
    reader = Promise.resolve('ended')
    assert.equal(await relation(), 'other')
    assert.equal(readings, 3)
  })

  it('tries no other picture at once where the case cannot be read at all', async () => {
    reader = Promise.reject(new Error('no store'))
    reader.catch(() => {}) // by whoever has it read
    const [first, second] = await Promise.allSettled([relation(), relation()])
    assert.equal(first.status, 'rejected')
    assert.deepEqual(second, { status: 'fulfilled', value: 'resembles' })
    assert.equal(readings, 1)
  })
})
