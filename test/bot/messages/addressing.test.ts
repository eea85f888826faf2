/** Who the bot hears: mentions in the text, and replies to its answers; a reply's ping says nothing. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ActionRowBuilder, type APIMessage, ButtonBuilder, ButtonStyle } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { withoutCode } from '../../../bot/messages/addressing.ts'
import { caseCustomId } from '../../../bot/discord/custom-id.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { type DemoBot, hearts, scene, startPeopledBot, triangle } from '../../helpers/demo-bot.ts'

const COLOR = 'what color is the star?'

describe('withoutCode', () => {
  it('removes inline code and code blocks, and keeps single backticks', () => {
    assert.equal(withoutCode('a `<@1>` b ``c ` d`` e'), 'a   b   e')
    assert.equal(withoutCode('```ts\n<@1>\n``` <@2>'), '  <@2>')
    assert.equal(withoutCode('it`s <@1>'), 'it`s <@1>')
  })
})

describe('who is heard', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member
  let mention: string

  before(async () => {
    ;({ demo, ada, lin, mention } = await startPeopledBot())
  })
  after(() => demo.close())

  /** The bot's answers to messages so far, once it answered a later one of the same channel. */
  async function answersTo(...messages: APIMessage[]): Promise<string[]> {
    await lin.answerTo(await lin.upload(scene(), `${mention} ${COLOR}`))
    const ids = messages.map(({ id }) => id)
    const answers = lin.events
      .flatMap((event) => event.message ?? [])
      .filter(({ message_reference: to }) => ids.includes(to?.message_id ?? ''))
    // An edit, such as by suggested questions, is no other answer.
    return [...new Map(answers.map(({ id, content }) => [id, content])).values()]
  }

  /** Posts a message of the bot with a button. */
  async function say(channelId: string, id: string) {
    const channel = await demo.bot.client.channels.fetch(channelId)
    assert.ok(channel?.isSendable())
    const button = new ButtonBuilder({ style: ButtonStyle.Secondary, label: 'x', customId: id })
    const components = [new ActionRowBuilder<ButtonBuilder>({ components: [button] })]
    return channel.send({ content: 'words', components })
  }

  it('talk below an error, a case and alternative text is not for the bot', async () => {
    const kit = await demo.join('kit')
    await kit.slash('settings channel', { channel: kit.channelId, does: 'alt' })
    const alt = await ada.answerTo(await ada.upload(scene()))
    await kit.slash('settings channel', { channel: kit.channelId, does: 'nothing' })
    const error = await ada.answerTo(await ada.say(`${mention} <https://example.com>`))
    const record = await say(ada.channelId, caseCustomId({ guildId: '1', id: '2' }, 'confirm'))
    const talk = [
      await ada.reply(alt, 'haha so true'),
      await ada.reply(error, 'ok thanks'),
      await ada.reply(record, 'that is a false alarm'),
    ]
    assert.deepEqual(await answersTo(...talk), [])
    const asked = await ada.answerTo(await ada.reply(alt, `${mention} ${COLOR}`))
    assert.equal(asked.content, 'yellow')
  })

  it('a reply to an answer is heard without a ping, and with a picture of its own', async () => {
    const described = await ada.slash('describe', { image: scene() })
    assert.equal((await ada.answerTo(await ada.reply(described, COLOR, false))).content, 'yellow')
    const link = 'https://example.com/one.png'
    await demo.sandbox.links.register(link, { pictures: [triangle()] })
    const other = await ada.reply(described, `how many shapes are there? ${link}`, false)
    assert.equal((await ada.answerTo(other)).content, '1')
  })

  it('the role of the bot is a mention', async () => {
    const role = demo.bot.client.guilds.cache.first()?.roles.botRoleFor(demo.bot.client.user)
    const asked = await ada.upload(scene(), `<@&${role?.id}> ${COLOR}`)
    assert.equal((await ada.answerTo(asked)).content, 'yellow')
  })

  it('a mention in code is none', async () => {
    const quoted = await ada.upload(scene(), `write \`${mention}\` to ask it`)
    assert.deepEqual(await answersTo(quoted), [])
  })

  it('an edit that adds a mention is heard, once', async () => {
    const posted = await ada.upload(scene())
    await ada.edit(posted, `${mention} ${COLOR}`)
    assert.equal((await ada.answerTo(posted)).content, 'yellow')
    await ada.edit(posted, COLOR)
    await ada.edit(posted, `${mention} what color is the circle?`)
    assert.deepEqual(await answersTo(posted), ['yellow'])
  })

  it('a mention in a thread that was started from a picture is about that', async () => {
    const posted = await lin.upload(hearts())
    await ada.openThread('about hearts', posted)
    const asked = await ada.answerTo(await ada.say(`${mention} how many shapes are there?`))
    assert.match(asked.content, /\b3$/)
    assert.match((await ada.slash('describe')).content, /heart/)
    ada.switchTo('general')
  })

  it('a thread that was started from an answer is about the picture of the answer', async () => {
    const answer = await ada.answerTo(await ada.upload(hearts(), mention))
    await lin.upload(scene())
    await ada.openThread('about the answer', answer)
    const asked = await ada.answerTo(await ada.say(`${mention} how many shapes are there?`))
    assert.match(asked.content, /\b3$/)
    ada.switchTo('general')
    const other = await ada.answerTo(await ada.upload(hearts(), mention))
    await ada.openThread('described', other)
    assert.match((await ada.answerTo(await ada.say(mention))).content, /heart/)
    ada.switchTo('general')
  })

  it('a member who answers a notice in words is pointed to its button', async () => {
    const channelId = await lin.openDirect()
    const notice = await say(channelId, caseCustomId({ guildId: '1', id: '2' }, 'appeal'))
    const told = await lin.answerTo(await lin.say('that was not me'))
    assert.equal(told.content, EN.errors['reply/notice'])
    assert.match(told.content, new RegExp(EN.moderation.buttons.appeal))
    assert.match(ZH.errors['reply/notice'], new RegExp(ZH.moderation.buttons.appeal))
    const again = await lin.answerTo(await lin.reply(notice, 'please'))
    assert.equal(again.content, EN.errors['reply/notice'])
    lin.switchTo('general')
  })
})
