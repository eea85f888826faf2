/** Describing: the command, the menu, mentions, direct messages, and the styles. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate as later } from 'node:timers/promises'
import { AttachmentBuilder, MessageFlags } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import {
  deletePrivacy,
  buttonsOf,
  type DemoBot,
  hearts,
  scene,
  startDemoBot,
  suggestionsOf,
  triangle,
  withSuggestions,
} from '../../helpers/demo-bot.ts'

/** A sticker of the loopback Discord: a PNG. */
const HEART_STICKER = '749054660769218632'

const SCENE = /yellow star .* red circle .* blue square/
const HEARTS = /red heart/
const TRIANGLE = /green triangle/

describe('describing pictures', () => {
  let demo: DemoBot
  let ada: Member
  let mention: string

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    mention = `<@${demo.bot.client.user.id}>`
  })
  after(() => demo.close())

  it('/describe image: says what is on it, with questions to press and no ping', async () => {
    const sent = await ada.slash('describe', { image: scene() })
    const answer = await withSuggestions(ada, sent)
    assert.match(answer.content, SCENE)
    assert.equal(new Set(suggestionsOf(answer).map(({ label }) => label)).size, 2)
    assert.deepEqual(
      buttonsOf(answer)
        .slice(2)
        .map(({ label }) => label),
      [EN.buttons.ask, EN.buttons.again, EN.buttons.delete],
    )
    assert.deepEqual(answer.mentions, [])
  })

  it('/describe without an image takes the newest picture of the channel', async () => {
    await ada.upload(hearts())
    await ada.say('look at that')
    assert.match((await ada.slash('describe')).content, HEARTS)
    await ada.upload(triangle())
    assert.match((await ada.slash('describe')).content, TRIANGLE)
  })

  it('/describe without an image takes a sticker', async () => {
    await ada.stick(HEART_STICKER)
    const answer = await ada.slash('describe')
    assert.match(answer.content, /^-# About \[Heart ↗\].*\nA large red heart/)
  })

  it('/describe private: only the asker sees it', async () => {
    const answer = await ada.slash('describe', { image: scene(), private: true })
    assert.equal((answer.flags ?? 0) & MessageFlags.Ephemeral, MessageFlags.Ephemeral)
    assert.match(answer.content, SCENE)
  })

  it('/describe style: detailed adds what the model is sure of', async () => {
    const answer = await ada.slash('describe', { image: scene(), style: 'detailed' })
    const [caption, ...details] = answer.content.split('\n')
    assert.match(caption!, SCENE)
    assert.ok(details.length > 0 && details.length <= 4)
    assert.ok(details.every((line) => /^• .+\? .+/.test(line)))
  })

  it('/describe style: alt text is a sentence that can be posted with the picture', async () => {
    const answer = await ada.slash('describe', { image: scene(), style: 'alt' })
    assert.match(answer.content, /^A small yellow star .*background\.$/)
    assert.ok(buttonsOf(answer).some(({ label }) => label === EN.buttons.repost))
  })

  it('the menu of a message describes its pictures, each in its part', async () => {
    const message = await ada.say('two of them', hearts(), triangle())
    const sent = await ada.menu(EN.commands.describeMenu, message)
    const answer = await withSuggestions(ada, sent)
    const [first, second] = answer.content.split('\n')
    assert.match(first!, /^\*\*1\.\*\* .*red heart/)
    assert.match(second!, /^\*\*2\.\*\* .*green triangle/)
    const labels = suggestionsOf(answer).map(({ label }) => label)
    assert.ok(labels[0]?.startsWith('1: ') && labels[1]?.startsWith('2: '))
  })

  it('the menu of a message without a picture says so', async () => {
    const answer = await ada.menu(EN.commands.describeMenu, await ada.say('no picture'))
    assert.equal(answer.content, EN.errors['image/none-in-message'])
  })

  it('of several pictures, one that cannot be read does not cost the others theirs', async () => {
    const broken = { name: 'broken.png', bytes: new TextEncoder().encode('nothing') }
    const message = await ada.say('', hearts(), broken)
    const sent = await ada.menu(EN.commands.describeMenu, message)
    const answer = await withSuggestions(ada, sent)
    const { content } = answer
    assert.ok(suggestionsOf(answer).length > 0)
    assert.match(content, /1\.\*\* .*red heart/)
    assert.match(content, /2\.\*\* .*not a picture/)
  })

  it('looks at no more than ten, and says so', async () => {
    const many = Array.from({ length: 10 }, (_, i) => triangle(`${i}.webp`))
    const ten = await ada.menu(EN.commands.describeMenu, await ada.say('', ...many))
    assert.equal(ten.content.match(/green triangle/g)?.length, 10)
    assert.doesNotMatch(ten.content, /left out/)

    const channel = await demo.bot.client.channels.fetch(ada.channelId)
    assert.ok(channel?.isSendable())
    const { id } = await channel.send({
      files: many.map(({ name, bytes }) => new AttachmentBuilder(Buffer.from(bytes), { name })),
      embeds: [{ image: { url: 'https://example.com/eleventh.png' } }],
    })
    const { message } = await ada.until((told) => told.message?.id === id)
    const { content } = await ada.menu(EN.commands.describeMenu, message!)
    assert.equal(content.match(/green triangle/g)?.length, 10)
    assert.ok(content.endsWith(EN.answer.leftOut(1)))
  })

  it('/describe takes files that are pictures by their name', async () => {
    const image = { name: 'notes.txt', bytes: new TextEncoder().encode('hello') }
    await assert.rejects(ada.slash('describe', { image }), /400/)
  })

  it('a mention with a picture is answered, with a question or without', async () => {
    const plain = await ada.answerTo(await ada.upload(scene(), mention))
    assert.match(plain.content, SCENE)
    const asked = await ada.answerTo(
      await ada.upload(scene(), `${mention} what color is the star?`),
    )
    assert.equal(asked.content, 'yellow')
  })

  it('a mention in reply to someone’s picture is about that one, not the newest', async () => {
    const lin = await demo.join('lin')
    const old = await lin.upload(hearts())
    await lin.upload(triangle())
    const described = await ada.answerTo(await ada.reply(old, mention))
    assert.match(described.content, HEARTS)
    const asked = await ada.answerTo(await ada.reply(old, `how many shapes are there? ${mention}`))
    assert.equal(asked.content, '3')
  })

  it('a bare mention takes the newest picture', async () => {
    await ada.upload(triangle())
    assert.match((await ada.answerTo(await ada.say(mention))).content, TRIANGLE)
  })

  it('pictures in direct messages are answered without a mention', async () => {
    const dana = await demo.join('lin')
    await dana.openDirect()
    assert.match((await dana.answerTo(await dana.upload(scene()))).content, SCENE)
    const follow = await dana.answerTo(await dana.say('what color is the star?'))
    assert.equal(follow.content, 'yellow')
  })

  it('a spoiler’s answer is hidden too, and its buttons tell nothing', async () => {
    const message = await ada.upload(scene('SPOILER_scene.png'))
    const answer = await ada.menu(EN.commands.describeMenu, message)
    assert.match(answer.content, /^\|\|.*yellow star.*\|\|$/)
    assert.deepEqual(suggestionsOf(answer), [])
  })

  it('speaks Chinese to those who use Discord in Chinese', async () => {
    const mei = await demo.join('lin', { locale: 'zh-CN' })
    const answer = await mei.slash('describe', { image: scene() })
    assert.ok(buttonsOf(answer).some(({ label }) => label === ZH.buttons.ask))
    const file = { name: 'a.png', bytes: new TextEncoder().encode('no') }
    assert.equal(
      (await mei.slash('describe', { image: file })).content,
      ZH.errors['image/unknown-format'],
    )
    assert.match((await mei.slash('help')).content, /我能做什么/)
    // Refused on the engine's thread, which knows neither the person nor their language.
    const asked = await mei.slash('ask', { question: 'zqxj'.repeat(75) })
    assert.equal(asked.content, ZH.errors['question/too-long'])
  })

  it('says in the language of the reader that answers come in English, once for a picture', async () => {
    const line = '\n-# Antworten kommen auf Englisch.'
    const max = await demo.join('lin', { locale: 'de' })
    const first = await max.slash('describe', { image: scene() })
    assert.match(first.content, SCENE)
    assert.ok(first.content.endsWith(line), first.content)
    const [suggested] = suggestionsOf(await withSuggestions(max, first))
    const next = await max.answer(await max.press(first, suggested!.id))
    assert.ok(!next.content.includes('Englisch'), next.content)
    const asked = await max.slash('ask', { question: 'what color is the star?', image: scene() })
    assert.ok(asked.content.endsWith(`yellow${line}`), asked.content)
    // Words in pictures are in the language that they are in, and this sentence is the bot's own.
    const read = await max.slash('describe', { image: scene(), style: 'text' })
    assert.ok(!read.content.includes('Englisch'), read.content)
    const absent = await max.slash('ask', { question: 'where is the cross?', image: scene() })
    assert.ok(absent.content.endsWith(EN.answer.notThere('cross')), absent.content)
    assert.ok(!(await ada.slash('describe', { image: scene() })).content.includes('English'))
  })

  it('direct messages are answered in the language last used, else in what is written', async () => {
    const mei = await demo.join('mo', { locale: 'zh-CN' })
    await mei.openDirect()
    assert.equal((await mei.answerTo(await mei.say('what?'))).content, EN.errors['image/none-sent'])
    assert.equal(
      (await mei.answerTo(await mei.say('这是什么？'))).content,
      ZH.errors['image/none-sent'],
    )
    await mei.slash('help')
    // What an interaction told is kept once it is answered, and no event says so.
    const locales = demo.bot.store.collection({ name: 'locales', ttlMs: 1, decode: (data) => data })
    while ((await locales.get(mei.id)) === undefined) {
      await later()
    }
    assert.equal((await mei.answerTo(await mei.say('what?'))).content, ZH.errors['image/none-sent'])
    assert.equal((await mei.slash('privacy export')).content, ZH.privacy.exported(1))
    await deletePrivacy(mei)
    assert.equal(await locales.get(mei.id), undefined)
    await mei.slash('privacy opt-out')
    await mei.slash('help')
    assert.equal((await mei.answerTo(await mei.say('what?'))).content, EN.errors['image/none-sent'])
    await mei.slash('privacy opt-in')
  })

  it('a forwarded picture is found', async () => {
    const original = await ada.upload(hearts())
    const forwarded = await ada.forward(original, 'memes')
    const lin = await demo.join('lin', { channel: 'memes' })
    assert.match((await lin.menu(EN.commands.describeMenu, forwarded)).content, HEARTS)
  })
})
