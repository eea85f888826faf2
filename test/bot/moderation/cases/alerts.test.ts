/** What staff are told by messages of their own, and where a case is found again. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import { EN } from '../../../../commands/i18n/en.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import { button, hearts, scene } from '../../../helpers/demo-bot.ts'
import { openDemoModel } from '../../../helpers/shared-model.ts'
import { type ModeratedServer, startModeratedServer } from '../../../helpers/moderated-server.ts'

const { buttons, enforce } = EN.moderation

describe('what staff are told', { timeout: 120_000 }, () => {
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

  /** A message of the bot that replies to a case. */
  async function replyTo({ id }: APIMessage, pattern: RegExp): Promise<APIMessage> {
    const { message } = await server.mo.until(
      ({ message: now }) => now?.message_reference?.message_id === id && pattern.test(now.content),
    )
    return message!
  }

  it('an appeal is a reply to the case, without a ping and as one plain line', async () => {
    await server.setUp({ mode: 'approve' })
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    await server.mo.press(caseMessage, button(caseMessage, buttons.confirm))
    const { message: told } = await server.ada.until(
      ({ message }) => message?.content.includes('taken for a scam and removed') === true,
    )
    server.ada.switchTo(told!.channel_id)
    const form = await server.ada.modal(
      await server.ada.press(told!, button(told!, buttons.appeal)),
    )
    await server.ada.submit(form, { answer: `**stolen**\n<@${server.mo.id}>` })
    const alert = await replyTo(caseMessage, /answers/)
    assert.match(alert.content, /^\*\*Case 1\*\*: The member answers: \\\*\\\*stolen\\\*\\\* /)
    assert.deepEqual(alert.mentions, [])
  })

  it('a change of the mode by the button is told where the case is', async () => {
    await server.setUp()
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    const pressed = await server.mo.press(caseMessage, button(caseMessage, buttons.confirm))
    const offer = await server.mo.answer(pressed)
    await server.mo.press(offer, button(offer, buttons.enforce))
    assert.equal(
      (await replyTo(caseMessage, /changed/)).content,
      enforce.told(`<@${server.mo.id}>`),
    )
  })

  it('cases are counted on each server, and found by number and from the list', async () => {
    await server.setUp()
    await server.post(scene())
    const first = await server.aCase(/^\*\*Case 1\*\*[^]*red circle/)
    await server.post(hearts(), await server.join('lin'))
    const second = await server.aCase(/^\*\*Case 2\*\*[^]*heart/)
    const found = await server.mo.slash('moderation case', { number: 2 })
    assert.match(found.content, new RegExp(`Case 2.*to be decided.*/${second.id}$`))
    const unknown = await server.mo.slash('moderation case', { number: 3 })
    assert.equal(unknown.content, EN.errors['case/unknown'])
    await server.mo.press(first, button(first, buttons.confirm))
    await server.aCase(/list of scams/)
    const list = await server.mo.slash('moderation hash list')
    assert.match(
      list.content,
      new RegExp(`- \\*\\*scam\\*\\*, .* — case 1: .*/${first.id} — Code: `),
    )
  })

  it('after Undo no line contradicts another', async () => {
    await server.setUp({ mode: 'approve' })
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    await server.mo.press(caseMessage, button(caseMessage, buttons.confirm))
    const confirmed = await server.aCase(/The member was told\./)
    assert.match(confirmed.content, /put on the list of scams[^]*Timed out until/)
    await server.mo.press(confirmed, button(confirmed, buttons.undo))
    const { content } = await server.aCase(/was a mistake/)
    assert.match(content, /Confirm: [^]*Undo: [^]*taken off the list[^]*timeout was lifted/)
    assert.doesNotMatch(content, /put on the list|Timed out until/)
    for (const line of content.split('\n').slice(content.split('\n').indexOf('Why:') + 4)) {
      assert.match(line, / \(<t:\d+:f>\)$/, 'each event has its time')
    }
  })
})
