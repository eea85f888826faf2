/** Asking on: replies, buttons, the form, /ask; whose conversation it is, and Again and Delete. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { channelSchema } from '../../../bot/memory/conversation.ts'
import { EN } from '../../../commands/i18n/en.ts'
import {
  button,
  buttonsOf,
  type DemoBot,
  hearts,
  scene,
  startDemoBot,
  suggestionsOf,
  withSuggestions,
  triangle,
} from '../../helpers/demo-bot.ts'
import { packageFor } from '../../helpers/packages.ts'

const COLOR = 'what color is the star?'

/** Asks with the form behind Ask… */
async function askForm(member: Member, answer: APIMessage, question: string) {
  const pressed = await member.press(answer, button(answer, EN.buttons.ask))
  const modal = await member.modal(pressed)
  return member.answer(await member.submit(modal, { question }))
}

describe('asking about pictures', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    lin = await demo.join('lin')
  })
  after(() => demo.close())

  it('a reply continues the answer it replies to', async () => {
    const described = await ada.slash('describe', { image: scene() })
    const color = await ada.answerTo(await ada.reply(described, COLOR))
    assert.equal(color.content, 'yellow')
    const circle = await ada.answerTo(await ada.reply(color, 'and the circle?'))
    assert.equal(circle.content, 'red')
    // By somebody else: while it is seen and not yet confirmed, an answer still counts as being written.
    const left = await lin.answerTo(await lin.reply(circle, 'what is to the left of it?'))
    assert.equal(left.content, 'yellow star')
  })

  it('the form of Ask… does the same, and shows the question', async () => {
    const described = await ada.slash('describe', { image: scene() })
    const first = await askForm(lin, described, COLOR)
    assert.equal(first.content, `> ${COLOR}\nyellow`)
    assert.match((await askForm(lin, first, 'and the circle?')).content, /\nred$/)
  })

  it('a suggested question is asked by pressing it, and is not suggested again', async () => {
    const described = await ada.slash('describe', { image: scene() })
    const [first] = await suggestedFor(ada, described)
    const answer = await ada.answer(await ada.press(described, first!.id))
    assert.ok(answer.content.startsWith(`> ${first!.label}\n`))
    const next = (await suggestedFor(ada, answer)).map(({ label }) => label)
    assert.equal(new Set(next).size, 2)
    assert.ok(!next.includes(first!.label))
  })

  it('/ask continues with the current picture of each person', async () => {
    await ada.slash('describe', { image: hearts() })
    await lin.slash('describe', { image: triangle() })
    const [hers, his] = await Promise.all([
      ada.slash('ask', { question: 'how many shapes are there?' }),
      lin.slash('ask', { question: 'how many shapes are there?' }),
    ])
    assert.match(hers.content, /\n3$/)
    assert.match(his.content, /\n1$/)
    const follow = await ada.slash('ask', { question: 'what color is the background?' })
    assert.match(follow.content, /\npink$/)
  })

  it('/ask takes an upload, and shows it with its answer', async () => {
    await ada.slash('describe', { image: hearts() })
    const question = 'how many shapes are there?'
    const answer = await ada.slash('ask', { question, image: triangle() })
    assert.match(answer.content, /\n1$/)
    assert.equal(answer.attachments.length, 1)
  })

  it('/ask labels its choices with what was asked, where nothing was described', async () => {
    await ada.slash('ask', { question: COLOR, image: scene('starry.png') })
    const choices = await ada.autocomplete('ask', 'picture', { question: 'x', picture: 'starry' })
    assert.ok(choices.some(({ name }) => name === `starry.png, asked: “${COLOR}”`))
  })

  it('/ask offers the recent pictures and takes a message link', async () => {
    const posted = await lin.upload(triangle('mountain.webp'))
    const choices = await ada.autocomplete('ask', 'picture', { question: 'x', picture: 'mountain' })
    const choice = choices.find(({ name }) => name.startsWith('mountain.webp'))
    assert.ok(choice)
    const question = 'what color is the triangle?'
    const chosen = await ada.slash('ask', { question, picture: String(choice.value) })
    assert.match(chosen.content, /\ngreen$/)
    const { guild_id: guild, channel_id: channel } = {
      guild_id: demo.bot.client.guilds.cache.first()!.id,
      ...posted,
    }
    const link = `https://discord.com/channels/${guild}/${channel}/${posted.id}`
    assert.match((await ada.slash('ask', { question, picture: link })).content, /\ngreen$/)
    const foreign = `https://discord.com/channels/123456789012345678/${channel}/${posted.id}`
    const refused = await ada.slash('ask', { question, picture: foreign })
    assert.equal(refused.content, EN.errors['link/invalid'])
  })

  it('/ask shows nobody a picture of a channel they cannot read', async () => {
    const mo = await demo.join('mo', { channel: 'mod-log' })
    const posted = await mo.upload(triangle('secret.webp'))
    const guild = demo.bot.client.guilds.cache.first()!.id
    const picture = `https://discord.com/channels/${guild}/${posted.channel_id}/${posted.id}`
    const question = 'what color is the triangle?'
    const refused = await ada.slash('ask', { question, picture })
    assert.equal(refused.content, EN.errors['link/hidden'])
    mo.switchTo('general')
    assert.match((await mo.slash('ask', { question, picture })).content, /\ngreen$/)
  })

  it('“Ask about image…” opens the form for a message, with the choice of a picture', async () => {
    const message = await lin.say('', hearts(), triangle())
    const modal = await ada.modal(await ada.useMenu(EN.commands.askMenu, message))
    const id = await ada.submit(modal, { question: 'how many shapes are there?', picture: ['1'] })
    assert.match((await ada.answer(id)).content, /\n1$/)
  })

  it('an answer about two pictures asks which one, and says which', async () => {
    const message = await lin.say('', hearts(), triangle())
    const described = await ada.menu(EN.commands.describeMenu, message)
    const modal = await ada.modal(await ada.press(described, button(described, EN.buttons.ask)))
    const id = await ada.submit(modal, { question: 'how many shapes are there?', picture: ['1'] })
    assert.match((await ada.answer(id)).content, /\n\*\*2\.\*\* 1$/)
  })

  it('a thread is a channel of its own', async () => {
    await ada.slash('describe', { image: scene() })
    await ada.openThread('elsewhere')
    const answer = await ada.slash('ask', { question: COLOR })
    assert.equal(answer.content, EN.errors['conversation/none'])
    ada.switchTo('general')
  })

  it('Again says so where the model has no other words, and leaves the answer as it is', async () => {
    const described = await ada.slash('describe', { image: triangle() })
    const again = await ada.press(described, button(described, EN.buttons.again))
    assert.equal((await ada.answer(again)).content, EN.errors['answer/no-other'])
    const states = ada.events.filter(({ message }) => message?.id === described.id)
    assert.equal(states.at(-1)?.message?.content, described.content)
  })

  it('Again and Delete are the asker’s; moderators may delete too', async () => {
    const described = await lin.slash('describe', { image: scene() })
    const again = await ada.answer(await ada.press(described, button(described, EN.buttons.again)))
    assert.equal(again.content, EN.errors['permission/only-asker'])

    const hers = await ada.slash('describe', { image: scene() })
    const refused = await lin.answer(await lin.press(hers, button(hers, EN.buttons.delete)))
    assert.equal(refused.content, EN.errors['permission/not-yours'])
    const mo = await demo.join('mo')
    for (const [member, answer] of [
      [ada, hers],
      [mo, described], // a moderator
    ] as const) {
      await member.press(answer, button(answer, EN.buttons.delete))
      await member.until((told) => told.type === 'deleted' && told.id === answer.id)
    }
  })

  it('a button of an answer no longer known says what to do', async () => {
    const described = await ada.slash('describe', { image: scene() })
    const [first] = await suggestedFor(ada, described)
    const mo = await demo.join('mo')
    await mo.slash('memory forget', { what: 'channel' })
    const answer = await ada.answer(await ada.press(described, first!.id))
    assert.equal(answer.content, EN.errors['conversation/unknown'])
  })
})

describe('Again', () => {
  it('says it in other words, in the same place, and the question’s answer too', async () => {
    // Its weights are random, so it is never at a loss for other words.
    const demo = await startDemoBot({ SIGHTSEER_MODEL: await packageFor('base') })
    try {
      const ada = await demo.join('ada')
      const described = await ada.slash('describe', { image: scene() })
      const asked = await askForm(ada, described, COLOR)
      for (const answer of [described, asked]) {
        await ada.press(answer, button(answer, EN.buttons.again))
        const again = await ada.changed(
          answer,
          ({ content }) => !['', answer.content].includes(content),
        )
        assert.equal(again.content.startsWith(`> ${COLOR}\n`), answer === asked)
        assert.deepEqual(buttonsOf(again).slice(-3), buttonsOf(answer).slice(-3))
      }
    } finally {
      await demo.close()
    }
  })

  it('does not describe the picture if the question is no longer stored', async () => {
    const demo = await startDemoBot({ SIGHTSEER_MODEL: await packageFor('base') })
    try {
      const ada = await demo.join('ada')
      const described = await ada.slash('describe', { image: scene() })
      const asked = await askForm(ada, described, COLOR)
      // A conversation keeps its newest questions only.
      const channels = demo.bot.store.collection({
        name: 'conversations',
        ttlMs: 60_000,
        decode: (data) => channelSchema.parse(data),
      })
      let dropped = 0
      while (dropped === 0) {
        await new Promise(setImmediate) // an answer is stored after it is delivered
        for await (const [key, { talks }] of channels.entries()) {
          const stored = talks.reduce((sum, { turns }) => sum + turns.length, 0)
          dropped += stored
          // Only what was counted is dropped: a turn may be stored between the two.
          if (stored > 0) {
            await channels.update(
              key,
              (record) => record && { talks: record.talks.map((talk) => ({ ...talk, turns: [] })) },
            )
          }
        }
      }
      const again = await ada.answer(await ada.press(asked, button(asked, EN.buttons.again)))
      assert.equal(again.content, EN.errors['answer/no-other'])
    } finally {
      await demo.close()
    }
  })
})

/** The suggested questions; where the model was slow they come after the answer. */
async function suggestedFor(member: Member, answer: APIMessage) {
  return suggestionsOf(await withSuggestions(member, answer))
}
