/** The bot while its store fails: it lives, says so to those who asked, and answers afterwards. */

import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { after, afterEach, before, describe, it } from 'node:test'
import type { APIMessage, Client } from 'discord.js'
import { pino } from 'pino'
import type { Member } from 'loopback-discord/client'
import { type Sandbox, startSandbox } from 'loopback-discord'
import { connect } from '../../../bot/discord/client.ts'
import { dispatch, type Dispatcher } from '../../../bot/dispatch.ts'
import { Jobs } from '../../../bot/jobs/jobs.ts'
import { createMetrics } from '../../../bot/operations/metrics.ts'
import { createPictureFetcher } from '../../../bot/pictures/download.ts'
import { openStore } from '../../../bot/store/store.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { findModel } from '../../../config/models.ts'
import { openModel } from '../../../inference/model.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { button, scene, triangle, withSuggestions } from '../../helpers/demo-bot.ts'
import { FailingStore, type Operation, OPERATIONS } from '../../helpers/failing-store.ts'
import { connectMember } from '../../helpers/members.ts'

const BUG = /^Something went wrong/

describe('the bot while its store fails', { timeout: 180_000 }, () => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  const lines: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
  let sandbox: Sandbox
  let model: Model
  let store: FailingStore
  let client: Client<true>
  let dispatched: Dispatcher | undefined
  let ada: Member
  let mo: Member

  before(async () => {
    process.on('unhandledRejection', note)
    sandbox = await startSandbox({ rateLimits: 'off' })
    model = await openModel(findModel('demo'), { threads: 1 })
    store = new FailingStore(await openStore({ url: 'memory:', log }))
    const parts = {
      model,
      store,
      jobs: new Jobs({ store, log }),
      fetchPicture: createPictureFetcher({ origins: [sandbox.cdn] }),
      retentionMs: 60_000,
      metrics: createMetrics(),
      log,
      retryAfterMs: 50,
    }
    const { token, api } = sandbox
    const listen = (fresh: Client) => {
      dispatched = dispatch(fresh, parts)
    }
    client = await connect({ token, api, log, listen })
    ada = await connectMember(sandbox.url, 'ada')
    mo = await connectMember(sandbox.url, 'mo', { channel: 'mod-log' })
    await mo.slash('moderation setup', { channel: mo.channelId })
  })
  after(async () => {
    process.off('unhandledRejection', note)
    await dispatched?.stop()
    ada.close()
    mo.close()
    await client.destroy()
    await model.close()
    await store.close()
    await sandbox.close()
  })
  afterEach(() => {
    store.failing = new Set()
    store.only = undefined
    lines.length = 0
  })

  /** What the bot has said in reply to a message. */
  function repliesTo({ id }: APIMessage): string[] {
    return ada.events.flatMap(({ message }) =>
      message?.author.bot && message.message_reference?.message_id === id ? [message.content] : [],
    )
  }

  /** Waits until the log has `count` more lines that match. */
  async function logged(pattern: RegExp, count = 1): Promise<void> {
    const deadline = performance.now() + 10_000
    while (lines.filter((line) => pattern.test(line)).length < count) {
      assert.ok(performance.now() < deadline, `not logged: ${pattern}\n${lines.join('')}`)
      await wait(5)
    }
  }

  async function works(): Promise<void> {
    store.failing = new Set()
    assert.match((await ada.slash('describe', { image: triangle() })).content, /green triangle/)
    const asked = await ada.upload(scene(), `<@${client.user.id}>`)
    assert.match((await ada.answerTo(asked)).content, /yellow star/)
    assert.deepEqual(unhandled, [])
  }

  const all = new Set(OPERATIONS)

  it('a message to somebody else is answered by nothing', async () => {
    store.failing = all
    const words = await ada.say('just words')
    const reply = await ada.reply(words, 'more words')
    await logged(/a request failed/, 2)
    await works()
    assert.deepEqual([...repliesTo(words), ...repliesTo(reply)], [])
  })

  it('a mention and a reply to the bot are told, in the language of the server', async () => {
    const described = await ada.slash('describe', { image: triangle() })
    store.failing = all
    const asked = await ada.upload(scene(), `<@${client.user.id}>`)
    assert.match((await ada.answerTo(asked)).content, BUG)
    const replied = await ada.reply(described, 'what color is it?')
    assert.match((await ada.answerTo(replied)).content, BUG)
    await works()
  })

  it('a direct message is told, in the language it is written in', async () => {
    const general = ada.channelId
    await ada.openDirect()
    store.failing = all
    const chinese = await ada.answerTo(await ada.say('这是什么？'))
    ada.switchTo(general)
    assert.ok(
      chinese.content.startsWith(ZH.errors['bot/bug']({ id: '' }).slice(0, 4)),
      chinese.content,
    )
    await works()
  })

  it('the language that was known before the failure is kept', async () => {
    await mo.slash('settings language', { value: 'zh-CN' })
    store.failing = new Set<Operation>(['update'])
    const asked = await ada.upload(scene(), `<@${client.user.id}>`)
    const told = await ada.answerTo(asked)
    store.failing = new Set()
    await mo.slash('settings language', { value: 'auto' })
    assert.ok(told.content.startsWith(ZH.errors['bot/bug']({ id: '' }).slice(0, 4)), told.content)
  })

  it('commands, menus, buttons and suggestions are told or log it', async () => {
    const described = await withSuggestions(ada, await ada.slash('describe', { image: scene() }))
    store.failing = all
    for (const name of ['describe', 'settings show', 'memory show', 'privacy show']) {
      const by = name.startsWith('settings') ? mo : ada
      const options = name === 'describe' ? { image: triangle() } : {}
      assert.match((await by.slash(name, options)).content, BUG, name)
    }
    await ada.press(described, button(described, EN.buttons.ask))
    await logged(/a request failed/, 5)
    await assert.rejects(ada.autocomplete('ask', 'picture', { picture: 'a', question: 'b' }))
    await works()
  })

  for (const operation of OPERATIONS) {
    it(`it lives through failures of ${operation} alone`, async () => {
      store.failing = new Set([operation])
      await ada.say('just words')
      await ada.upload(scene())
      const asked = await ada.upload(triangle(), `<@${client.user.id}>`)
      await ada.answerTo(asked)
      await ada.slash('describe', { image: triangle() })
      await ada.slash('memory show')
      await ada.delete(asked)
      await works()
    })
  }

  it('a case that could not be opened is opened when the store is back', async () => {
    store.failing = new Set<Operation>(['update'])
    store.only = 'moderation-cases'
    for (const channel of ['general', 'memes', 'after-hours']) {
      ada.switchTo(channel)
      await ada.upload(triangle())
    }
    await logged(/could not be looked at for moderation/)
    assert.ok(!mo.events.some(({ message }) => message?.content.startsWith('**Case')))
    store.failing = new Set()
    await mo.until(({ message }) => message?.content.startsWith('**Case') ?? false)
    ada.switchTo('general')
  })

  it('what was deleted meanwhile is forgotten when the store is back', async () => {
    await ada.openThread('deleted')
    const asked = await ada.upload(triangle(), `<@${client.user.id}>`)
    await ada.answerTo(asked)
    assert.match((await ada.slash('memory show')).content, /triangle/)
    store.failing = all
    await ada.delete(asked)
    await logged(/could not forget/)
    store.failing = new Set()
    const deadline = performance.now() + 10_000
    while (/triangle/.test((await ada.slash('memory show')).content)) {
      assert.ok(performance.now() < deadline, 'it is still remembered')
      await wait(50)
    }
    ada.switchTo('general')
  })

  it('what is posted, edited and deleted is only logged', async () => {
    store.failing = all
    const posted = await ada.upload(scene())
    await logged(/could not be looked at for moderation/)
    await ada.edit(posted, 'changed')
    await logged(/could not be looked at for moderation/, 2)
    await ada.delete(posted)
    await logged(/could not forget/)
    await works()
    assert.deepEqual(repliesTo(posted), [])
  })
})
