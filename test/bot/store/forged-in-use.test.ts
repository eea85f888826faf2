/** What the bot does with forged records of an encrypted store, collection by collection. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import { DAY_MS } from '../../../config/durations.ts'
import { JobLeases } from '../../../bot/jobs/job-leases.ts'
import { Deletions } from '../../../bot/memory/deletions.ts'
import { type PendingDeletion, PendingDeletions } from '../../../bot/memory/pending-deletions.ts'
import { UserStore } from '../../../bot/memory/user-store.ts'
import { hashEntryOf } from '../../../bot/moderation/hashes/hash-entry.ts'
import { HashList } from '../../../bot/moderation/hashes/hash-list.ts'
import { GuildModeration } from '../../../bot/moderation/settings.ts'
import type { Backend } from '../../../bot/store/backends/backend.ts'
import { openSqlite } from '../../../bot/store/backends/sqlite.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { type Database, sqliteFile } from '../../helpers/databases.ts'

const log = pino({ level: 'silent' })
const NOT_AUTHENTIC = { name: 'NotAuthenticError' }
const GUILD = '100000000000000001'

function ownerOf(instance: string) {
  return { host: 'h', pid: 1, instance }
}

describe('a forged record', { timeout: 60_000 }, () => {
  let database: Database
  let backend: Backend
  let store: Store

  const forge = (key: string) =>
    backend.write(key, { value: '{"value":{"at":1}}', expires: Date.now() + 2 * DAY_MS })

  before(async () => {
    database = sqliteFile()
    store = await openStore({ url: database.url, keys: [randomBytes(32)], log })
    backend = await openSqlite(database.url, () => {})
  })
  after(async () => {
    await backend.close()
    await store.close()
    await database.stop()
  })

  it('neither opts a person out nor, in the place of an opt-out, lets anything be stored', async () => {
    const users = new UserStore(store, new Deletions())
    await users.setOptOut('1', true)
    await forge('opt-outs/1')
    await assert.rejects(users.hasOptedOut('1'), NOT_AUTHENTIC)
    await users.setOptOut('1', true)
    assert.equal(await users.hasOptedOut('1'), true)
  })

  it('stops no other deletion, and is not forgotten', async () => {
    const pending = new PendingDeletions({ store, log })
    const [interrupted, repeated]: [PendingDeletion, PendingDeletion[]] = [
      { kind: 'guild', guildId: GUILD, before: '1' },
      [],
    ]
    await assert.rejects(pending.run(interrupted, () => Promise.reject(new Error('killed'))))
    await forge('deletions/forged')
    await pending.resume(async (deletion) => void repeated.push(deletion))
    assert.deepEqual(repeated, [interrupted])
    assert.deepEqual(await Array.fromAsync(backend.keys('deletions/')), ['deletions/forged'])
    pending.stop()
  })

  it('leaves a deletion that failed before the others are resumed', async () => {
    await backend.delete('deletions/forged')
    const pending = new PendingDeletions({ store, log, retryAfterMs: 1 })
    const deletion: PendingDeletion = { kind: 'guild', guildId: GUILD, before: '1' }
    await assert.rejects(pending.run(deletion, () => Promise.reject(new Error('killed'))))
    await wait(20) // several times the pause
    const repeated: PendingDeletion[] = []
    await pending.resume(async (one) => void repeated.push(one))
    assert.deepEqual(repeated, [deletion])
    pending.stop()
  })

  it('keeps a deletion pending, of which the operator is told at once and once a day', async (t) => {
    await backend.delete('deletions/forged')
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const lines: string[] = []
    const logged = pino({}, { write: (line: string) => lines.push(line) })
    const users = new UserStore(store, new Deletions())
    const pending = new PendingDeletions({ store, log: logged, retryAfterMs: 1 })
    await forge('opt-outs/2')
    const attempts: number[] = []
    const blocked = async () => {
      attempts.push(Date.now())
      await users.hasOptedOut('2')
    }
    await assert.rejects(pending.run({ kind: 'user', userId: '2', before: '1' }, blocked), {
      name: 'PendingDeletionError',
    })
    await pending.resume(blocked)
    const told = () =>
      lines.filter((line) => /are pending.*npm run store -- check --delete/.test(line))
    assert.equal(told().length, 1)
    t.mock.timers.tick(DAY_MS)
    const repeated = attempts.length + 5
    while (attempts.length < repeated) {
      await wait(1)
    }
    assert.equal(told().length, 2)
    await backend.delete('opt-outs/2')
    while (!(await backend.keys('deletions/').next()).done) {
      await wait(1)
    }
    pending.stop()
  })

  it('does not keep abandoned jobs from being found', async () => {
    const answer = { to: 'message', channelId: '1', messageId: '1' } as const
    const job = { id: '1', answer, request: null, diesAt: Date.now() + 60_000 }
    const record = { job, owner: null, leaseUntil: 0, attempts: 0, reply: null }
    const earlier = new JobLeases(store, ownerOf('earlier'), log)
    await earlier.claim(job, record)
    await earlier.handBack(job, false)
    await forge('jobs/2')
    const abandoned = await Array.fromAsync(new JobLeases(store, ownerOf('later'), log).abandoned())
    assert.deepEqual(
      abandoned.map(({ job: { id } }) => id),
      ['1'],
    )
  })

  it('does not switch off the hash list', async () => {
    const guilds = new GuildModeration(store)
    const print = {
      whole: '0f0f0f0f0f0f0f0f',
      mirrored: '5555555555555555',
      cropped: [],
      detail: '',
    }
    const basis = { verdict: 'confirmed', distance: 2, by: '9', caseId: null, note: '' } as const
    await new HashList(store, guilds).putOne(GUILD, hashEntryOf(print, basis))
    await forge(`moderation-hashes/${GUILD}/hmac.forged`)
    const hashList = new HashList(store, guilds)
    const { hashListVersion } = await guilds.of(GUILD)
    assert.equal((await hashList.match(GUILD, print, hashListVersion))?.entry.verdict, 'confirmed')
  })
})
