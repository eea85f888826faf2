/** Two bot processes on one Redis, as during a deployment. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Member } from 'loopback-discord/client'
import { PostedPictures } from '../../../bot/moderation/reposts/posted-pictures.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { type Database, startRedis, WITH_REDIS } from '../../helpers/databases.ts'
import {
  button,
  type DemoBot,
  hearts,
  scene,
  startDemoBot,
  triangle,
} from '../../helpers/demo-bot.ts'
import { ModeratedServer } from '../../helpers/moderated-server.ts'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'

const { buttons, menus } = EN.moderation

describe('moderation by two processes on one Redis', { ...WITH_REDIS, timeout: 120_000 }, () => {
  let redis: Database
  let server: ModeratedServer
  let other: DemoBot
  let mo: Member
  let ada: Member

  before(async () => {
    redis = await startRedis()
    const sandbox = await startWatchedSandbox({ rateLimits: 'off' })
    const env = { SIGHTSEER_STORE: redis.url }
    const demo = await startDemoBot(env, sandbox)
    other = await startDemoBot(env, sandbox)
    mo = await demo.join('mo', { channel: 'mod-log' })
    ada = await demo.join('ada')
    server = new ModeratedServer(demo, sandbox, { mo, ada })
  })
  after(async () => {
    await other.close()
    await server.close()
    await redis.stop()
  })

  it('opens one case, decides once, deletes once, and notifies once', async () => {
    await server.setUp({ mode: 'approve' })
    const posted = await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    const kit = await server.join('kit', { channel: 'mod-log' })
    await Promise.all([
      mo.press(caseMessage, button(caseMessage, buttons.confirm)),
      kit.press(caseMessage, button(caseMessage, buttons.confirm)),
    ])
    const done = await server.aCase(/Removed: 3 of 3[^]*The member was told/)
    assert.equal(done.content.match(/^Confirm: /gm)?.length, 1)
    await Promise.all(posted.map(({ id }) => ada.until((t) => t.type === 'deleted' && t.id === id)))
    assert.equal(server.cases().length, 1)

    // Both use a setting at once that one of them stored.
    const lin = await server.join('lin')
    const [again] = await server.post(scene(), lin)
    // Any of its messages may open the case: the words of all are read at once.
    const second = await server.aCase(new RegExp(again!.id), new Set([caseMessage.id]))
    assert.match(second.content, /staff here confirmed/)
    mo.switchTo('general')
    const dismissed = await mo.menu(menus.allow, again!)
    assert.equal(dismissed.content, EN.moderation.menu.allowed)

    const [guild] = server.sandbox.world.guilds.values()
    const removals = guild!.auditLog.filter(({ action }) => action === 72)
    assert.equal(removals.length, 3)
    const directMessages = ada.events.filter(
      ({ type, message }) =>
        type === 'message' && message?.content.includes('change your password') === true,
    )
    assert.equal(new Set(directMessages.map(({ message }) => message!.id)).size, 1)
  })

  it('both score the rules, and a hit is one case with one reason', async (t) => {
    const both = [server.demo.bot.model, other.bot.model].map((model) =>
      t.mock.method(model, 'score'),
    )
    const looks = () => both.map(({ mock }) => mock.callCount())
    const seen = new Set(server.cases().map(({ id }) => id))
    const rule = { name: 'hearts', question: 'is there a red heart?', threshold: 60 }
    mo.switchTo('mod-log')
    await mo.slash('moderation rule add', rule)
    const lin = await server.join('lin', { channel: 'general' })
    const posted = await lin.upload(hearts())
    const caseMessage = await server.aCase(/the question “hearts”/, seen)
    assert.match(caseMessage.content, new RegExp(`/${posted.id}`))
    // Each has finished it when it examines the next one.
    await lin.upload(triangle())
    while (looks().some((count) => count < 2)) {
      await setImmediate()
    }
    // The wave of the test before may still open its case.
    const now = server.cases().filter(({ content }) => content.includes(`/${posted.id}`))
    assert.equal(now.length, 1)
    assert.equal(now[0]!.content.match(/the question “hearts”/g)?.length, 1)
    const stats = await mo.slash('moderation rule stats', { name: 'hearts' })
    assert.match(stats.content, /Hits: 1 /)
  })

  it('both receive a duplicate post, and it is answered once', async () => {
    const lin = await server.join('lin', { channel: 'memes' })
    mo.switchTo('mod-log')
    await mo.slash('moderation reposts', { channel: lin.channelId })
    const first = await lin.upload(triangle())
    const posted = new PostedPictures(server.demo.bot.store)
    const place = { guildId: server.demo.sandbox.world.guild.id, channelId: first.channel_id }
    while ((await posted.ofMessage(place, first.id)).length === 0) {
      await setImmediate()
    }
    const again = await lin.upload(triangle('again.webp'))
    const reply = await lin.until(
      (told) => told.message?.message_reference?.message_id === again.id,
    )
    assert.match(reply.message!.content, new RegExp(`${first.id}$`))
    const third = await lin.upload(triangle('third.webp'))
    await lin.until((told) => told.message?.message_reference?.message_id === third.id)
    const replies = lin.events.filter(
      ({ type, message }) =>
        type === 'message' && message?.message_reference?.message_id === again.id,
    )
    assert.equal(new Set(replies.map(({ message }) => message!.id)).size, 1)
  })
})
