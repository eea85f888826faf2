/** What managers choose for a server: /settings, channels that are answered by themselves, alt text. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type APIMessage, MessageFlags } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import { ZH } from '../../../commands/i18n/zh.ts'
import {
  button,
  buttonsOf,
  type DemoBot,
  postWithAltText,
  scene,
  startDemoBot,
  textInputs,
  triangle,
} from '../../helpers/demo-bot.ts'
import { hold, idle, kept } from '../../helpers/held-bot.ts'

describe('settings of a server', () => {
  let demo: DemoBot
  let ada: Member
  let kit: Member

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    kit = await demo.join('kit')
  })
  after(() => demo.close())

  /** The bot's answers to a message so far, once it answered a later message of the same channel. */
  async function answersTo(member: Member, message: APIMessage): Promise<APIMessage[]> {
    await member.answerTo(await member.say(`<@${demo.bot.client.user.id}> what color is the star?`))
    return member.events
      .flatMap((told) => told.message ?? [])
      .filter(({ message_reference: to }) => to?.message_id === message.id)
  }

  it('/settings is for managers', async () => {
    await assert.rejects(ada.slash('settings show'), /403|404/)
    const shown = await kit.slash('settings show')
    assert.match(shown.content, /^- I write alt text in: no channel$/m)
    assert.ok(shown.content.endsWith(EN.settings.how))
    assert.equal((shown.flags ?? 0) & MessageFlags.Ephemeral, MessageFlags.Ephemeral)
  })

  it('alt text: a quiet reply to each picture without one, and only to those', async () => {
    const told = await kit.slash('settings channel', { channel: kit.channelId, does: 'alt' })
    assert.match(told.content, new RegExp(`alt text in: <#${kit.channelId}>`))

    const answer = await ada.answerTo(await ada.upload(scene()))
    assert.match(answer.content, /^AI-generated: A small yellow star .*\.$/)
    const flags = answer.flags ?? 0
    assert.equal(flags & MessageFlags.SuppressNotifications, MessageFlags.SuppressNotifications)
    assert.deepEqual(answer.mentions, [])
    assert.ok(answer.content.length <= 1024)

    const described = await ada.upload({ ...scene(), description: 'my own words' })
    assert.deepEqual(await answersTo(ada, described), [])
    assert.deepEqual(await answersTo(ada, await ada.say('no picture')), [])
  })

  it('alt text: not for people who opted out', async () => {
    const lin = await demo.join('lin')
    await lin.slash('privacy opt-out')
    assert.deepEqual(await answersTo(ada, await lin.upload(triangle())), [])
    await lin.slash('privacy opt-in')
  })

  it('alt text: a reply below it is not for the bot', async () => {
    const alt = await ada.answerTo(await ada.upload(scene()))
    const chat = await ada.reply(alt, 'what color is the star?')
    assert.deepEqual(await answersTo(ada, chat), [])
  })

  it('alt text: on request the picture is posted again with it, by its author only', async () => {
    const posted = await ada.upload(scene('SPOILER_mine.png'))
    const alt = await ada.answerTo(posted)
    assert.match(alt.content, /^\|\|AI-generated: A small .*\|\|$/)
    const lin = await demo.join('lin')
    const refused = await lin.answer(await lin.press(alt, button(alt, EN.buttons.repost)))
    assert.equal(refused.content, EN.errors['permission/only-author'])

    const again = await ada.answer(await postWithAltText(ada, alt))
    assert.equal(again.content, EN.answer.repostedFor('Ada'))
    const [file] = again.attachments
    assert.match(file?.description ?? '', /^AI-generated: A small yellow star/)
    assert.ok(file?.filename.startsWith('SPOILER_'))
    const bytes = new Uint8Array(await (await fetch(file!.url)).arrayBuffer())
    assert.deepEqual(bytes, scene().bytes)

    const { message } = await ada.until(
      (event) => event.message?.id === alt.id && event.message.edited_timestamp !== null,
    )
    const off = buttonsOf(message!).filter(({ disabled }) => disabled)
    assert.deepEqual(
      off.map(({ label }) => label),
      [EN.buttons.repost],
    )
  })

  it('alt text: its author corrects it first, and it is posted once', async () => {
    const alt = await ada.answerTo(await ada.upload(triangle()))
    const repost = button(alt, EN.buttons.repost)
    const forms = [
      await ada.modal(await ada.press(alt, repost)),
      await ada.modal(await ada.press(alt, repost)),
    ]
    assert.match(textInputs(forms[0]?.components)[0]?.value ?? '', /^A large green triangle .*\.$/)
    const answers = await Promise.all(
      forms.map(async (form) =>
        ada.answer(await ada.submit(form, { text0: 'A hill, as I drew it' })),
      ),
    )
    const [posted, ...others] = answers.filter(({ attachments }) => attachments.length > 0)
    assert.deepEqual(others, [])
    assert.equal(posted?.content, EN.answer.repostedWith('Ada'))
    assert.equal(posted.attachments[0]?.description, 'A hill, as I drew it')
    const refused = answers.find(({ attachments }) => attachments.length === 0)
    assert.equal(refused?.content, EN.errors['answer/reposted'])
  })

  it('a channel can be answered by itself, in the style and language of the server', async () => {
    await kit.slash('settings channel', { channel: kit.channelId, does: 'describe' })
    await kit.slash('settings style', { value: 'alt' })
    await kit.slash('settings language', { value: 'zh-CN' })
    const answer = await ada.answerTo(await ada.upload(triangle()))
    assert.match(answer.content, /^A large green triangle .*\.\n-# 回答是英文的。$/)
    assert.ok(buttonsOf(answer).some(({ label }) => label === ZH.buttons.ask))
    await kit.slash('settings channel', { channel: kit.channelId, does: 'nothing' })
    assert.deepEqual(await answersTo(ada, await ada.upload(triangle())), [])
    await kit.slash('settings language', { value: 'auto' })
  })

  it('a daily limit counts each member for themselves', async () => {
    await kit.slash('settings limit', { value: 1 })
    const lin = await demo.join('lin')
    const broken = { name: 'broken.png', bytes: new TextEncoder().encode('nothing') }
    assert.match((await lin.slash('describe', { image: broken })).content, /not a picture/)
    assert.match((await lin.slash('describe', { image: triangle() })).content, /green triangle/)
    const second = await lin.slash('describe', { image: triangle() })
    assert.equal(second.content, EN.errors['limit/daily']({ limit: 1 }))
    const mo = await demo.join('mo')
    assert.match((await mo.slash('describe', { image: triangle() })).content, /green triangle/)
    await kit.slash('settings limit', { value: 0 })
    assert.match((await lin.slash('describe', { image: triangle() })).content, /green triangle/)
  })

  it('a daily limit counts an answer that its asker deletes at once', async () => {
    await kit.slash('settings limit', { value: 1 })
    const held = hold(demo, 'ask') // the suggestions are still to come
    const answer = await ada.slash('describe', { image: triangle() })
    await held.reached
    while ((await kept(demo, answer.id)).length === 0) {
      await wait(5)
    }
    await ada.press(answer, button(answer, EN.buttons.delete))
    while ((await kept(demo, answer.id)).length > 0) {
      await wait(5)
    }
    held.release()
    await idle(demo)
    const second = await ada.slash('describe', { image: triangle() })
    assert.equal(second.content, EN.errors['limit/daily']({ limit: 1 }))
    await kit.slash('settings limit', { value: 0 })
  })

  it('what is remembered ends when the server says', async () => {
    const shown = await kit.slash('settings retention', { value: 2 })
    assert.match(shown.content, /I remember for: 2 hours/)
    assert.match((await ada.slash('privacy show')).content, /until 2 hours after/)
  })
})
