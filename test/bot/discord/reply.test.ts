/** How an answer reaches Discord: once, in steps people can follow, and around refusals. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import {
  type APIMessage,
  DiscordAPIError,
  REST,
  type RequestData,
  type RouteLike,
} from 'discord.js'
import { z } from 'zod'
import { ManualClock } from 'loopback-discord/clock'
import type { Sandbox } from 'loopback-discord'
import { Member } from 'loopback-discord/client'
import { Delivery, replyTo } from '../../../bot/discord/reply.ts'
import { errorCode, errorKind } from '../../../bot/discord/api-errors.ts'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'

const PACE_MS = 60
const HOUR_MS = 60 * 60 * 1000
/** Discord takes no more of a message older than an hour. */
const EDITS_AN_HOUR = 30

describe('Delivery of a reply', () => {
  const clock = new ManualClock(Date.now())
  let sandbox: Sandbox
  let ada: Member
  let asked: APIMessage
  let rest: REST

  before(async () => {
    sandbox = await startWatchedSandbox({ clock })
    ada = await Member.connect(sandbox.url)
    rest = new REST({ api: sandbox.api }).setToken(sandbox.token)
  })
  after(async () => {
    ada.close()
    await sandbox.close()
  })
  beforeEach(async () => {
    asked = await ada.say('what is it?')
  })
  afterEach(() => sandbox.faults.clear())

  function deliver(nonce = asked.id): Delivery {
    const address = { to: 'message', channelId: asked.channel_id, messageId: asked.id } as const
    const retries = { until: Date.now() + 10_000, pausesMs: [10] }
    return new Delivery(rest, address, { nonce, retries, paceMs: PACE_MS })
  }

  function contents(): string[] {
    const states = ada.events.flatMap(({ message }) => message ?? [])
    return states
      .filter(({ message_reference: to }) => to?.message_id === asked.id)
      .map(({ content }) => content)
  }

  it('withdraws the progress that it showed', async () => {
    const delivery = deliver()
    delivery.progress('You are number 3 in the line.')
    const shown = await ada.answerTo(asked)
    await delivery.withdraw()
    await ada.until(({ type, id }) => type === 'deleted' && id === shown.id)
  })

  it('is one message, of which nothing is seen before the answer when that comes soon', async () => {
    const delivery = deliver()
    delivery.progress('You are number 3 in the line.')
    await delivery.finish({ content: 'a cat' })
    await ada.answerTo(asked)
    assert.deepEqual(contents(), ['a cat'])
  })

  it('shows the last state, no more often than its pace, and then the answer in its place', async () => {
    const delivery = deliver()
    const start = performance.now()
    for (let place = 9; place > 0; place--) {
      delivery.progress(`number ${place}`)
    }
    const shown = await ada.answerTo(asked)
    assert.ok(performance.now() - start >= PACE_MS - 1)
    assert.equal(shown.content, 'number 1')
    delivery.progress('number 0')
    const id = await delivery.finish({ content: 'a cat' })
    assert.equal(id, shown.id)
    await ada.changed(shown, ({ content }) => content === 'a cat')
    assert.deepEqual(contents(), ['number 1', 'a cat'])
  })

  it('grows in the place of progress, one edit at a time, up to the answer', async () => {
    const delivery = deliver()
    delivery.progress('number 1')
    const shown = await ada.answerTo(asked)
    sandbox.faults.add({ kind: 'rest', path: '/channels/*/messages/*', delayMs: PACE_MS })
    delivery.grow('a …')
    await new Promise((resolve) => setTimeout(resolve, 2 * PACE_MS))
    delivery.grow('a small …')
    delivery.grow('a small cat …')
    sandbox.faults.clear()
    clock.advance(PACE_MS) // the first edit arrives only now
    await ada.changed(shown, ({ content }) => content === 'a small cat …')
    await delivery.finish({ content: 'a small cat' })
    await ada.changed(shown, ({ content }) => content === 'a small cat')
    assert.deepEqual(contents(), ['number 1', 'a …', 'a small cat …', 'a small cat'])
  })

  it('sent again by another process, is still one message', async () => {
    const first = await deliver().finish({ content: 'half of it' })
    const second = await deliver().finish({ content: 'all of it' })
    assert.equal(second, first)
  })

  it('is no sentence about a failure once another process has posted, also if it came just before', async () => {
    const answer = await deliver().finish({ content: 'a cat' })
    const { channel_id: channelId, id } = asked
    const late = await replyTo({ id, channelId, client: { rest } }).finish({
      content: 'I am restarting.',
    })
    assert.equal(late, answer)
    await ada.answerTo(asked)
    assert.deepEqual(contents(), ['a cat'])
  })

  it('is not replaced by a failure that comes while it is sent, but that stays after a failure', async () => {
    const delivery = deliver()
    const answered = delivery.finish({ content: 'a cat' })
    await delivery.fail('I am restarting.')
    await answered
    assert.deepEqual(contents(), ['a cat'])

    sandbox.faults.add({ kind: 'rest', path: '/channels/*/messages', status: 403 })
    const refused = deliver('another')
    await assert.rejects(refused.finish({ content: 'a dog' }))
    sandbox.faults.clear()
    await refused.fail('I am not allowed to.')
    await ada.until(({ message }) => message?.content === 'I am not allowed to.')
  })

  it('is posted as a new message when Discord refuses edits of an old one', async () => {
    const delivery = deliver()
    const id = await delivery.finish({ content: 'a cat' })
    clock.advance(HOUR_MS)
    for (let i = 0; i < EDITS_AN_HOUR; i++) {
      await delivery.revise({ content: `cat ${i}` })
    }
    await delivery.revise({ content: 'a dog' })
    const { message } = await ada.until((told) => told.message?.content === 'a dog')
    assert.notEqual(message?.id, id)
  })

  it('of a message that is gone, is refused as such', async () => {
    await ada.delete(asked)
    const error = await deliver()
      .finish({ content: 'a cat' })
      .catch((refusal: unknown) => refusal)
    assert.equal(errorKind(error), 'gone')
  })
})

/** Discord as it takes each request at once; keeps when it came, in milliseconds, and what it says. */
class TimedRest extends REST {
  readonly taken: { readonly at: number; readonly content: string; readonly isEdit: boolean }[] = []

  override post(_route: RouteLike, { body }: RequestData = {}): Promise<unknown> {
    return this.#take(body, false)
  }

  override patch(_route: RouteLike, { body }: RequestData = {}): Promise<unknown> {
    return this.#take(body, true)
  }

  async #take(body: unknown, isEdit: boolean): Promise<unknown> {
    const { content } = z.object({ content: z.string() }).parse(body)
    this.taken.push({ at: Date.now(), content, isEdit })
    return { id: '1', content, attachments: [] }
  }
}

describe('Delivery of an answer that grows', () => {
  const STEP_MS = 50
  const WINDOW_MS = 5_000
  const EDITS_IN_WINDOW = 5

  const ADDRESSES = [
    { to: 'message', channelId: '2', messageId: '3' },
    { to: 'interaction', applicationId: '4', token: 'token' },
  ] as const
  for (const address of ADDRESSES) {
    it(`edits a second apart at least, and its end is within the limit: ${address.to}`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
      for (const lengthMs of [900, 7_000, 7_450, 7_950, 30_000]) {
        const rest = new TimedRest()
        const retries = { until: Infinity }
        const delivery = new Delivery(rest, address, { nonce: '3', retries })
        for (let ms = 0; ms < lengthMs; ms += STEP_MS) {
          delivery.grow(`${ms} …`)
          t.mock.timers.tick(STEP_MS)
          await new Promise(setImmediate)
        }
        await delivery.finish({ content: 'all' })
        const growth = rest.taken.slice(0, -1).map(({ at }) => at)
        const gaps = growth.slice(1).map((at, i) => at - growth[i]!)
        assert.ok(
          gaps.every((gap) => gap >= 1_000),
          gaps.join(),
        )
        assert.ok(growth.length >= Math.floor((lengthMs - 2_000) / 1_500), `${growth.length} texts`)
        const edits = rest.taken.filter(({ isEdit }) => isEdit).map(({ at }) => at)
        for (const start of edits) {
          const within = edits.filter((at) => at >= start && at < start + WINDOW_MS)
          assert.ok(within.length <= EDITS_IN_WINDOW, `${within.join()} of ${lengthMs}`)
        }
        assert.equal(rest.taken.at(-1)?.content, 'all')
      }
    })
  }

  it('is shown two seconds after the question, or with its first word if that is later', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
    for (const [wordMs, shownMs] of [
      [0, 2_000],
      [1_500, 2_000],
      [5_000, 5_000],
    ] as const) {
      const start = Date.now()
      const rest = new TimedRest()
      const delivery = new Delivery(rest, ADDRESSES[0], {
        nonce: '3',
        retries: { until: Infinity },
      })
      t.mock.timers.tick(wordMs)
      delivery.grow('a …')
      for (let steps = 0; rest.taken.length === 0 && steps < 10_000 / STEP_MS; steps++) {
        t.mock.timers.tick(STEP_MS)
        await new Promise(setImmediate)
      }
      await delivery.finish({ content: 'a cat' })
      const waitedMs = rest.taken[0]!.at - start
      assert.ok(waitedMs >= shownMs && waitedMs <= shownMs + STEP_MS, `${wordMs}: ${waitedMs}`)
    }
  })

  it('is shown soon where progress was shown before, or would have been', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
    for (const [progressMs, growMs, shownMs] of [
      [0, 2_100, 3_250], // 1.25 seconds after the progress
      [1_900, 2_100, 2_100], // in its place
    ] as const) {
      const start = Date.now()
      const rest = new TimedRest()
      const delivery = new Delivery(rest, ADDRESSES[0], {
        nonce: '4',
        retries: { until: Infinity },
      })
      t.mock.timers.tick(progressMs)
      delivery.progress('waiting')
      for (let ms = progressMs; ms < growMs; ms += STEP_MS) {
        t.mock.timers.tick(STEP_MS)
        await new Promise(setImmediate)
      }
      const before = rest.taken.length
      delivery.grow('a …')
      for (let steps = 0; rest.taken.length === before && steps < 10_000 / STEP_MS; steps++) {
        t.mock.timers.tick(STEP_MS)
        await new Promise(setImmediate)
      }
      await delivery.finish({ content: 'a cat' })
      const waitedMs = rest.taken[before]!.at - start
      assert.ok(Math.abs(waitedMs - shownMs) <= 2 * STEP_MS, `${progressMs}: ${waitedMs}`)
    }
  })
})

describe('meaningOf', () => {
  it('tells what each refusal means for a person', () => {
    for (const [code, status, meaning] of [
      [10_062, 404, 'gone'],
      [10_015, 404, 'gone'],
      [10_008, 404, 'gone'],
      [50_027, 401, 'gone'],
      [40_060, 400, 'taken'],
      [50_001, 403, 'forbidden'],
      [50_013, 403, 'forbidden'],
      [50_035, 400, 'bug'],
    ] as const) {
      const body = { code, message: 'refused' }
      const sent = { body: undefined, files: undefined }
      const error = new DiscordAPIError(body, code, status, 'POST', 'https://discord.com', sent)
      assert.equal(errorCode(error), code)
      assert.equal(errorKind(error), meaning, String(code))
    }
    assert.equal(errorKind(new Error('ours')), 'bug')
  })
})
