/** Requests that wait for a process when their person deletes their data or opts out. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import { EN } from '../../../commands/i18n/en.ts'
import { JOBS } from '../../../bot/jobs/job-record.ts'
import type { Member } from 'loopback-discord/client'
import { deletePrivacy, type PeopledBot, startPeopledBot } from '../../helpers/demo-bot.ts'
import { kept } from '../../helpers/held-bot.ts'

const MINUTE_MS = 60_000

describe('a request that waits for a process', () => {
  let peopled: PeopledBot

  before(async () => {
    peopled = await startPeopledBot()
  })
  after(() => peopled.demo.close())

  /** A message whose job another machine has. */
  async function wait(member: Member): Promise<APIMessage> {
    const asked = await member.say('what is it?')
    const { id, channel_id: channelId, author } = asked
    const answer = { to: 'message', channelId, messageId: id } as const
    const diesAt = Date.now() + 10 * MINUTE_MS
    const request = { kind: 'look', locale: 'en-US', asker: author.id }
    await peopled.demo.bot.store.collection(JOBS).set(id, {
      job: { id, answer, request, diesAt, subjects: [`user/${author.id}`, `message/${id}`] },
      owner: { host: 'elsewhere', pid: 1, instance: 'elsewhere' },
      leaseUntil: diesAt,
      attempts: 0,
      reply: null,
    })
    return asked
  }

  for (const [name, erase] of [
    ['/privacy delete', (member: Member) => deletePrivacy(member)],
    ['/privacy opt-out', (member: Member) => member.slash('privacy opt-out')],
  ] as const) {
    it(`is deleted by ${name}, and its person is told`, async () => {
      const { demo, ada, lin } = peopled
      const [asked, other] = [await wait(ada), await wait(lin)]
      await erase(ada)
      assert.equal((await ada.answerTo(asked)).content, EN.errors['conversation/deleted'])
      assert.deepEqual(await kept(demo, asked.id), [])
      assert.deepEqual(await kept(demo, other.id), [`jobs ${other.id}`], 'another person’s stays')
    })
  }
})
