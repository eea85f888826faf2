import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { type Conversation, EMPTY_CHANNEL } from '../../../bot/memory/conversation.ts'
import { withConversation } from '../../../bot/memory/conversation-changes.ts'
import { ConversationStore, type PublishedAnswer } from '../../../bot/memory/conversation-store.ts'
import { PendingDeletions } from '../../../bot/memory/pending-deletions.ts'
import { ConversationRecords } from '../../../bot/memory/records.ts'
import { openStore } from '../../../bot/store/store.ts'
import { FailingStore, type Operation } from '../../helpers/failing-store.ts'

const log = pino({ level: 'silent' })
const PLACE = { guildId: '1', channelId: '2' }
const TTL_MS = 60_000
const TALK: Conversation = {
  id: 'talk',
  picture: {
    hash: 'hash',
    key: 'picture',
    name: 'scene.png',
    spoiler: false,
    url: '',
    size: 1,
    source: { channelId: '2', messageId: '3', authorId: '4' },
  },
  by: 'ada',
  visibleTo: null,
  at: Date.now(),
  until: Date.now() + TTL_MS,
  descriptions: ['a star'],
  turns: [],
  answers: [],
}
const ANSWER: PublishedAnswer = {
  key: 'answer',
  message: '5',
  answer: {
    asker: 'ada',
    kind: 'describe',
    style: 'caption',
    hidden: false,
    asked: true,
    named: false,
    reposted: null,
    parts: [{ talk: 'talk', turn: null, number: null }],
    suggestions: [],
  },
  change: () => withConversation(EMPTY_CHANNEL, TALK),
  ttlMs: TTL_MS,
}

async function open() {
  const store = new FailingStore(await openStore({ url: 'memory:', log }))
  const pending = new PendingDeletions({ store, log })
  const records = new ConversationRecords(store, { forget: async () => {} }, pending)
  return { store, records, memory: new ConversationStore(records) }
}

describe('an answer that is remembered', () => {
  const failures = [
    ['messages', 'update'],
    ['answers', 'set'],
  ] as const satisfies readonly (readonly [string, Operation])[]
  for (const [collection, operation] of failures) {
    it(`leaves no conversation that a deletion cannot find: ${collection}, ${operation}`, async () => {
      const { store, records, memory } = await open()
      store.only = collection
      store.failing = new Set([operation])
      await assert.rejects(memory.remember(PLACE, ANSWER), /the store is away/)
      assert.deepEqual(await records.channel(PLACE), EMPTY_CHANNEL)
    })
  }

  it('is stored with what its deletion needs', async () => {
    const { records, memory } = await open()
    await memory.remember(PLACE, ANSWER)
    assert.equal((await records.channel(PLACE)).talks.length, 1)
    assert.deepEqual((await records.messages.get('1/2/3'))?.talks, ['talk'])
    assert.equal((await records.messages.get('1/2/5'))?.answer, 'answer')
  })

  it('leaves nothing where its conversation was forgotten meanwhile', async () => {
    const { records, memory } = await open()
    await memory.remember(PLACE, { ...ANSWER, change: (record) => record })
    assert.deepEqual(await Array.fromAsync(records.answers.entries()), [])
    assert.deepEqual(await Array.fromAsync(records.messages.entries()), [])
  })
})
