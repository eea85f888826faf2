/** The sweep for a member's other copies, which were not examined when they were posted. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { EN } from '../../../../commands/i18n/en.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import { button, hearts, scene } from '../../../helpers/demo-bot.ts'
import { openDemoModel } from '../../../helpers/shared-model.ts'
import {
  disguised,
  type ModeratedServer,
  startModeratedServer,
} from '../../../helpers/moderated-server.ts'

const { buttons, case: words, menus } = EN.moderation
/** Source: developers/resources/message.mdx, Search Guild Messages. */
const UNREADY = {
  message: 'Index not yet available. Try again later',
  code: 110_000,
  documents_indexed: 0,
  retry_after: 1,
}

describe('the sweep of a case', { timeout: 120_000 }, () => {
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

  it('finds copies from before the setup, and shows them before it deletes them', async () => {
    const before = await server.post(scene())
    server.ada.switchTo('memes')
    const other = await server.ada.upload(hearts())
    const lin = await server.join('lin', { channel: 'general' })
    const another = await lin.upload(scene())
    await server.setUp({ mode: 'approve' })
    server.ada.switchTo('general')
    const last = await server.ada.upload(await disguised(scene(), 65))
    await lin.menu(menus.report, last)
    const caseMessage = await server.aCase(/Where \(4 messages\)/)
    for (const { id } of [...before, last]) {
      assert.ok(caseMessage.content.includes(id))
    }
    await server.mo.press(caseMessage, button(caseMessage, buttons.confirm))
    await server.aCase(/Removed: 4 of 4/)
    assert.ok([...before, last].every((message) => server.isDeleted(message)))
    assert.ok(![other, another].some((message) => server.isDeleted(message)))
  })

  it('deletes them without a decision only in mode act, after the case shows them', async () => {
    const before = await server.post(scene())
    await server.setUp({ mode: 'act' })
    await server.mo.slash('moderation hash add', { image: scene() })
    server.ada.switchTo('general')
    await server.ada.upload(scene())
    await server.aCase(/Removed: 4 of 4/)
    const shownAt = server.mo.events.findIndex(
      ({ message }) => message?.content.includes('Where (4 messages)') === true,
    )
    const deletedAt = server.mo.events.findIndex(
      ({ type, id }) => type === 'deleted' && id === before[0]!.id,
    )
    assert.match(server.mo.events[shownAt]!.message!.content, /Removed: 1 of 4/)
    assert.ok(deletedAt === -1 || deletedAt > shownAt)
    assert.ok(before.every((message) => server.isDeleted(message)))
  })

  it('skips exempt channels', async () => {
    const [general] = await server.post(scene())
    await server.setUp()
    await server.mo.slash('moderation exempt', { channel: general!.channel_id })
    server.ada.switchTo('memes')
    const lin = await server.join('lin', { channel: 'memes' })
    await lin.menu(menus.report, await server.ada.upload(scene()))
    const caseMessage = await server.aCase(/Where \(3 messages\)[^]*red circle/)
    assert.ok(!caseMessage.content.includes(general!.id))
  })

  it('says that Discord cannot search yet', async (t) => {
    await server.setUp()
    const { rest } = server.demo.bot.client
    const get = rest.get.bind(rest)
    // The sandbox's index is always ready; Discord's answer while it is not is of 202.
    t.mock.method(rest, 'get', (...args: Parameters<typeof get>) =>
      args[0].endsWith('/messages/search') ? Promise.resolve(UNREADY) : get(...args),
    )
    await server.post(scene())
    const caseMessage = await server.aCase(/Not searched/)
    assert.ok(caseMessage.content.includes(words.not(words.steps.sweep, words.problems.unready)))
  })
})
