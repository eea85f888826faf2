/** An answer shows or names its picture wherever nothing else connects the two. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { MessageFlags } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import {
  button,
  type DemoBot,
  hearts,
  postWithAltText,
  scene,
  startPeopledBot,
  triangle,
} from '../../helpers/demo-bot.ts'
import { idle, kept } from '../../helpers/held-bot.ts'
import { startModeratedServer } from '../../helpers/moderated-server.ts'

const HOW_MANY = 'how many shapes are there?'

describe('the picture of an answer', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member
  let mention: string
  let guild: string

  before(async () => {
    ;({ demo, ada, lin, mention } = await startPeopledBot())
    guild = demo.sandbox.world.guild.id
  })
  after(() => demo.close())

  function about(name: string, message: { readonly channel_id: string; readonly id: string }) {
    const link = `https://discord.com/channels/${guild}/${message.channel_id}/${message.id}`
    return EN.answer.about(`[${name} ↗](${link})`)
  }

  it('is named with a link where the bot chose it', async () => {
    const posted = await lin.upload(triangle())
    const line = about('triangle.webp', posted)
    const answers = [
      await ada.answerTo(await ada.say(mention)),
      await ada.answerTo(await ada.say(`${mention} ${HOW_MANY}`)),
      await ada.slash('describe'),
      await ada.slash('ask', { question: HOW_MANY }),
    ]
    for (const { content } of answers) {
      assert.ok(content.split('\n').includes(line), content)
    }
  })

  it('is not named below itself', async () => {
    const posted = await lin.upload(triangle())
    const below = [
      await ada.answerTo(await ada.upload(triangle(), mention)),
      await ada.answerTo(await ada.reply(posted, mention)),
      await ada.menu(EN.commands.describeMenu, posted),
    ]
    for (const { content } of below) {
      assert.doesNotMatch(content, /triangle\.webp/)
    }
  })

  it('keeps a spoiler’s name to itself, and counts several', async () => {
    await lin.upload(hearts('SPOILER_love.webp'))
    const hidden = await ada.slash('describe')
    assert.match(hidden.content, /^-# About \[the picture behind the spoiler ↗\]/)
    await lin.say('', hearts(), triangle())
    assert.match((await ada.slash('describe')).content, /^-# About \[these 2 pictures ↗\]/)
  })

  it('is shown by the public answer to an upload, and stays through its buttons', async () => {
    const described = await ada.slash('describe', { image: triangle('mine.webp') })
    const [file] = described.attachments
    assert.equal(file?.filename, 'mine.webp')
    assert.match(file?.description ?? '', /^AI-generated: A large green triangle/)
    const bytes = new Uint8Array(await (await fetch(file.url)).arrayBuffer())
    assert.deepEqual(bytes, triangle().bytes)
    await ada.answer(await ada.press(described, button(described, EN.buttons.again)))
    const { message } = await ada.until(
      (event) => event.message?.id === described.id && (event.message.components?.length ?? 0) > 1,
    )
    assert.equal(message?.attachments.length, 1)
    const asked = await ada.slash('ask', { question: HOW_MANY })
    assert.ok(asked.content.includes(about('mine.webp', described)), asked.content)
  })

  it('is not shown by a private answer, nor for who may not post files', async () => {
    const hidden = await ada.slash('describe', { image: scene(), private: true })
    assert.equal((hidden.flags ?? 0) & MessageFlags.Ephemeral, MessageFlags.Ephemeral)
    assert.deepEqual(hidden.attachments, [])
    const fault = demo.sandbox.faults.add({ kind: 'permission', permission: 'attachFiles' })
    const without = await ada.slash('describe', { image: scene() })
    fault.cancel()
    assert.match(without.content, /yellow star/)
    assert.deepEqual(without.attachments, [])
  })

  it('is shown by the answer to a question about an upload, without its name', async () => {
    const asked = await ada.slash('ask', { question: HOW_MANY, image: triangle('asked.webp') })
    assert.equal(asked.content, `> ${HOW_MANY}\n1`)
    assert.equal(asked.attachments[0]?.filename, 'asked.webp')
    const next = await ada.slash('ask', { question: 'what color is it?' })
    assert.ok(next.content.includes(about('asked.webp', asked)), next.content)
    await ada.press(asked, button(asked, EN.buttons.delete))
    await ada.until((event) => event.type === 'deleted' && event.id === asked.id)
    await idle(demo)
    assert.deepEqual(await kept(demo, 'asked.webp'), [])
  })

  it('stays a spoiler when it is shown', async () => {
    const described = await ada.slash('describe', { image: scene('SPOILER_mine.png') })
    assert.match(described.content, /^\|\|.*\|\|$/)
    assert.equal(described.attachments[0]?.filename, 'SPOILER_mine.png')
  })

  it('is left out where it is too large for the place', async () => {
    const fault = demo.sandbox.faults.add({
      kind: 'rest',
      method: 'PATCH',
      path: '/webhooks/:id/:token/messages/:id',
      status: 413,
      code: 40_005,
    })
    const described = await ada.slash('describe', { image: scene() })
    assert.equal(fault.applied, 1)
    assert.match(described.content, /yellow star/)
    assert.deepEqual(described.attachments, [])
  })

  it('is deleted with the answer that shows it, with all questions about it', async () => {
    const described = await ada.slash('describe', { image: scene('gone.png') })
    const [file] = described.attachments
    await ada.answerTo(await ada.reply(described, HOW_MANY))
    await idle(demo)
    assert.notDeepEqual(await kept(demo, 'gone.png'), [])
    await ada.press(described, button(described, EN.buttons.delete))
    await ada.until((event) => event.type === 'deleted' && event.id === described.id)
    await idle(demo)
    assert.deepEqual(await kept(demo, 'gone.png'), [])
    assert.equal((await fetch(file!.url)).status, 404)
  })
})

describe('on a server with moderation', () => {
  it('an upload that staff judged is not shown, and others are', async () => {
    const server = await startModeratedServer()
    try {
      const { ada, mo } = server
      await server.setUp()
      await mo.slash('moderation hash add', { image: scene() })
      const judged = await ada.slash('describe', { image: scene() })
      assert.match(judged.content, /yellow star/)
      assert.deepEqual(judged.attachments, [])
      const hidden = await ada.slash('describe', { image: scene(), style: 'alt', private: true })
      const refused = await ada.answer(await postWithAltText(ada, hidden))
      assert.equal(refused.content, EN.errors['image/judged'])
      const other = await ada.slash('describe', { image: hearts() })
      assert.equal(other.attachments.length, 1)
    } finally {
      await server.close()
    }
  })
})
