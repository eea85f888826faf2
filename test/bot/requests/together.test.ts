/** One answer about several pictures together, with a model that takes several and one that takes one. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { asSentence } from '../../../bot/requests/captions.ts'
import { quotedParagraphs } from '../../../commands/answer-text.ts'
import { EN } from '../../../commands/i18n/en.ts'
import type { Answer } from '../../../inference/contract/types.ts'
import { openModel } from '../../../inference/model.ts'
import { button, type DemoBot, hearts, startDemoBot, triangle } from '../../helpers/demo-bot.ts'
import { packageFor } from '../../helpers/packages.ts'

const WHICH = 'which one is red?'
const HOW_MANY = 'how many shapes are there?'

/** An answer as it is shown. */
function shown({ text, judgment }: Answer): string {
  return quotedParagraphs(text) + (judgment.verdict === 'unsure' ? `\n-# ${EN.answer.unsure}` : '')
}

describe('a question about several pictures', () => {
  let demo: DemoBot
  let ada: Member
  let mention: string
  const pair = [hearts().bytes, triangle().bytes]

  before(async () => {
    const model = await openModel(await packageFor('llava-qwen3'), { threads: 1 })
    demo = await startDemoBot({}, undefined, undefined, model)
    ada = await demo.join('ada')
    mention = `<@${demo.bot.client.user.id}>`
  })
  after(async () => {
    await demo.close()
    await demo.bot.model.close()
  })

  it('has one answer, and so have the questions that follow it', async () => {
    const { model } = demo.bot
    const asked = await ada.say(`${mention} ${WHICH}`, hearts(), triangle())
    const first = await ada.answerTo(asked)
    const expected = await model.ask(pair, WHICH)
    assert.equal(first.content, shown(expected))
    const labels = JSON.stringify(first.components)
    assert.ok(labels.includes(EN.buttons.ask) && !labels.includes(EN.buttons.again))

    const next = await ada.answerTo(await ada.reply(first, 'and the other?'))
    const history = [{ question: WHICH, answer: expected.text }]
    assert.equal(next.content, shown(await model.ask(pair, 'and the other?', { history })))

    const second = await ada.answerTo(await ada.reply(first, '2: what color is it?'))
    const alone = await model.ask(triangle().bytes, 'what color is it?', { history })
    assert.equal(second.content, `**2.** ${shown(alone)}`)

    const modal = await ada.modal(await ada.press(first, button(first, EN.buttons.ask)))
    assert.ok(!JSON.stringify(modal).includes(EN.modal.picture))
    const pressed = await ada.answer(await ada.submit(modal, { question: 'why?' }))
    const why = await model.ask(pair, 'why?', { history })
    assert.equal(pressed.content, `> why?\n${shown(why)}`)
  })

  it('is compared with /compare, whose answer shows the pictures', async () => {
    const compared = await ada.slash('compare', {
      image: hearts(),
      second: triangle(),
      question: WHICH,
    })
    const expected = await demo.bot.model.ask(pair, WHICH)
    assert.equal(compared.content, `> ${WHICH}\n${shown(expected)}`)
    assert.equal(compared.attachments.length, 2)
    const next = await ada.answerTo(await ada.reply(compared, WHICH))
    const history = [{ question: WHICH, answer: expected.text }]
    assert.equal(next.content, shown(await demo.bot.model.ask(pair, WHICH, { history })))
    const plain = await ada.slash('compare', { image: hearts(), second: triangle() })
    assert.match(plain.content, /^> What do these pictures have in common/)
  })

  it('is listed once by /memory and in the export, and counted with each of its pictures', async () => {
    const kit = await demo.join('kit', { channel: 'memes' })
    await kit.answerTo(await kit.say(`${mention} ${WHICH}`, hearts(), triangle()))
    const { content } = await kit.slash('memory show')
    assert.equal(content.split('→').length - 1, 1, content)
    assert.ok(content.includes(EN.memory.together(WHICH, 2)), content)
    assert.equal(content.split('— 1 question;').length - 1, 2, content)
    const [file] = (await kit.slash('privacy export')).attachments
    const exported = await (await fetch(file!.url)).text()
    assert.equal(exported.split(JSON.stringify(WHICH)).length - 1, 1, exported)
  })

  it('is described in detail where that is wanted, as long as the server lets it', async () => {
    const { model } = demo.bot
    const detail = 'Describe this picture in detail: what is in it, where, and what it looks like.'
    const detailed = async (maxNewTokens: number) => {
      const answer = await ada.slash('describe', { image: hearts(), style: 'detailed' })
      const expected = await model.ask(hearts().bytes, detail, { maxNewTokens })
      assert.equal(answer.content, shown({ ...expected, text: asSentence(expected.text) }))
    }
    await detailed(256)
    const kit = await demo.join('kit')
    const set = await kit.slash('settings length', { value: 3 })
    assert.match(set.content, /Longest answer: 3 tokens/)
    await detailed(3)
    const asked = await ada.answerTo(await ada.say(`${mention} ${WHICH}`, hearts(), triangle()))
    assert.equal(asked.content, shown(await model.ask(pair, WHICH, { maxNewTokens: 3 })))
    await kit.slash('settings length', { value: 0 })
  })

  it('is hidden where one of the pictures is', async () => {
    const hidden = { ...triangle(), name: 'SPOILER_triangle.png' }
    const answer = await ada.answerTo(await ada.say(`${mention} ${WHICH}`, hearts(), hidden))
    assert.match(answer.content, /^\|\|.*\|\|/)
  })
})

describe('a model that takes one picture', () => {
  it('answers about each, and /compare says so', async () => {
    const demo = await startDemoBot()
    try {
      const ada = await demo.join('ada')
      const note = EN.answer.notTogether(1)
      const pictures = { image: hearts(), second: triangle() }
      const compared = async (options: object): Promise<string> =>
        (await ada.slash('compare', { ...pictures, ...options })).content
      const asked = await compared({ question: HOW_MANY })
      assert.equal(asked, `> ${HOW_MANY}\n**1.** 3\n**2.** 1\n${note}`)
      assert.match(await compared({}), /^\*\*1\.\*\* .*heart.*\n\*\*2\.\*\* .*triangle/)
    } finally {
      await demo.close()
    }
  })
})
