/** What is stored about a person is found by their id, in a store of an earlier version too. */

import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import type { ChannelRecord } from '../../../bot/memory/conversation.ts'
import { peopleIn, recordsOf } from '../../../bot/memory/conversation-reading.ts'
import { ConversationStore } from '../../../bot/memory/conversation-store.ts'
import { Deletions } from '../../../bot/memory/deletions.ts'
import { Eraser } from '../../../bot/memory/eraser.ts'
import { GuildSettingsStore } from '../../../bot/memory/guild-settings.ts'
import { privacyService } from '../../../bot/memory/privacy.ts'
import { PendingDeletions } from '../../../bot/memory/pending-deletions.ts'
import { ConversationRecords } from '../../../bot/memory/records.ts'
import { UserStore } from '../../../bot/memory/user-store.ts'
import { openStore } from '../../../bot/store/store.ts'
import { type Database, sqliteFile } from '../../helpers/databases.ts'

const HOUR_MS = 3_600_000

/** A conversation that `shower` began about a picture of `author`, and that `asker` asked about. */
function channelOf(shower: string, author: string, asker: string): ChannelRecord {
  const at = Date.now()
  const turn = {
    id: 't',
    parent: null,
    question: 'q?',
    answer: 'a',
    by: asker,
    visibleTo: null,
    at,
  }
  const source = { channelId: '2', messageId: '3', authorId: author }
  const picture = { hash: 'h', key: 'p', name: 'n', spoiler: false, url: '', size: 1, source }
  const conversation = {
    id: 'c',
    picture,
    by: shower,
    visibleTo: null,
    at,
    until: at + HOUR_MS,
    descriptions: [],
    turns: [turn],
    answers: [],
  }
  return { talks: [conversation] }
}

async function deletePost(): Promise<void> {}

async function open(url: string) {
  const log = pino({ level: 'silent' })
  const store = await openStore({ url, log })
  const deletions = new Deletions()
  const users = new UserStore(store, deletions)
  const pending = new PendingDeletions({ store, log })
  const records = new ConversationRecords(store, { forget: async () => {} }, pending)
  const settings = new GuildSettingsStore(store, 24 * HOUR_MS)
  const pictures = { forget: async () => {}, clear: async () => {} }
  const moderation = { forgetGuild: async () => {}, forgetUser: async () => 0 }
  const jobs = { areStored: async () => false, forget: async () => {} }
  // The eraser needs no more of the pictures here.
  const eraser: Eraser = Reflect.construct(Eraser, [
    { records, deletions, pending, users, settings, pictures, moderation, deletePost, jobs },
  ])
  const memory = new ConversationStore(records)
  const privacy = privacyService({
    memory,
    users,
    settings,
    eraser,
    modelPlace: () => 'here',
  })
  return { store, users, records, privacy }
}

/** Gives a file the table of a version that knew no tags; its rows stay. */
function withoutTags(url: string): void {
  const database = new DatabaseSync(url.slice('sqlite:'.length))
  database.exec(`DROP TRIGGER keyv_untag; DROP TRIGGER keyv_drop_tags; DROP TABLE keyv_tags;
    DROP INDEX keyv_untagged_idx; ALTER TABLE keyv DROP COLUMN tagged`)
  database.close()
}

describe('the people of a channel’s record', () => {
  it('are those whose export it is part of', () => {
    const record = channelOf('ada', 'lin', 'mo')
    for (const id of ['ada', 'lin', 'mo']) {
      assert.equal(recordsOf(record, id).length, 1)
    }
    assert.deepEqual([...peopleIn(record)].toSorted(), ['ada', 'lin', 'mo'])
  })
})

for (const isEarlier of [false, true]) {
  describe(`/privacy on a store of ${isEarlier ? 'an earlier' : 'this'} version`, () => {
    let database: Database
    let bot: Awaited<ReturnType<typeof open>>

    before(async () => {
      database = sqliteFile()
      bot = await open(database.url)
      const { users, records } = bot
      await records.channels.set('1/2/', channelOf('ada', 'lin', 'mo'))
      await records.channels.set('1/3/', channelOf('mo', 'mo', 'mo'))
      await records.answers.set('1/2/a', {
        asker: 'ada',
        kind: 'describe',
        style: 'caption',
        hidden: false,
        asked: true,
        named: false,
        reposted: null,
        parts: [],
        suggestions: [],
      })
      await records.forms.set('1/2/3.f', { by: 'ada', pictures: [] })
      await users.countAnswer('1', 'ada', 5)
      await users.claimHint({ guildId: '1', channelId: '2' }, 'ada', '1')
      await users.storeLocale('ada', 'de', '1')
      if (isEarlier) {
        await bot.store.close()
        withoutTags(database.url)
        bot = await open(database.url)
      }
    })
    after(async () => {
      await bot.store.close()
      await database.stop()
    })

    const kindsOf = async (userId: string) =>
      (await bot.privacy.records(userId)).map((record) => ('kind' in record ? record.kind : '?'))

    it('exports everything about a person, and nothing else', async () => {
      const kinds = ['conversation', 'answer', 'uses', 'hint', 'language']
      assert.deepEqual(await kindsOf('ada'), kinds)
      assert.deepEqual(await kindsOf('lin'), ['conversation'])
      assert.deepEqual(await kindsOf('mo'), ['conversation', 'conversation'])
      assert.deepEqual(await kindsOf('eve'), [])
    })

    it('deletes everything about a person, and nothing else', async () => {
      const { privacy, records } = bot
      assert.equal(await privacy.forget('ada', '2'), 5)
      assert.deepEqual(await kindsOf('ada'), [])
      assert.deepEqual(await Array.fromAsync(records.forms.keys()), [])
      assert.deepEqual(await kindsOf('mo'), ['conversation', 'conversation'])
      assert.equal((await records.channels.get('1/2/'))?.talks[0]?.by, 'mo')
    })
  })
}
