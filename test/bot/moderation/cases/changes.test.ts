/** Pictures that are added to a message after it was posted: previews of links, also of edited messages. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { type APIMessage, Events } from 'discord.js'
import { EN } from '../../../../commands/i18n/en.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import { button, hearts, scene, triangle } from '../../../helpers/demo-bot.ts'
import { openDemoModel } from '../../../helpers/shared-model.ts'
import { type ModeratedServer, startModeratedServer } from '../../../helpers/moderated-server.ts'

const CHANNELS = ['general', 'memes', 'after-hours'] as const
const HOUR_MS = 60 * 60 * 1000
const { buttons, menus } = EN.moderation

describe('pictures that come later', { timeout: 120_000 }, () => {
  let model: Model
  let server: ModeratedServer

  before(async () => {
    model = await openDemoModel()
  })
  after(() => model.close())
  beforeEach(async () => {
    server = await startModeratedServer({}, model)
  })
  afterEach(() => server.close())

  /** A link to the picture on Discord's proxy: a moderator's upload is not examined. */
  async function proxied(picture: ReturnType<typeof scene>): Promise<string> {
    server.mo.switchTo('mod-log')
    const { attachments } = await server.mo.upload(picture)
    return attachments[0]!.url
  }

  /** Discord adds the preview of a link to a message. */
  function preview({ id, channel_id }: APIMessage, proxy_url: string): void {
    const { world } = server.sandbox
    const media = { url: 'https://casino.example/win.png', proxy_url, width: 512, height: 512 }
    const embed = { type: 'link', url: 'https://casino.example', title: 'Win', thumbnail: media }
    world.update(world.messages.get(channel_id)!.get(id)!, { embeds: [embed] })
  }

  /** How often each file was requested. */
  function counted(t: TestContext) {
    const find = t.mock.method(server.sandbox.world.cdn, 'find')
    return (url: string) =>
      find.mock.calls.filter(({ arguments: [path] }) => new URL(url).pathname.endsWith(path)).length
  }

  it('a wave of links becomes one case, and each preview is examined once', async (t) => {
    await server.setUp()
    const links = await Promise.all([70, 80, 90].map(() => proxied(scene())))
    const asked = counted(t)
    const posted: APIMessage[] = []
    for (const [i, channel] of CHANNELS.entries()) {
      server.ada.switchTo(channel)
      posted.push(await server.ada.say('free money https://casino.example'))
      preview(posted[i]!, links[i]!)
    }
    const caseMessage = await server.aCase(/What I see: .*red circle/)
    assert.match(caseMessage.content, /the same picture in 3 channels/)
    for (const { id } of posted) {
      assert.ok(caseMessage.content.includes(id))
    }
    for (const [i, message] of posted.entries()) {
      preview(message, links[i]!)
    }
    // Another case, as a sign that all earlier events were handled.
    await server.post(hearts(), await server.join('lin'))
    await server.aCase(/heart/, new Set([caseMessage.id]))
    assert.equal(server.cases().length, 2)
    assert.deepEqual(links.map(asked), [1, 1, 1])
  })

  it('an edit that adds a link is examined', async () => {
    await server.setUp({ mode: 'act' })
    await server.mo.slash('moderation hash add', { image: scene() })
    server.ada.switchTo('general')
    const message = await server.ada.say('good morning')
    await server.ada.edit(message, 'good morning https://casino.example')
    preview(message, await proxied(scene()))
    const caseMessage = await server.aCase(/Removed: 1 of 1/)
    assert.match(caseMessage.content, /removed by itself/)
    assert.match(caseMessage.content, new RegExp(`/${message.id}`))
    await server.ada.until(({ type, id }) => type === 'deleted' && id === message.id)
  })

  it('a listed preview joins the case of its message and is removed', async () => {
    await server.setUp({ mode: 'act' })
    await server.mo.slash('moderation hash add', { image: scene() })
    server.ada.switchTo('general')
    const message = await server.ada.upload(hearts(), 'https://casino.example')
    const lin = await server.join('lin', { channel: 'general' })
    await lin.menu(menus.report, message)
    const reported = await server.aCase(/reported by[^]*/)
    preview(message, await proxied(scene()))
    const removed = await server.aCase(/Removed: 1 of 1/)
    assert.equal(removed.id, reported.id)
    assert.match(removed.content, /staff here confirmed this picture[^]*reported by/)
    assert.equal(server.cases().length, 1)
    // Undo removes the entry that the picture matched.
    await server.mo.press(removed, button(removed, buttons.undo))
    await server.aCase(/taken off the list/)
  })

  it('rules apply to previews too', async () => {
    await server.setUp()
    const question = 'is there a green triangle?'
    await server.mo.slash('moderation rule add', { name: 'green', question, threshold: 60 })
    server.ada.switchTo('general')
    const message = await server.ada.say('https://casino.example')
    preview(message, await proxied(triangle()))
    const caseMessage = await server.aCase(/the question “green” is answered yes/)
    assert.match(caseMessage.content, new RegExp(`/${message.id}`))
  })

  it('ignores updates of an old message, unless it is edited now', async (t) => {
    await server.setUp({ mode: 'act' })
    await server.mo.slash('moderation hash add', { image: scene() })
    const link = await proxied(scene())
    server.ada.switchTo('general')
    const message = await server.ada.say('https://casino.example')
    const asked = counted(t)
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + HOUR_MS })
    const heard = once(server.demo.bot.client, Events.MessageUpdate)
    preview(message, link)
    await heard
    await server.ada.upload(scene())
    const caseMessage = await server.aCase(/Removed: 1 of 1/)
    assert.equal(server.isDeleted(message), false)
    assert.equal(asked(link), 0)
    assert.doesNotMatch(caseMessage.content, new RegExp(message.id))
    const lin = await server.join('lin', { channel: 'general' })
    const old = await lin.say('https://casino.example')
    t.mock.timers.setTime(Date.now() + 2 * HOUR_MS)
    await lin.edit(old, 'now https://casino.example')
    preview(old, link)
    await lin.until(({ type, id }) => type === 'deleted' && id === old.id)
  })
})
