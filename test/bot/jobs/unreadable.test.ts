/** A job whose request another version of the bot stored. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { startSandbox } from 'loopback-discord'
import { JOBS } from '../../../bot/jobs/job-record.ts'
import { openStore } from '../../../bot/store/store.ts'
import { sqliteFile } from '../../helpers/databases.ts'
import { startDemoBot } from '../../helpers/demo-bot.ts'
import { connectMember } from '../../helpers/members.ts'

describe('a stored request that cannot be read', () => {
  it('is told to the person who waits, in their language', async () => {
    const database = sqliteFile()
    const sandbox = await startSandbox()
    const ada = await connectMember(sandbox.url)
    try {
      const asked = await ada.say('what is it?')
      const other = await ada.say('and that?')
      const store = await openStore({ url: database.url, log: pino({ level: 'silent' }) })
      const jobs = store.collection(JOBS)
      const requests = [
        [asked, { kind: 'look', locale: 'zh-CN' }],
        [other, 'nothing that is known'],
      ] as const
      for (const [{ id, channel_id: channelId }, request] of requests) {
        const answer = { to: 'message', channelId, messageId: id } as const
        const job = { id, answer, request, diesAt: Date.now() + 60_000 }
        await jobs.set(id, { job, owner: null, leaseUntil: 0, attempts: 0, reply: null })
      }
      await store.close()
      const demo = await startDemoBot({ SIGHTSEER_STORE: database.url }, sandbox)
      try {
        const chinese = await ada.answerTo(asked)
        assert.equal(chinese.content, ZH.errors['restart/ask-again'])
        assert.equal((await ada.answerTo(other)).content, EN.errors['restart/ask-again'])
      } finally {
        await demo.close()
      }
    } finally {
      ada.close()
      await sandbox.close()
      await database.stop()
    }
  })
})
