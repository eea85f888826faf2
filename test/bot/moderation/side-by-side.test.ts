/** Two versions of the bot side by side on one Redis, as while it is replaced by a newer one. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { EN } from '../../../commands/i18n/en.ts'
import type { Member } from '../../../sandbox/client.ts'
import { type Database, startRedis } from '../../helpers/databases.ts'
import { button, type DemoBot, scene, startDemoBot } from '../../helpers/demo-bot.ts'
import { ModeratedServer } from '../../helpers/moderated-server.ts'
import { startWatchedSandbox } from '../../helpers/watched-sandbox.ts'

const { buttons, menus } = EN.moderation

describe('moderation by two processes on one Redis', { timeout: 120_000 }, () => {
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

  it('opens one case, decides once, removes once, and tells once', async () => {
    await server.setUp({ mode: 'approve' })
    const posted = await server.post(scene())
    const found = await server.aCase(/red circle/)
    const kit = await server.join('kit', { channel: 'mod-log' })
    await Promise.all([
      mo.press(found, button(found, buttons.confirm)),
      kit.press(found, button(found, buttons.confirm)),
    ])
    const done = await server.aCase(/Removed: 3 of 3[^]*The member was told/)
    assert.equal(done.content.match(/^Confirm: /gm)?.length, 1)
    await Promise.all(posted.map(({ id }) => ada.until((t) => t.type === 'deleted' && t.id === id)))
    assert.equal(server.cases().length, 1)

    // Both know at once what one of them was told.
    const lin = await server.join('lin')
    const [again] = await server.post(scene(), lin)
    const second = await server.aCase(/staff here confirmed/, new Set([found.id]))
    assert.match(second.content, new RegExp(again!.id))
    mo.switchTo('general')
    const dismissed = await mo.menu(menus.allow, again!)
    assert.equal(dismissed.content, EN.moderation.menu.allowed)

    const [guild] = server.sandbox.world.guilds.values()
    const removals = guild!.auditLog.filter(({ action }) => action === 72)
    assert.equal(removals.length, 3)
    const told = ada.told.filter(
      ({ type, message }) =>
        type === 'message' && message?.content.includes('change your password') === true,
    )
    assert.equal(new Set(told.map(({ message }) => message!.id)).size, 1)
  })
})
