/** When something is in the way: each trouble has its sentence, and nothing is answered twice. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startSandbox } from 'loopback-discord'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import {
  button,
  type DemoBot,
  postWithAltText,
  scene,
  startDemoBot,
  triangle,
} from '../../helpers/demo-bot.ts'

const COLOR = 'what color is the star?'

describe('troubles', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member

  before(async () => {
    demo = await startDemoBot({ SIGHTSEER_MAX_IMAGE_BYTES: '100000' })
    ada = await demo.join('ada')
    lin = await demo.join('lin')
  })
  after(() => demo.close())

  it('a link that expired is renewed, from its message or by asking Discord', async (t) => {
    await ada.upload(scene('old.png'))
    const posted = await ada.slash('describe', { style: 'alt' })
    const given = await ada.slash('describe', { image: triangle('given.webp'), style: 'alt' })
    const fault = demo.sandbox.faults.add({ kind: 'cdn', action: 'expired' })
    // Files are in memory for a minute.
    const now = performance.now.bind(performance)
    t.mock.method(performance, 'now', () => now() + 2 * 60_000)
    for (const described of [posted, given]) {
      const answer = await ada.answer(await postWithAltText(ada, described))
      assert.equal(answer.attachments.length, 1, answer.content)
    }
    assert.equal(fault.applied, 2)
  })

  it('a picture that is gone is said to be gone', async () => {
    const posted = await ada.upload(scene('lost.png'))
    const fault = demo.sandbox.faults.add({ kind: 'cdn', action: 'missing' })
    const answer = await lin.menu(EN.commands.describeMenu, posted)
    fault.cancel()
    assert.equal(answer.content, EN.errors['image/gone'])
  })

  it('a file that is too large is refused before it is fetched', async () => {
    const image = { name: 'large.png', bytes: new Uint8Array(100_001) }
    const answer = await ada.slash('describe', { image })
    assert.match(answer.content, /^That picture is over 100000 bytes/)
  })

  it('a file that is not a picture is refused', async () => {
    const image = { name: 'note.png', bytes: new TextEncoder().encode('hello') }
    assert.match((await ada.slash('describe', { image })).content, /not a picture/)
  })

  it('a channel without pictures is said to have none', async () => {
    await ada.openThread('empty')
    assert.equal((await ada.slash('describe')).content, EN.errors['image/none-here'])
    const answer = await ada.answerTo(await ada.say(`<@${demo.bot.client.user.id}>`))
    assert.equal(answer.content, EN.errors['image/none-here'])
    ada.switchTo('general')
  })

  it('a mention in reply to a message without a picture says so', async () => {
    const words = await lin.say('just words')
    const answer = await ada.answerTo(await ada.reply(words, `<@${demo.bot.client.user.id}>`))
    assert.equal(answer.content, EN.errors['image/none-in-message'])
  })

  it('a question that is too long is refused in a sentence', async () => {
    const described = await ada.slash('describe', { image: scene() })
    const answer = await ada.answerTo(await ada.reply(described, 'why '.repeat(400)))
    assert.equal(answer.content, EN.errors['question/too-long'])
  })

  it('a message deleted before it is answered is answered nowhere', async () => {
    const described = await ada.slash('describe', { image: triangle() })
    const asked = await ada.reply(described, 'what color is the triangle?')
    await ada.delete(asked)
    // The bot keeps running.
    const next = await ada.answerTo(await ada.reply(described, 'what color is the triangle?'))
    assert.equal(next.content, 'green')
    const answers = ada.events.filter(
      ({ message }) => message?.message_reference?.message_id === asked.id,
    )
    assert.deepEqual(answers, [])
  })

  it('where the bot may not write, it stops trying, and works elsewhere', async () => {
    const fault = demo.sandbox.faults.add({
      kind: 'rest',
      method: 'POST',
      path: '/channels/:id/messages',
      status: 403,
      code: 50013,
    })
    await ada.upload(triangle(), `<@${demo.bot.client.user.id}>`)
    await fault.until()
    const answer = await ada.slash('describe', { image: triangle() })
    assert.match(answer.content, /green triangle/)
  })
})

describe('without the Message Content intent', () => {
  it('a hidden reply is told once how to ask, and the form works', async () => {
    const sandbox = await startSandbox({ messageContent: false })
    const demo = await startDemoBot({}, sandbox)
    try {
      const ada = await demo.join('ada')
      const described = await ada.slash('describe', { image: scene() })
      const hint = await ada.answerTo(await ada.reply(described, COLOR))
      assert.equal(hint.content, EN.errors['reply/unreadable'])
      const second = await ada.reply(described, COLOR)
      const modal = await ada.modal(await ada.press(described, button(described, EN.buttons.ask)))
      const answer = await ada.answer(await ada.submit(modal, { question: COLOR }))
      assert.match(answer.content, /\nyellow$/)
      const answered = ada.events.filter(
        ({ message }) => message?.message_reference?.message_id === second.id,
      )
      assert.deepEqual(answered, [])
    } finally {
      await demo.close()
      await sandbox.close()
    }
  })
})

describe('a link without the Message Content intent', () => {
  it('is looked at though the update with its preview hides that', async () => {
    const sandbox = await startSandbox({ messageContent: false })
    const demo = await startDemoBot({}, sandbox)
    try {
      const ada = await demo.join('ada')
      const link = 'https://example.com/triangle.webp'
      await sandbox.links.register(link, { pictures: [triangle()] })
      const asked = await ada.say(`<@${demo.bot.client.user.id}> what shape is it? ${link}`)
      assert.match((await ada.answerTo(asked)).content, /triangle/)
    } finally {
      await demo.close()
      await sandbox.close()
    }
  })
})

describe('installed to a person', () => {
  it('is used where the bot itself is not', async () => {
    const demo = await startDemoBot()
    try {
      const ada = await demo.join('ada')
      await ada.install()
      const lin = await demo.join('lin')
      await ada.openDirect(lin.id)
      const described = await ada.slash('describe', { image: scene() })
      assert.match(described.content, /yellow star/)
      const modal = await ada.modal(await ada.press(described, button(described, EN.buttons.ask)))
      const answer = await ada.answer(await ada.submit(modal, { question: COLOR }))
      assert.match(answer.content, /\nyellow$/)
      const nothing = await ada.slash('describe')
      assert.equal(nothing.content, EN.errors['channel/unreadable'])
    } finally {
      await demo.close()
    }
  })
})
