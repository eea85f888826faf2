/** A message that is deleted while the bot is down, and whose job the next process goes on with. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { startSandbox } from 'loopback-discord'
import { startDemoBot, triangle } from '../../helpers/demo-bot.ts'
import { hold, idle, kept, leftOver, readRecord } from '../../helpers/held-bot.ts'
import { connectMember } from '../../helpers/members.ts'

describe('a message that is deleted while the bot is down', () => {
  it('is forgotten when the job about it is gone on with', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-deletion-'))
    const env = { SIGHTSEER_STORE: `sqlite:${path.join(folder, 'store.sqlite')}` }
    const sandbox = await startSandbox()
    try {
      const first = await startDemoBot(env, sandbox)
      const before = await first.join('ada')
      const held = hold(first, 'describe')
      const posted = await before.upload(triangle(), `<@${first.bot.client.user.id}>`)
      await held.reached
      const jobs = first.bot.store.collection({ name: 'jobs', ttlMs: 60_000, decode: readRecord })
      const job = await jobs.get(posted.id)
      held.release()
      await before.answerTo(posted)
      await idle(first)
      assert.notDeepEqual(await kept(first, posted.id), [])
      // As if the process had been killed before it could delete its job.
      await jobs.set(posted.id, { ...job, owner: null, leaseUntil: 0 })
      await first.close()

      const ada = await connectMember(sandbox.url)
      await ada.delete(posted)
      ada.close()
      const second = await startDemoBot(env, sandbox)
      try {
        await idle(second)
        assert.deepEqual(await leftOver(second, posted.channel_id), [])
      } finally {
        await second.close()
      }
    } finally {
      await sandbox.close()
      rmSync(folder, { recursive: true })
    }
  })
})
