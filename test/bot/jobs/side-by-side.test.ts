/** Two processes side by side, as during an update: the one that hears of a message late. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { Client, type Message } from 'discord.js'
import { pino } from 'pino'
import { createApp } from '../../../bot/app.ts'
import { thisProcess } from '../../../bot/jobs/job-owner.ts'
import { type Job, JOBS } from '../../../bot/jobs/job-record.ts'
import { JobTakenError, RestartingError } from '../../../bot/jobs/job-context.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { type DemoBot, scene, startDemoBot } from '../../helpers/demo-bot.ts'
import { idle, leftOver } from '../../helpers/held-bot.ts'

const log = pino({ level: 'silent' })
const MINUTE_MS = 60_000

const TOKEN = 'what answers the interaction'
const job: Job = {
  id: '71',
  answer: { to: 'interaction', applicationId: '1', token: TOKEN },
  request: 'what is it?',
  diesAt: Date.now() + 60 * MINUTE_MS,
  subjects: ['user/3', 'member/2/3', 'channel/2', 'guild/9'],
}

function noPicture(): never {
  assert.fail('it is described again')
}

async function untold(): Promise<never> {
  assert.fail('nobody waits')
}

/** Jobs of another process on the same store. */
function jobsOf(store: Store, instance: string): Jobs {
  return new Jobs({ store, log, owner: { ...thisProcess(), instance } })
}

describe('a job that another process finished', () => {
  let store: Store

  beforeEach(async () => {
    store = await openStore({ url: 'memory:', log })
  })
  afterEach(() => store.close())

  it('is done by no other, also when that one stops, until nobody can hear of it any more', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
    await jobsOf(store, 'first').run(job, ({ finish }) => finish())
    const [second, stopping] = [jobsOf(store, 'second'), jobsOf(store, 'stopping')]
    await stopping.stop(0)
    for (const jobs of [second, stopping]) {
      await assert.rejects(
        jobs.run(job, async () => assert.fail('it is done twice')),
        JobTakenError,
      )
    }
    await second.resume(
      async () => assert.fail('it is resumed'),
      async () => assert.fail('it is given up'),
    )
    await second.stop(0)
    t.mock.timers.tick(2 * MINUTE_MS)
    await assert.rejects(
      stopping.run(job, async () => {}),
      RestartingError,
    )
  })

  it('has no request, no token and no place any more, and is deleted with its person', async () => {
    const jobs = jobsOf(store, 'first')
    await jobs.run(job, ({ finish }) => finish())
    const raw = store.collection({
      name: JOBS.name,
      ttlMs: 1,
      decode: (data) => JSON.stringify(data),
    })
    const [[, text] = []] = await Array.fromAsync(raw.entries())
    assert.match(text ?? '', /user\/3/)
    assert.doesNotMatch(text ?? '', /what|guild|channel\/|member/)
    await jobs.forget({ subjects: ['user/3'], before: '70' }, untold)
    assert.equal(await jobs.areStored('user/3'), true, 'it came after the deletion')
    await jobs.forget({ subjects: ['user/3'], before: '72' }, untold)
    assert.equal(await jobs.areStored('user/3'), false)
  })

  it('is not stored at all if its work fails before it is finished', async () => {
    const jobs = jobsOf(store, 'first')
    const failed = jobs.run(job, async () => {
      throw new Error('broken')
    })
    await assert.rejects(failed, /broken/)
    assert.equal(await jobs.areStored('user/3'), false)
  })

  it('stays finished when the process that had taken it over goes on', async (t) => {
    const held = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const first = jobsOf(store, 'first').run(job, async ({ finish }) => {
      begun.resolve()
      await held.promise
      await finish()
    })
    await begun.promise
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + MINUTE_MS })
    const second = jobsOf(store, 'second')
    const taken = Promise.withResolvers<void>()
    await second.resume(
      async () => {
        taken.resolve()
        await new Promise(() => {})
      },
      async () => {},
    )
    await taken.promise
    held.resolve()
    await first
    await second.stop(1)
    await assert.rejects(
      jobsOf(store, 'third').run(job, async () => assert.fail('it is done again')),
      JobTakenError,
    )
  })
})

describe('a message that a second process hears after the first one answered it', () => {
  let demo: DemoBot

  before(async () => {
    demo = await startDemoBot()
  })
  after(() => demo.close())

  /** Hears it in a process that is stopping. */
  async function hearLate(message: Message): Promise<void> {
    const { store, model } = demo.bot
    const jobs = jobsOf(store, 'second')
    await jobs.stop(0)
    const deps = { model, fetchPicture: noPicture, store, jobs, retentionMs: MINUTE_MS, log }
    const app = createApp(new Client({ intents: [] }), deps)
    await app.messages.onMessage(message, () => {})
  }

  it('gets no second answer, and is not told of the restart', async () => {
    const ada = await demo.join('ada')
    const asked = await ada.upload(scene(), `<@${demo.bot.client.user.id}>`)
    await ada.answerTo(asked)
    await idle(demo)
    const channel = await demo.bot.client.channels.fetch(asked.channel_id)
    assert.ok(channel?.isTextBased())
    const message = await channel.messages.fetch(asked.id)
    await assert.rejects(hearLate(message), JobTakenError)
    await ada.delete(asked)
    assert.deepEqual(await leftOver(demo, asked.id), [])
  })
})
