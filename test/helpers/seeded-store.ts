/** A store with a record of everything that a deletion can delete. */

import { pino } from 'pino'
import { JOBS } from '../../bot/jobs/job-record.ts'
import { Jobs } from '../../bot/jobs/jobs.ts'
import type { Conversation } from '../../bot/memory/conversation.ts'
import { withConversation } from '../../bot/memory/conversation-changes.ts'
import { ConversationStore } from '../../bot/memory/conversation-store.ts'
import { Deletions } from '../../bot/memory/deletions.ts'
import { PendingDeletions } from '../../bot/memory/pending-deletions.ts'
import { ConversationRecords } from '../../bot/memory/records.ts'
import { searchableKey } from '../../bot/find/searchable.ts'
import { UserStore } from '../../bot/memory/user-store.ts'
import type { Store } from '../../bot/store/types.ts'

const log = pino({ level: 'silent' })
const DAY_MS = 24 * 60 * 60 * 1000

export const GUILD = '71001'
/** Where the picture was posted, and another channel in which it was asked about by its link. */
export const [HERE, THERE] = ['72001', '72002'].map((channelId) => ({ guildId: GUILD, channelId }))
const ELSEWHERE = { guildId: '71002', channelId: '72009' }
export const [ADA, LIN] = ['73001', '73002'] as const
/** Messages with a picture here, in the other channel, and on the other server. */
export const [POSTED, OTHERS, UNRELATED] = ['74001', '74002', '74009'] as const

/** A message of Lin's that waits for its answer, and one that was answered just now. */
export const [WAITS, ANSWERED] = ['76001', '76002'] as const

/**
 * Writes conversations, answers and what else there is, as the bot does.
 *
 * @param now a snowflake of this moment.
 */
export async function seed(store: Store, now: string): Promise<void> {
  const pending = new PendingDeletions({ store, log })
  const records = new ConversationRecords(store, { forget: async () => {} }, pending)
  const memory = new ConversationStore(records)
  const users = new UserStore(store, new Deletions())
  const place = { here: HERE!, there: THERE!, elsewhere: ELSEWHERE }
  const remember = (
    where: keyof typeof place,
    talk: string,
    answer: { message: string; key: string; asker: string; from: string; turn?: string },
  ) =>
    memory.remember(place[where], {
      key: answer.key,
      message: answer.message,
      ttlMs: DAY_MS,
      answer: {
        asker: answer.asker,
        kind: 'describe',
        style: 'caption',
        hidden: false,
        asked: true,
        named: false,
        reposted: null,
        parts: [{ talk, turn: answer.turn ?? null, number: null }],
        suggestions: [{ part: 0, question: `about ${talk}?` }],
      },
      change: (record) => {
        const known = record.talks.find(({ id }) => id === talk)
        const next = known ?? conversation(talk, answer.asker, answer.from)
        const turns = answer.turn === undefined ? next.turns : [turn(answer.turn, answer.asker)]
        return withConversation(record, { ...next, turns })
      },
    })
  const posted = `${HERE!.channelId}/${POSTED}`
  await remember('here', 'talk-here', {
    message: '75001',
    key: 'answer-here',
    asker: ADA,
    from: posted,
  })
  await remember('here', 'talk-here', {
    message: '75002',
    key: 'answer-question',
    asker: LIN,
    from: posted,
    turn: 'turn',
  })
  await remember('there', 'talk-there', {
    message: '75004',
    key: 'answer-there',
    asker: ADA,
    from: posted,
  })
  const others = `${THERE!.channelId}/${OTHERS}`
  await remember('here', 'talk-others', {
    message: '75003',
    key: 'answer-others',
    asker: LIN,
    from: others,
  })
  const unrelated = `${ELSEWHERE.channelId}/${UNRELATED}`
  await remember('elsewhere', 'talk-elsewhere', {
    message: '75009',
    key: 'answer-elsewhere',
    asker: ADA,
    from: unrelated,
  })
  await memory.saveForm(HERE!, `${POSTED}.form-here`, { by: LIN, pictures: [] })
  for (const user of [ADA, LIN]) {
    await users.countAnswer(GUILD, user, 5)
    await users.claimHint(HERE!, user, now)
    await users.storeLocale(user, 'de', now)
  }
  const seen = [
    [HERE!, POSTED, ADA, 'seen-here'],
    [THERE!, OTHERS, LIN, 'seen-there'],
    [ELSEWHERE, UNRELATED, ADA, 'seen-elsewhere'],
  ] as const
  for (const [where, messageId, author, words] of seen) {
    const key = searchableKey(where, messageId, 'picture')
    const meaning = { space: 'space', mean: 'AAAA' }
    const fields = { spoiler: false, words: [words], at: Date.now(), meaning }
    const record = { author, picture: 'picture', ...fields }
    await records.searchable.set(key, record, { vectors: 'AAAA', ttlMs: DAY_MS })
  }
  await seedJobs(store)
  await seedModeration(store)
}

/** A request that waits for a process, and one that was finished. */
async function seedJobs(store: Store): Promise<void> {
  const owner = { host: 'elsewhere', pid: 1, instance: 'earlier' }
  const jobs = new Jobs({ store, log, owner })
  const { channelId } = HERE!
  const jobOf = (messageId: string) => ({
    id: messageId,
    answer: { to: 'message' as const, channelId, messageId },
    request: { asker: LIN, place: HERE, question: 'what is not answered yet?' },
    diesAt: Date.now() + DAY_MS,
    subjects: [
      `channel/${channelId}`,
      `user/${LIN}`,
      `member/${channelId}/${LIN}`,
      `guild/${GUILD}`,
      `message/${messageId}`,
    ],
  })
  await jobs.run(jobOf(ANSWERED), ({ finish }) => finish())
  const stored = store.collection(JOBS)
  // It is remembered for two minutes, and a test on a slow machine takes longer.
  await stored.update(ANSWERED, (finished) => finished, DAY_MS)
  const record = { owner, leaseUntil: 0, attempts: 0, reply: '75004' }
  await stored.set(WAITS, { job: jobOf(WAITS), ...record }, DAY_MS)
}

/** Records of moderation, by their keys. */
async function seedModeration(store: Store): Promise<void> {
  const raw = (name: string) =>
    store.collection<unknown>({ name, ttlMs: DAY_MS, decode: (data) => data })
  await raw('guilds').set(GUILD, { at: Date.now() })
  await raw('settings').set(GUILD, { settings: {}, at: Date.now() })
  await raw('moderation').set(GUILD, { settings: {}, list: 0, at: Date.now() })
  await raw('moderation-recent').set(`${GUILD}/${LIN}`, [])
  await raw('moderation-reports').set(`${GUILD}/${ADA}`, { at: Date.now() })
}

/** @param from channel and message of its picture. */
function conversation(id: string, by: string, from: string): Conversation {
  const [channelId = '', messageId = ''] = from.split('/')
  const source = { channelId, messageId, authorId: ADA }
  const picture = { key: 'picture', name: 'a.png', spoiler: false, url: '', size: 1, source }
  return {
    id,
    picture: { ...picture, hash: `hash-${id}` },
    by,
    visibleTo: null,
    at: Date.now(),
    until: Date.now() + DAY_MS,
    descriptions: ['a star'],
    turns: [],
    answers: [],
  }
}

function turn(id: string, by: string): Conversation['turns'][number] {
  const [question, answer] = ['what does Lin ask?', 'nothing']
  return { id, parent: null, question, answer, by, visibleTo: null, at: Date.now() }
}
