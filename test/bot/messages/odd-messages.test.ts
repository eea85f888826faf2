/** Stickers, forwards and proxied messages; and errors whose message is gone. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import { type DemoBot, hearts, scene, startPeopledBot, triangle } from '../../helpers/demo-bot.ts'

/** Of the sandbox; Wave is a Lottie animation. */
const STICKER = { lottie: '749054660769218631', png: '749054660769218632' }

describe('odd messages', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member
  let mention: string

  before(async () => {
    ;({ demo, ada, lin, mention } = await startPeopledBot())
  })
  after(() => demo.close())

  /** The bot's messages in a channel once it answered a later one there, without that answer. */
  async function botMessages(channel: string): Promise<APIMessage[]> {
    lin.switchTo(channel)
    const last = await lin.answerTo(await lin.upload(triangle(), `${mention} what shape is it?`))
    lin.switchTo('general')
    const messages = lin.events.flatMap(({ message }) => message ?? [])
    return messages.filter(
      ({ author, channel_id: at, id }) =>
        author.id === demo.bot.client.user.id && at === last.channel_id && id !== last.id,
    )
  }

  it('a sticker that cannot be read is named, and the others are pictures', async () => {
    await ada.openDirect()
    const { sticker_items: [wave] = [], ...message } = await ada.stick(STICKER.lottie)
    const refused = await ada.answerTo(message)
    assert.equal(refused.content, EN.errors['message/unreadable-sticker']({ name: wave!.name }))
    const described = await ada.answerTo(await ada.stick(STICKER.png))
    assert.doesNotMatch(described.content, /sticker/)
    ada.switchTo('general')
  })

  it('the forward of an answer is no reply, and one of words is said to have no picture', async () => {
    const described = await ada.slash('describe', { image: scene() })
    const forwarded = await ada.forward(described, 'general')
    const messages = await botMessages('general')
    assert.ok(!messages.some(({ message_reference: to }) => to?.message_id === forwarded.id))
    const words = await ada.say('words')
    const direct = await ada.openDirect()
    ada.switchTo('general')
    const inDirect = await ada.forward(words, direct)
    const told = await ada.answerTo(inDirect)
    assert.equal(told.content, EN.errors['message/forward-without-picture'])
  })

  it('a proxied message is not answered by itself, but its picture is found', async () => {
    ada.switchTo('memes')
    const posted = await ada.upload(hearts(), 'look')
    const proxied = await ada.proxy(posted, 'Other')
    const asked = await ada.upload(hearts(), `${mention} what shape is it?`)
    const repeated = await ada.proxy(asked, 'Other')
    assert.match((await ada.slash('describe')).content, /heart/)
    const reply = await ada.reply(proxied, `${mention} how many shapes are there?`)
    assert.equal((await ada.answerTo(reply)).content, '3')
    const ids = [posted, asked, proxied, repeated].map(({ id }) => id)
    const messages = await botMessages('memes')
    const answered = messages.map(({ message_reference: to }) => to?.message_id ?? '')
    assert.deepEqual(
      answered.filter((id) => ids.includes(id)),
      [],
    )
    ada.switchTo('general')
  })

  it('an error is told nowhere if its message was deleted meanwhile', async () => {
    const channel = await ada.openThread('quiet')
    const asked = await ada.say(`${mention} what is it? https://example.com/unknown`)
    await ada.delete(asked)
    // It waits for the preview as long as the deleted one did.
    const later = await ada.say(`${mention} what is it? https://example.com/unknown`)
    const told = await ada.answerTo(later)
    assert.equal(told.content, EN.errors['message/link-without-picture'])
    const messages = await botMessages(channel)
    assert.deepEqual(
      messages.map(({ message_reference: to }) => to?.message_id),
      [later.id],
    )
    ada.switchTo('general')
  })
})
