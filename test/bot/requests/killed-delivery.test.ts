/**
 * The process is killed before and after each of its writes to the store and each of its requests to
 * Discord while it answers a message. The next process leaves one message, the answer, however much
 * later it starts.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type APIMessage, Client, DefaultRestOptions, Routes } from 'discord.js'
import { pino } from 'pino'
import { ManualClock } from 'loopback-discord/clock'
import type { Member } from 'loopback-discord/client'
import type { Sandbox } from 'loopback-discord'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { EN } from '../../../commands/i18n/en.ts'
import { thisProcess } from '../../../bot/jobs/job-owner.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { Deletions } from '../../../bot/memory/deletions.ts'
import { Typing } from '../../../bot/messages/typing.ts'
import { RequestIntake } from '../../../bot/requests/submit.ts'
import type { RequestHandler } from '../../../bot/requests/handler.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { Life, mortalStore } from '../../helpers/mortal-store.ts'
import { connectMember } from '../../helpers/members.ts'

const log = pino({ level: 'silent' })
const MINUTE_MS = 60_000
const WAITING = EN.waiting.place(59)
const ANSWER = 'a cat'

describe('an answer to a message', () => {
  // The messages are old enough for the time that passes between two processes.
  const clock = new ManualClock(Date.now() - 60 * MINUTE_MS)
  let sandbox: Sandbox
  let ada: Member

  before(async () => {
    sandbox = await startWatchedSandbox({ clock, rateLimits: 'off' })
    ada = await connectMember(sandbox.url)
  })
  after(async () => {
    ada.close()
    await sandbox.close()
  })

  /** A process that answers each request by its progress and then, unless it hangs, the answer. */
  function start(store: Store, life: Life, instance: string, hangs = false) {
    const client = new Client({
      intents: [],
      rest: {
        api: sandbox.api,
        makeRequest: async (...request) => {
          await life.write(async () => {})
          const response = await DefaultRestOptions.makeRequest(...request)
          await life.write(async () => {})
          return response
        },
      },
    })
    client.rest.setToken(sandbox.token)
    // As after the login.
    Reflect.set(client, 'user', { id: sandbox.world.application.id })
    const handler: Pick<RequestHandler, 'handle'> = {
      handle: async (_request, _job, { delivery }) => {
        await delivery.finish({ content: WAITING })
        await (hangs ? new Promise(() => {}) : undefined)
        await delivery.finish({ content: ANSWER })
      },
    }
    const owner = { ...thisProcess(), pid: 2 ** 22 + 1, instance }
    const jobs = new Jobs({ store: mortalStore(store, life), log, owner })
    const intake: RequestIntake = Reflect.construct(RequestIntake, [
      {
        client,
        jobs,
        handler,
        deletions: new Deletions(),
        questionCheck: { demandKnown: async () => {} },
        typing: new Typing(client.rest),
        log,
      },
    ])
    return { jobs, intake, rest: client.rest }
  }

  /** The next process: takes over what the one before left, and ends when that is done. */
  async function goOn(store: Store): Promise<void> {
    const next = start(store, new Life(Infinity), 'next')
    await next.jobs.resume(
      (job, context) => next.intake.carryOut(job, context),
      (job, context, outcome) => next.intake.giveUp(job, context, outcome),
    )
    await next.jobs.stop(10_000)
  }

  async function ask(
    intake: RequestIntake,
    { id, channel_id: channelId, author }: APIMessage,
    asked = true,
  ) {
    const guildId = sandbox.world.guild.id
    const message = { id, channelId, guildId, author: { id: author.id } }
    const talk = { talk: 'talk', turn: null }
    const question = { question: 'what is it?', quoted: false, named: false, asked }
    await intake.submitMessage(message, { kind: 'ask', ...talk, ...question }, 'en-US')
  }

  /** What the channel shows in reply to a message. */
  function repliesTo({ id }: APIMessage): string[] {
    return sandbox.world
      .history(ada.channelId)
      .filter(({ reference }) => reference?.messageId === id)
      .map(({ content }) => content)
  }

  it('leaves the answers of other jobs to the same message as they are', async () => {
    const store = await openStore({ url: 'memory:', log })
    const asked = await ada.say('what is it?')
    const first = start(store, new Life(3), 'first') // it posts, and does not hear of it
    await assert.rejects(ask(first.intake, asked))
    const { rest } = start(store, new Life(Infinity), 'other')
    const custom = { type: 2, style: 2, label: 'Ask…', custom_id: 'answer:other:ask' }
    for (const other of [
      { content: 'progress of another job', nonce: 'another job' },
      { content: 'another answer', components: [{ type: 1, components: [custom] }] },
    ]) {
      const reference = { message_id: asked.id }
      const body = { ...other, message_reference: reference }
      await rest.post(Routes.channelMessages(asked.channel_id), { body })
    }
    clock.advance(4 * MINUTE_MS)
    await goOn(store)
    assert.deepEqual(repliesTo(asked), [ANSWER, 'progress of another job', 'another answer'])
    await store.close()
  })

  it('that nobody asked for keeps its progress at a stop, and becomes the answer', async () => {
    const store = await openStore({ url: 'memory:', log })
    const asked = await ada.say('what is it?')
    const first = start(store, new Life(Infinity), 'first', true)
    const stopped = assert.rejects(ask(first.intake, asked, false), /restarts/)
    await ada.until(
      ({ message: now }) =>
        now?.message_reference?.message_id === asked.id && now.content === WAITING,
    )
    await first.jobs.stop(1)
    await stopped
    assert.deepEqual(repliesTo(asked), [WAITING])
    await goOn(store)
    assert.deepEqual(repliesTo(asked), [ANSWER])
    await store.close()
  })

  for (const minutes of [4, 0]) {
    it(`is one message when the next process starts ${minutes} minutes after the kill`, async () => {
      if (minutes === 0) {
        // Now the messages are new, so that only the nonce finds the reply.
        clock.advance(Date.now() - clock.now())
      }
      let moment = 0
      for (let isKilled = true; isKilled;) {
        moment += 1
        const store = await openStore({ url: 'memory:', log })
        const asked = await ada.say('what is it?')
        const first = start(store, new Life(moment), 'first')
        isKilled = await ask(first.intake, asked).then(
          () => false,
          () => true,
        )
        clock.advance(minutes * MINUTE_MS)

        await goOn(store)
        // Before the first write nothing is stored, and nothing was shown.
        const expected = moment === 1 ? [] : [ANSWER]
        assert.deepEqual(repliesTo(asked), expected, `the kill at moment ${moment}`)
        await store.close()
      }
      assert.ok(moment > 6, 'there are many moments')
    })
  }
})
