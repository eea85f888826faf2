/** Custom emoji in messages: looked at where someone asks about them, and never otherwise. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { type DemoBot, startDemoBot, triangle } from '../../helpers/demo-bot.ts'

/** Emoji of the loopback Discord. */
const HEART = '<:heart:749054660769218641>'
const PULSE = '<a:pulse:749054660769218642>'
/** What the demo sees in them. */
const EMOJI = /a large (red heart|blue circle)/i
const TRIANGLE = /green triangle/

describe('custom emoji', () => {
  let demo: DemoBot
  let ada: Member
  let kit: Member
  let mention: string

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    kit = await demo.join('kit')
    mention = `<@${demo.bot.client.user.id}>`
    await ada.upload(triangle())
  })
  after(() => demo.close())

  it('are what a message of nothing else is about, and one that asks about them', async () => {
    for (const text of [HEART, PULSE, `what does this emoji show? ${HEART}`]) {
      const answer = await ada.answerTo(await ada.say(`${mention} ${text}`))
      assert.match(answer.content, EMOJI, text)
    }
  })

  it('are hidden where they are a spoiler, and each counts once', async () => {
    const text = `${mention} ||${HEART}|| ${PULSE} ${PULSE} which emoji are these?`
    const answer = await ada.answerTo(await ada.say(text))
    assert.match(answer.content, /\*\*1\.\*\*.*\n?[^]*\*\*2\.\*\*/)
    assert.doesNotMatch(answer.content, /\*\*3\.\*\*/)
  })

  it('are not what a question with a smile in it is about', async () => {
    await ada.upload(triangle())
    const answer = await ada.answerTo(await ada.say(`${mention} what is in the picture? ${HEART}`))
    assert.match(answer.content, /triangle\.webp/)
  })

  it('are what a reply or a menu points at', async () => {
    const posted = await kit.say(`look ${HEART}`)
    const answer = await ada.answerTo(await ada.reply(posted, `${mention} what is this?`))
    assert.match(answer.content, EMOJI)
    const described = await ada.menu('Describe image', posted)
    assert.match(described.content, EMOJI)
  })

  it('are no newer picture of the channel, and not in code', async () => {
    await kit.say(HEART)
    assert.match((await ada.slash('describe')).content, TRIANGLE)
    const inCode = await kit.say(`\`${HEART}\``)
    const described = await ada.menu('Describe image', inCode)
    assert.match(described.content, /no picture/)
  })

  it('are gone where they were deleted', async () => {
    const answer = await ada.answerTo(await ada.say(`${mention} <:old:749054660769218699>`))
    assert.match(answer.content, /no longer|gone|deleted/i)
  })
})
