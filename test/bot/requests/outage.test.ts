/** Discord is away for a moment: what was accepted is still answered, once. */

import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import { type DemoBot, startDemoBot, triangle } from '../../helpers/demo-bot.ts'

const OUTAGE_MS = 600

describe('an outage of a moment', () => {
  let demo: DemoBot
  let ada: Member

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
  })
  after(() => demo.close())

  it('delays every request of the bot, whatever it is for', async () => {
    const described = await ada.upload(triangle())
    const outage = demo.sandbox.faults.add({ kind: 'rest', path: '/**', status: 503, count: 9_999 })
    const mention = `<@${demo.bot.client.user.id}>`
    const answers = Promise.all([
      ada.slash('describe'),
      ada.menu(EN.commands.describeMenu, described),
      ada.slash('privacy show'),
      ada.slash('help'),
      ada.say(mention).then((asked) => ada.answerTo(asked)),
      ada.reply(described, `${mention} what color is it?`).then((asked) => ada.answerTo(asked)),
    ])
    const choices = ada.autocomplete('ask', 'picture', { question: '', picture: '' })
    await wait(OUTAGE_MS)
    outage.cancel()
    const [newest, menu, privacy, help, mentioned, replied] = await answers
    for (const { content } of [newest, menu, mentioned]) {
      assert.match(content, /green triangle/)
    }
    assert.match(replied.content, /green/)
    assert.match(privacy.content, /24 hours/)
    assert.match(help.content, /\/describe/)
    assert.ok(Array.isArray(await choices))
    assert.ok(outage.applied > 7, `${outage.applied} requests were refused`)
  })

  it('delays the answer to a message, which comes once though the first try took effect', async () => {
    const path = '/channels/:id/messages'
    demo.sandbox.faults.add({
      kind: 'rest',
      method: 'POST',
      path,
      status: 502,
      handled: true,
      count: 2,
    })
    const repeated = Promise.withResolvers<void>()
    const place = { method: 'POST', path, when: 'after', nth: 3 } as const
    demo.sandbox.faults.hook(place, () => repeated.resolve())
    // Somebody who has no other answers under way: a posted answer counts as one until Discord has confirmed it.
    const lin = await demo.join('lin')
    const asked = await lin.upload(triangle(), `<@${demo.bot.client.user.id}>`)
    assert.match((await lin.answerTo(asked)).content, /green triangle/)
    await repeated.promise
    await lin.slash('describe', { image: triangle() })
    const replies = lin.events.flatMap(({ message }) =>
      message?.message_reference?.message_id === asked.id ? [message.id] : [],
    )
    assert.equal(new Set(replies).size, 1)
  })

  it('delays a sentence that says what is wrong', async () => {
    const path = '/webhooks/*/*/messages/*'
    demo.sandbox.faults.add({ kind: 'rest', method: 'PATCH', path, status: 503, count: 2 })
    const image = { name: 'note.png', bytes: new TextEncoder().encode('hello') }
    assert.match((await ada.slash('describe', { image })).content, /not a picture/)
  })

  it('repeats a download that broke off', async () => {
    const fault = demo.sandbox.faults.add({ kind: 'cdn', action: 'truncated' })
    const image = { ...triangle('other.webp'), bytes: withByte(triangle().bytes) }
    assert.match((await ada.slash('describe', { image })).content, /green triangle/)
    assert.equal(fault.applied, 1)
  })
})

/** The same picture as another file. */
function withByte(bytes: Uint8Array): Uint8Array {
  return new Uint8Array([...bytes, 0])
}
