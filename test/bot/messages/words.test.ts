/** What people write: names in place of ids, small talk, and languages that the model does not know. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { smallTalkIn } from '../../../bot/messages/small-talk.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import { isChinese, mayBeIn } from '../../../commands/i18n/question-language.ts'
import {
  button,
  type DemoBot,
  hearts,
  scene,
  startDemoBot,
  suggestionsOf,
  withSuggestions,
} from '../../helpers/demo-bot.ts'

const ONLY_ENGLISH = /^My model understands English only, in words\./
const ONLY_ENGLISH_ZH = /^模型只懂英语，请用英语提问。/

describe('smallTalkIn', () => {
  it('hears what is no question about a picture', () => {
    const said = {
      help: [
        'help',
        'Help me please!',
        '?',
        '？？',
        'what can you do?',
        'Who are you?',
        '帮助',
        '你能做什么？',
      ],
      greeting: [
        'hi',
        'Hello!',
        'hey there 👋',
        'good morning',
        'How are you?',
        '你好',
        '大家好！',
        '早上好啊',
      ],
      thanks: [
        'thanks!',
        'Thank you so much',
        'ok thanks',
        'good bot',
        '谢谢',
        '谢谢你！',
        '辛苦了',
      ],
    }
    for (const [kind, texts] of Object.entries(said)) {
      assert.deepEqual(
        texts.map(smallTalkIn),
        texts.map(() => kind),
      )
    }
  })

  it('leaves questions alone', () => {
    const questions = ['what is this?', 'and the circle?', 'is there a star?', 'why', 'hi-res?', '']
    assert.deepEqual(
      questions.map(smallTalkIn),
      questions.map(() => null),
    )
  })
})

describe('mayBeIn', () => {
  it('judges by most of the letters, and finds no language in signs and numbers', () => {
    assert.ok(mayBeIn(['en'], 'what does 停 mean?'))
    for (const text of ['有几个心形？', 'Сколько?', '😀😀', '...', '42', '是 a 吗']) {
      assert.equal(mayBeIn(['en'], text), false, text)
    }
    assert.ok(mayBeIn(['en', 'zh'], '有几个心形？'))
  })

  it('judges no model that states no languages, or one that is not known', () => {
    assert.ok(mayBeIn(undefined, '有几个心形？'))
    assert.ok(mayBeIn(['en', 'xx'], '有几个心形？'))
  })
})

describe('isChinese', () => {
  it('tells Chinese from Japanese', () => {
    assert.ok(isChinese('这是什么'))
    assert.equal(isChinese('これは何色'), false)
    assert.equal(isChinese('what'), false)
  })
})

describe('what people write', { timeout: 120_000 }, () => {
  let demo: DemoBot
  let ada: Member
  let mention: string
  /** Questions that the model got; it also tries questions to suggest. */
  const asked: string[] = []

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    mention = `<@${demo.bot.client.user.id}>`
    const { model } = demo.bot
    const ask = model.ask.bind(model)
    model.ask = (image, question, options) => {
      asked.push(question)
      return ask(image, question, options)
    }
  })
  after(() => demo.close())

  async function answer(content: string, ...files: Parameters<Member['say']>[1][]) {
    return (await ada.answerTo(await ada.say(content, ...files))).content
  }

  it('a question in another language gets a sentence in it, and no answer', async () => {
    await ada.upload(hearts())
    assert.match(await answer(`${mention} 有几个心形？`), ONLY_ENGLISH_ZH)
    for (const text of ['Сколько?', '😀', '...', '42']) {
      assert.match(await answer(`${mention} ${text}`), ONLY_ENGLISH)
    }
    assert.match(await answer(`${mention} 有几个？`, hearts()), ONLY_ENGLISH_ZH)
    assert.match((await ada.slash('ask', { question: '有几个心形？' })).content, ONLY_ENGLISH_ZH)
    assert.match((await ada.slash('ask', { question: '...' })).content, ONLY_ENGLISH)
    assert.deepEqual(asked, [], 'no picture was described yet, so nothing was suggested')
  })

  it('a reply and the form say so with questions that were suggested', async () => {
    const described = await ada.slash('describe', { image: scene() })
    const [first] = suggestionsOf(await withSuggestions(ada, described))
    const reply = await ada.answerTo(await ada.reply(described, '有几个心形？'))
    assert.match(reply.content, ONLY_ENGLISH_ZH)
    assert.ok(reply.content.includes(first!.label), reply.content)
    const modal = await ada.modal(await ada.press(described, button(described, EN.buttons.ask)))
    const refused = await ada.answer(await ada.submit(modal, { question: '。。。' }))
    assert.match(refused.content, ONLY_ENGLISH)
    assert.ok(refused.content.includes(first!.label), refused.content)
    assert.ok(!asked.includes('有几个心形？') && !asked.includes('。。。'))
  })

  it('small talk is answered, in its own language', async () => {
    assert.match(await answer(`${mention} help`), /^\*\*What I can do/)
    assert.match(await answer(`${mention} 帮助`), /^\*\*我能做什么/)
    assert.equal(await answer(`${mention} hi`), `${EN.smallTalk.hello} ${EN.smallTalk.show}`)
    assert.equal(await answer(`${mention} thanks!`), EN.smallTalk.welcome)
    assert.equal(await answer(`${mention} 谢谢`), ZH.smallTalk.welcome)
    assert.match(
      (await ada.slash('ask', { question: 'what can you do?' })).content,
      /What I can do/,
    )
    const described = await ada.slash('describe', { image: scene() })
    const thanked = await ada.answerTo(await ada.reply(described, 'ok thanks'))
    assert.equal(thanked.content, EN.smallTalk.welcome)
  })

  it('a greeting beside a picture is about the picture', async () => {
    assert.match(await answer(`${mention} hello!`, scene()), /yellow star/)
    const lin = await demo.join('lin')
    const posted = await lin.upload(scene())
    const reply = await ada.answerTo(await ada.reply(posted, `${mention} ?`))
    assert.match(reply.content, /yellow star/)
  })

  it('direct messages ask for a picture', async () => {
    const mo = await demo.join('mo')
    await mo.openDirect()
    const said = async (text: string) => (await mo.answerTo(await mo.say(text))).content
    assert.equal(await said('hi'), `${EN.smallTalk.hello} ${EN.smallTalk.sendHere}`)
    assert.equal(await said('你好'), `${ZH.smallTalk.hello} ${ZH.smallTalk.sendHere}`)
    assert.ok((await said('help')).startsWith(EN.smallTalk.sendHere))
    assert.equal(await said('what is this?'), EN.errors['image/none-sent'])
  })

  it('ids reach the model as names, or not at all', async () => {
    const lin = await demo.join('lin')
    const described = await ada.slash('describe', { image: scene() })
    const ids = `<@${lin.id}> <#${ada.channelId}> <:blob:123456789012345678> <a:wave:123456789012345678> <t:1700000000:R>`
    await ada.answerTo(await ada.reply(described, `what color is the star, ${ids}?`))
    const { displayName } = await demo.bot.client.users.fetch(lin.id)
    const named = `what color is the star, ${displayName} general :blob: :wave: ?`
    assert.ok(asked.includes(named), asked.join(' | '))
    await ada.slash('ask', { question: `what is it, <@${lin.id}>?` })
    assert.ok(asked.includes(`what is it, ${displayName}?`))
  })

  it('ids or a link alone ask nothing', async () => {
    assert.match(await answer(`${mention} <:blob:123456789012345678>`, scene()), /yellow star/)
    const link = 'https://example.com/scene.png'
    await demo.sandbox.links.register(link, { pictures: [scene('preview.png')] })
    assert.match(await answer(`${mention} ${link}`), /yellow star/)
    const empty = await ada.slash('ask', { question: `<@${ada.id}>` })
    assert.equal(empty.content, EN.errors['text/empty-question'])
  })

  it('a question that is too long is refused in words, once', async () => {
    const long = 'what is that behind the other one '.repeat(30)
    const refused = await answer(`${mention} ${long}`, scene(), hearts())
    assert.equal(refused, EN.errors['question/too-long'])
  })
})
