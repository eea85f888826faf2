/** Waiting: it is seen at once, the place in the line is shown, and a full line says so. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type APIMessage, type Client, MessageFlags } from 'discord.js'
import { pino } from 'pino'
import type { Member } from 'loopback-discord/client'
import { type Sandbox, startSandbox } from 'loopback-discord'
import { connect } from '../../../bot/discord/client.ts'
import { dispatch } from '../../../bot/dispatch.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { createMetrics } from '../../../bot/operations/metrics.ts'
import { createPictureFetcher } from '../../../bot/pictures/download.ts'
import { openStore } from '../../../bot/store/store.ts'
import type { Store } from '../../../bot/store/types.ts'
import { MORE } from '../../../bot/requests/growing.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { InputError } from '../../../config/errors.ts'
import { findModel } from '../../../config/models.ts'
import { openModel } from '../../../inference/model.ts'
import type { Model, RequestOptions } from '../../../inference/contract/types.ts'
import { hearts, scene, triangle } from '../../helpers/demo-bot.ts'
import { connectMember, isProgress } from '../../helpers/members.ts'

const log = pino({ level: 'silent' })

/** Discord's users are shown progress no more often than this. */
const PACE_MS = 2000

/** Holds every picture up in front of the real model until the test lets it go. */
type Gate = {
  /** Resolves once someone waits. */
  readonly reached: PromiseWithResolvers<RequestOptions>
  readonly open: PromiseWithResolvers<void>
}

describe('waiting', { timeout: 120_000 }, () => {
  let sandbox: Sandbox
  let model: Model
  let store: Store
  let client: Client<true>
  let ada: Member
  let gate: Gate | undefined

  before(async () => {
    sandbox = await startSandbox()
    model = await openModel(findModel('demo'), {
      threads: 1,
      queueLimit: 1,
      maxSequences: 1,
      maxImages: 1,
    })
    store = await openStore({ url: 'memory:', log })
    const held: Model = {
      ...model,
      describe: async (image, options = {}) => {
        gate?.reached.resolve(options)
        await gate?.open.promise
        return model.describe(image, options)
      },
    }
    const parts = {
      model: held,
      store,
      jobs: new Jobs({ store, log }),
      fetchPicture: createPictureFetcher({ origins: [sandbox.cdn] }),
      retentionMs: 60_000,
      metrics: createMetrics(),
      log,
    }
    const { token, api } = sandbox
    client = await connect({ token, api, log, listen: (fresh) => void dispatch(fresh, parts) })
    ada = await connectMember(sandbox.url)
  })
  after(async () => {
    gate?.open.resolve()
    ada.close()
    await client.destroy()
    await model.close()
    await store.close()
    await sandbox.close()
  })
  beforeEach(() => {
    gate = { reached: Promise.withResolvers(), open: Promise.withResolvers() }
  })

  /** What a message was, from its first state to its last. */
  function states({ id }: { readonly id: string }): APIMessage[] {
    return ada.events.flatMap(({ message }) => (message?.id === id ? [message] : []))
  }

  /** The reply that says how long it takes. */
  async function progressOf({ id }: APIMessage): Promise<APIMessage> {
    const { message } = await ada.until(
      ({ message: now }) => now?.message_reference?.message_id === id && isProgress(now),
    )
    return message!
  }

  it('shows the bot thinking at once, then the place in the line, then the answer', async () => {
    await ada.use('describe', { image: scene() })
    const { onPosition, deadline, signal, urgency, user } = await gate!.reached.promise
    const asked = performance.now()
    onPosition?.(4)
    onPosition?.(2)
    const { message } = await ada.until(
      ({ message: now }) => now?.content.includes('line') ?? false,
    )
    assert.equal(message?.content, EN.waiting.place(3))
    assert.ok(message)
    assert.ok(performance.now() - asked >= PACE_MS - 1)
    onPosition?.(1)
    onPosition?.(0)
    await ada.changed(message, ({ content }) => content === EN.waiting.place(1))
    assert.ok(performance.now() - asked >= 2 * PACE_MS - 2)
    gate!.open.resolve()
    const answer = await ada.changed(message, ({ content }) => content.includes('star'))
    const seen = states(answer)
    assert.equal((seen[0]?.flags ?? 0) & MessageFlags.Loading, MessageFlags.Loading)
    assert.deepEqual(
      seen.slice(1).map(({ content }) => content.includes('line')),
      [true, true, false],
    )
    assert.match(seen.at(-1)!.content, /yellow star/)

    assert.equal(urgency, 'interactive')
    assert.equal(user, ada.id)
    assert.equal(signal?.aborted, false)
    const left = deadline! - Date.now()
    assert.ok(left > 10 * 60_000 && left < 15 * 60_000, 'within the life of the token')
  })

  it('a reply waits with the same words, in one message', async () => {
    const asked = await ada.upload(triangle(), `<@${client.user.id}>`)
    const { onPosition, urgency } = await gate!.reached.promise
    assert.equal(urgency, 'normal')
    onPosition?.(0)
    const waiting = await progressOf(asked)
    assert.equal(waiting.content, EN.waiting.place(1))
    gate!.open.resolve()
    const answer = await ada.changed(waiting, ({ content }) => /green triangle/.test(content))
    assert.equal(answer.id, waiting.id)
    assert.match((await ada.answerTo(asked)).content, /green triangle/, 'not the first reply')
  })

  it('is known by its words in each language, and so is an answer that grows', () => {
    for (const { waiting } of [EN, ZH]) {
      for (const content of [waiting.place(12), waiting.loading, waiting.partly(1, 3)]) {
        assert.ok(isProgress({ content }), content)
      }
    }
    assert.ok(isProgress({ content: `> what is it?\nA red${MORE}` }))
    assert.ok(!isProgress({ content: 'A red circle.' }))
  })

  it('an error takes the place of what was shown while waiting', async () => {
    const asked = await ada.upload(triangle(), `<@${client.user.id}>`)
    const { onPosition } = await gate!.reached.promise
    onPosition?.(25)
    const waiting = await progressOf(asked)
    gate!.open.reject(new InputError('queue/full'))
    const refused = await ada.changed(waiting, ({ content }) => content === EN.errors['queue/full'])
    assert.equal(refused.id, waiting.id)
    const replies = ada.events.flatMap(({ message }) =>
      message?.message_reference?.message_id === asked.id ? [message.id] : [],
    )
    assert.deepEqual([...new Set(replies)], [waiting.id])
  })

  it('a line that is full says so', async () => {
    gate!.open.resolve()
    const many = Array.from({ length: 12 }, () => ada.slash('describe', { image: scene() }))
    const answers = (await Promise.all(many)).map(({ content }) => content)
    const full = 'Too many people are asking just now. Please try again in a moment.'
    assert.ok(answers.includes(full), answers.join('\n'))
    assert.ok(answers.some((content) => /yellow star/.test(content)))
    assert.ok(answers.every((content) => content === full || /yellow star/.test(content)))
  })

  it('several pictures: how many are done', async () => {
    const message = await ada.say('', hearts(), triangle())
    await ada.useMenu(EN.commands.describeMenu, message)
    await gate!.reached.promise
    const partly = EN.waiting.partly(0, 2)
    const waiting = await ada.until(({ message: now }) => now?.content === partly)
    gate!.open.resolve()
    await ada.changed(waiting.message!, ({ content }) => /2\.\*\* .*green triangle/.test(content))
  })
})
