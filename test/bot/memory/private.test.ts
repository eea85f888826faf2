/** What was shown, asked or answered privately: a second person asks through every reader. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type APIMessage, ComponentType } from 'discord.js'
import { EN } from '../../../commands/i18n/en.ts'
import type { Member } from 'loopback-discord/client'
import {
  button,
  type DemoBot,
  hearts,
  scene,
  startDemoBot,
  triangle,
} from '../../helpers/demo-bot.ts'

const ABOUT_SCENE = 'what color is the star?'
const ABOUT_TRIANGLE = 'what color is the triangle?'
const EPHEMERAL = 64

describe('private answers', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member
  /** Moderates. */
  let mo: Member
  /** Ada's private description of a picture of a command, and her private question about it. */
  let described: APIMessage
  let asked: APIMessage
  /** Lin's public picture, which Ada asks about privately. */
  let shared: APIMessage

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    lin = await demo.join('lin')
    mo = await demo.join('mo')
    shared = await lin.slash('describe', { image: triangle('shared.webp') })
    described = await ada.slash('describe', { image: scene('secret.png'), private: true })
    asked = await ada.slash('ask', { question: ABOUT_SCENE, private: true })
    const [choice] = await ada.autocomplete('ask', 'picture', { question: '', picture: 'shared' })
    await ada.slash('ask', {
      question: ABOUT_TRIANGLE,
      picture: String(choice!.value),
      private: true,
    })
  })
  after(() => demo.close())

  const ping = (text: string) => `<@${demo.bot.client.user.id}> ${text}`

  /** The value that Ada's own autocomplete gives her private picture. */
  async function secretTalk(): Promise<string> {
    const choices = await ada.autocomplete('ask', 'picture', { question: '', picture: 'secret' })
    assert.equal(choices.length, 1)
    return String(choices[0]!.value)
  }

  it('the asker sees and uses all of it', async () => {
    const shown = (await ada.slash('memory show')).content
    for (const part of ['secret.png', ABOUT_SCENE, 'shared.webp', ABOUT_TRIANGLE]) {
      assert.ok(shown.includes(part), part)
    }
    const picture = await secretTalk()
    const follow = await ada.slash('ask', { question: 'and the circle?', picture, private: true })
    assert.equal(follow.content, '> and the circle?\n-# About secret.png\nred')
  })

  it('a question about a privately shown picture is answered privately, asked for or not', async () => {
    const answer = await ada.slash('ask', { question: ABOUT_SCENE, picture: await secretTalk() })
    assert.match(answer.content, /yellow$/)
    assert.equal((answer.flags ?? 0) & EPHEMERAL, EPHEMERAL)
    const suggested = await ada.answer(await ada.press(asked, button(asked, EN.buttons.again)))
    assert.equal((suggested.flags ?? 0) & EPHEMERAL, EPHEMERAL)
  })

  it('/memory show of others has neither picture, question, count nor asker', async () => {
    for (const other of [lin, mo]) {
      const shown = (await other.slash('memory show')).content
      assert.match(shown, /shared\.webp: .* — no questions yet/)
      assert.ok(shown.startsWith(EN.memory.title(1)), shown)
      for (const part of ['secret', ABOUT_SCENE, ABOUT_TRIANGLE, 'yellow', ada.id]) {
        assert.ok(!shown.includes(part), part)
      }
    }
  })

  it('autocomplete of /ask and /memory forget does not offer it to others', async () => {
    for (const other of [lin, mo]) {
      for (const typed of ['secret', 'star', 'color']) {
        const asking = await other.autocomplete('ask', 'picture', { question: '', picture: typed })
        assert.deepEqual(asking, [], typed)
        const forgetting = await other.autocomplete('memory forget', 'picture', {
          what: 'picture',
          picture: typed,
        })
        assert.deepEqual(forgetting, [], typed)
      }
    }
  })

  it('/ask of others is about what they may see, with and without naming a picture', async () => {
    const newest = await mo.slash('ask', { question: 'how many shapes are there?' })
    assert.match(newest.content, /\n1$/)
    const named = await mo.slash('ask', { question: ABOUT_SCENE, picture: await secretTalk() })
    assert.equal(named.content, EN.errors['link/invalid'])
  })

  it('a mention is about what everyone may see, also the asker’s own', async () => {
    for (const member of [ada, mo]) {
      const answer = await member.answerTo(await member.say(ping('how many shapes are there?')))
      assert.match(answer.content, /^-# About \[shared\.webp ↗\]\(\S+\)\n1$/)
    }
  })

  it('a reply to a public answer continues the public questions only', async () => {
    const answer = await lin.answerTo(await lin.reply(shared, 'what shape is it?'))
    assert.equal(answer.content, 'triangle')
    const shown = (await lin.slash('memory show')).content
    assert.ok(!shown.includes(ABOUT_TRIANGLE))
  })

  it('the menus of a message tell nothing of what another asked about it privately', async () => {
    const posted = await lin.upload(hearts('menu.webp'))
    const own = await ada.slash('describe', { private: true })
    assert.equal((own.flags ?? 0) & EPHEMERAL, EPHEMERAL)
    const picture = posted.id
    const forgotten = await lin.slash('memory forget', { what: 'picture', picture })
    assert.equal(forgotten.content, EN.memory.forgotten(0))
    await lin.menu(EN.commands.describeMenu, posted)
    const form = await lin.modal(await lin.useMenu(EN.commands.askMenu, posted))
    await lin.answer(await lin.submit(form, { question: 'how many hearts are there?' }))
    const shown = (await lin.slash('memory show')).content
    assert.equal(shown.split('menu.webp').length - 1, 1, 'a picture is listed once')
    assert.match(shown, /menu\.webp.*1 question;/, 'what Lin asked, and nothing of Ada’s')
  })

  it('the records of a private answer are deleted before its message', async () => {
    const question = 'where is the triangle?'
    const picture = await secretTalk()
    const answer = await ada.slash('ask', { question, picture, private: true })
    const fault = demo.sandbox.faults.add({
      kind: 'rest',
      method: 'DELETE',
      path: '/webhooks/:id/:token/messages/:id',
      status: 400,
      code: 50_083,
    })
    await ada.press(answer, button(answer, EN.buttons.delete))
    await fault.until()
    const { attachments } = await ada.slash('privacy export')
    const stored = await (await fetch(attachments[0]!.url)).text()
    assert.match(stored, /secret\.png/)
    assert.ok(!stored.includes(question))
    demo.sandbox.faults.clear()
  })

  it('buttons with the key of a private answer do nothing for others', async () => {
    const channel = await demo.bot.client.channels.fetch(lin.channelId)
    assert.ok(channel?.isSendable())
    for (const private_ of [described, asked]) {
      for (const label of [EN.buttons.ask, EN.buttons.again, EN.buttons.delete]) {
        const custom_id = button(private_, label)
        const one = { type: ComponentType.Button, style: 2, custom_id, label } as const
        const row = { type: ComponentType.ActionRow, components: [one] } as const
        const { id } = await channel.send({ content: label, components: [row] })
        const pressed = await lin.answer(await lin.press({ id }, custom_id))
        const expected =
          label === EN.buttons.delete
            ? EN.errors['permission/not-yours']
            : EN.errors['conversation/unknown']
        assert.equal(pressed.content, expected, label)
      }
    }
  })

  it('/privacy export gives nobody what another asked about their picture privately', async () => {
    const { attachments } = await lin.slash('privacy export')
    const text = await (await fetch(attachments[0]!.url)).text()
    assert.match(text, /shared\.webp/)
    for (const part of ['secret.png', ABOUT_SCENE, ABOUT_TRIANGLE, ada.id]) {
      assert.ok(!text.includes(part), part)
    }
    const own = await ada.slash('privacy export')
    const hers = await (await fetch(own.attachments[0]!.url)).text()
    for (const part of ['secret.png', ABOUT_SCENE, ABOUT_TRIANGLE]) {
      assert.ok(hers.includes(part), part)
    }
  })

  it('what a person deletes of themselves counts nothing that is another’s', async () => {
    const mine = await mo.slash('memory forget', { what: 'mine' })
    assert.equal(mine.content, EN.memory.forgottenTurns(2))
  })

  it('/memory forget channel forgets it all, and counts what the moderator may see', async () => {
    const shown = (await mo.slash('memory show')).content
    const count = Number(/\d+/.exec(shown)![0])
    const forgotten = await mo.slash('memory forget', { what: 'channel' })
    assert.equal(forgotten.content, EN.memory.forgotten(count))
    assert.equal((await ada.slash('memory show')).content, EN.memory.nothing)
  })
})
