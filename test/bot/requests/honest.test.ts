/** Pictures outside of the model's domain, and questions about things that are not there. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import {
  button,
  buttonsOf,
  type DemoBot,
  photograph,
  scene,
  startDemoBot,
  triangle,
} from '../../helpers/demo-bot.ts'

const OUTSIDE = /I only know drawings .*; this looks like something else, so I do not describe it\./
const OUTSIDE_ZH = /我只认识.*的画；这张看起来不是，所以我不描述它。/
const REAL_MODEL = /npm run pull -- \S+.*SIGHTSEER_MODEL=/
const CROSS = 'what color is the cross?'

describe('a photograph, with the demo model', () => {
  let demo: DemoBot
  let ada: Member
  let kit: Member
  let mention: string

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    kit = await demo.join('kit')
    mention = `<@${demo.bot.client.user.id}>`
  })
  after(() => demo.close())

  it('is not described in any style, and the person is told how to run another model', async () => {
    for (const style of ['caption', 'detailed', 'alt']) {
      const answer = await ada.slash('describe', { image: photograph(), style })
      assert.match(answer.content, OUTSIDE)
      assert.match(answer.content, REAL_MODEL)
      assert.deepEqual(buttonsOf(answer), [])
    }
  })

  it('gets its sentence in Chinese', async () => {
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    const answer = await lin.slash('describe', { image: photograph() })
    assert.match(answer.content, OUTSIDE_ZH)
    assert.match(answer.content, REAL_MODEL)
  })

  it('is not asked about, and does not silence the drawing beside it', async () => {
    const alone = await ada.answerTo(await ada.upload(photograph(), `${mention} what color is it?`))
    assert.match(alone.content, OUTSIDE)
    const posted = await ada.say(`${mention} how many shapes are there?`, photograph(), triangle())
    const both = (await ada.answerTo(posted)).content
    assert.match(both, /^\*\*1\.\*\* I only know/m)
    assert.match(both, /^\*\*2\.\*\* 1$/m)
  })

  it('gets no alt text in a channel for it, where a drawing does', async () => {
    await kit.slash('settings channel', { channel: kit.channelId, does: 'alt' })
    const undescribed = await ada.upload(photograph())
    const drawing = await ada.upload(triangle())
    await ada.answerTo(drawing)
    const answers = ada.events
      .flatMap(({ message }) => message ?? [])
      .filter(({ message_reference: to }) => to?.message_id === undescribed.id)
    assert.deepEqual(answers, [])
    await kit.slash('settings channel', { channel: kit.channelId, does: 'nothing' })
  })

  it('is named in /help, with the command for another model', async () => {
    const help = (await ada.slash('help')).content
    assert.ok(help.endsWith(EN.otherModel))
    assert.match(help, REAL_MODEL)
  })
})

describe('a question about something that is not there', () => {
  let demo: DemoBot
  let ada: Member
  let described: APIMessage

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    described = await ada.slash('describe', { image: scene() })
  })
  after(() => demo.close())

  it('is answered with that, in the language of the reader', async () => {
    const answer = await ada.answerTo(await ada.reply(described, CROSS))
    assert.equal(answer.content, EN.answer.notThere('cross'))
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    const { content } = await lin.slash('ask', { question: 'how big is the orange cross?' })
    assert.ok(content.endsWith(ZH.answer.notThere('orange cross')), content)
  })

  it('leaves the conversation as it was: "it" is what was talked about before', async () => {
    const first = await ada.answerTo(await ada.reply(described, 'what color is the star?'))
    assert.equal(first.content, 'yellow')
    const absent = await ada.answerTo(await ada.reply(first, CROSS))
    const again = await ada.answer(await ada.press(absent, button(absent, EN.buttons.again)))
    assert.equal(again.content, EN.errors['answer/no-other'])
    const next = await ada.answerTo(await ada.reply(absent, 'what shape is it?'))
    assert.equal(next.content, 'star')
  })

  it('is answered for each of several pictures', async () => {
    const mention = `<@${demo.bot.client.user.id}>`
    const posted = await ada.say(`${mention} what color is the heart?`, scene(), triangle())
    const { content } = await ada.answerTo(posted)
    assert.match(content, /^\*\*1\.\*\* purple$/m)
    assert.ok(content.includes(`**2.** ${EN.answer.notThere('heart')}`), content)
  })

  it('is no guess where the model does not know a word of the question', async () => {
    const posted = await ada.upload(scene(), `<@${demo.bot.client.user.id}> is there a dragon?`)
    const answer = await ada.answerTo(posted)
    assert.equal(answer.content, EN.answer.unknownWords(['dragon']))
    const lin = await demo.join('lin', { locale: 'zh-CN' })
    const { content } = await lin.slash('ask', {
      question: 'where is the *dragon*?',
      image: scene(),
    })
    assert.ok(content.endsWith(ZH.answer.unknownWords(['dragon'])), content)
  })

  it('is the description where the question is about the whole picture', async () => {
    const posted = await ada.upload(scene(), `<@${demo.bot.client.user.id}> what is this?`)
    const answer = await ada.answerTo(posted)
    assert.match(answer.content, /^A small yellow star .* on a gray background\.$/)
    const next = await ada.answerTo(await ada.reply(answer, 'what is above the square?'))
    assert.doesNotMatch(next.content, /background/)
  })
})
