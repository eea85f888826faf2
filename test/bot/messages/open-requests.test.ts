/** One member's flood: it gets a sentence, and the next member does not wait for it. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { OpenRequests } from '../../../bot/messages/open-requests.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { type DemoBot, startDemoBot, triangle } from '../../helpers/demo-bot.ts'

const ENOUGH = EN.errors['request/enough-open']({ most: 2 })

describe('the share of a member', () => {
  it('is two messages at once, and a sentence once until both are settled', () => {
    const open = new OpenRequests()
    const [first, second] = [open.begin('ada', true), open.begin('ada', true)]
    assert.throws(() => open.begin('ada', true), { code: 'request/enough-open' })
    assert.equal(open.begin('ada', true), null)
    assert.notEqual(open.begin('lin', true), null)
    first?.()
    const third = open.begin('ada', true)
    assert.notEqual(third, null)
    assert.equal(open.begin('ada', true), null)
    second?.()
    third?.()
    assert.notEqual(open.begin('ada', true), null)
    assert.notEqual(open.begin('ada', true), null)
    assert.throws(() => open.begin('ada', true), { code: 'request/enough-open' })
  })

  it('is ten where the bot answers by itself', () => {
    const open = new OpenRequests()
    const places = Array.from({ length: 12 }, () => open.begin('ada', false))
    assert.equal(places.filter((place) => place === null).length, 2)
    assert.notEqual(open.begin('ada', true), null)
  })
})

describe('a flood of mentions', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    lin = await demo.join('lin')
  })
  after(() => demo.close())

  it('gets two answers, a sentence and reactions; the next member is answered', async () => {
    const mention = `<@${demo.bot.client.user.id}>`
    const flood = await Promise.all(
      Array.from({ length: 12 }, () => ada.upload(triangle(), mention)),
    )
    const asked = await lin.upload(triangle(), mention)
    assert.match((await lin.answerTo(asked)).content, /green triangle/)
    const ids = new Set(flood.map(({ id }) => id))
    const texts = new Map<string, string>()
    for (const { message } of lin.events) {
      if (message && ids.has(message.message_reference?.message_id ?? '')) {
        texts.set(message.id, message.content)
      }
    }
    const sentences = [...texts.values()].filter((text) => text === ENOUGH)
    assert.equal(sentences.length, 1)
    assert.ok(texts.size <= 6, `${texts.size} replies to one member`)
  })
})
