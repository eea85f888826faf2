/** Several pictures: a bad file silences no other, and an answer says which picture it is about. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { followUpTo } from '../../../bot/messages/follow-up.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { button, type DemoBot, hearts, startDemoBot, triangle } from '../../helpers/demo-bot.ts'

const HOW_MANY = 'how many shapes are there?'

const broken = { name: 'broken.png', bytes: new TextEncoder().encode('nothing') }

function part(talk: string) {
  return { talk, turn: null, number: null }
}

describe('followUpTo', () => {
  const two = { parts: [part('a'), part('b')] }

  it('asks about each picture, or about the one whose number comes first', () => {
    const each = followUpTo(two, 'what is it?')
    assert.deepEqual([each?.talk, each?.others.map(({ talk }) => talk)], ['a', ['b']])
    for (const said of [
      '2: why?',
      '2. why?',
      '2） why?',
      '#2 why?',
      'picture 2, why?',
      '图2：why?',
    ]) {
      const { talk, number, question, others } = followUpTo(two, said) ?? {}
      assert.deepEqual([talk, number, question, others], ['b', 2, 'why?', []], said)
    }
  })

  it('takes no other number for a choice', () => {
    for (const said of ['3: why?', '2 hearts or 3?', '2:']) {
      assert.equal(followUpTo(two, said)?.question, said)
      assert.equal(followUpTo(two, said)?.others.length, 1)
    }
    assert.equal(followUpTo({ parts: [part('a')] }, '2: why?')?.question, '2: why?')
  })

  it('leaves out pictures that could not be read', () => {
    const followUp = followUpTo({ parts: [part(''), part('b')] }, 'why?')
    assert.deepEqual([followUp?.talk, followUp?.number, followUp?.others], ['b', 2, []])
    assert.equal(followUpTo({ parts: [part('')] }, 'why?'), undefined)
  })
})

describe('several pictures in a message', () => {
  let demo: DemoBot
  let ada: Member
  let mention: string

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    mention = `<@${demo.bot.client.user.id}>`
  })
  after(() => demo.close())

  it('a reply is answered about each, or about the one it names', async () => {
    const described = await ada.answerTo(await ada.say(mention, hearts(), triangle()))
    const each = await ada.answerTo(await ada.reply(described, HOW_MANY))
    assert.equal(each.content, `**1.** 3\n**2.** 1\n${EN.answer.chooseByNumber}`)
    const second = await ada.answerTo(await ada.reply(described, `2: ${HOW_MANY}`))
    assert.equal(second.content, '**2.** 1')
    const next = await ada.answerTo(await ada.reply(second, 'what color is it?'))
    assert.equal(next.content, '**2.** green')
  })

  it('one bad file is reported in its place, and asked on past it', async () => {
    const described = await ada.answerTo(await ada.say(mention, broken, triangle()))
    assert.match(
      described.content,
      /^\*\*1\.\*\* That file is not a picture.*\n\*\*2\.\*\* .*triangle/,
    )
    const reply = await ada.answerTo(await ada.reply(described, HOW_MANY))
    assert.equal(reply.content, '**2.** 1')
    const modal = await ada.modal(await ada.press(described, button(described, EN.buttons.ask)))
    const asked = await ada.answer(await ada.submit(modal, { question: HOW_MANY }))
    assert.equal(asked.content, `> ${HOW_MANY}\n**2.** 1`)
  })

  it('alt text leaves out what nobody asked about, and keeps the numbers', async () => {
    const kit = await demo.join('kit')
    await kit.slash('settings channel', { channel: kit.channelId, does: 'alt' })
    const own = { ...hearts(), description: 'mine' }
    const alt = await ada.answerTo(await ada.say('', own, broken, triangle()))
    assert.match(alt.content, /^\*\*3\.\*\* AI-generated: A large green triangle[^\n]*$/)
    const none = await ada.say('', broken, broken)
    const friend = await ada.upload(broken)
    const reply = await ada.reply(friend, 'look')
    await ada.answerTo(await ada.upload(triangle()))
    await kit.slash('settings channel', { channel: kit.channelId, does: 'describe' })
    const unread = await ada.upload(broken)
    await ada.answerTo(await ada.upload(triangle()))
    const ids = [none, friend, reply, unread].map(({ id }) => id)
    const answers = ada.events.flatMap(({ message }) => message ?? [])
    const told = answers.filter(({ message_reference: to }) => ids.includes(to?.message_id ?? ''))
    assert.deepEqual(
      told.filter(({ author }) => author.id !== ada.id),
      [],
    )
  })
})
