/** Which picture a message is about: its own, that of its reply, or the newest; never an older one. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import { type DemoBot, hearts, scene, startPeopledBot, triangle } from '../../helpers/demo-bot.ts'

const HOW_MANY = 'how many shapes are there?'

function text(name: string) {
  return { name, bytes: new TextEncoder().encode('hello') }
}

describe('what a message is about', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member
  let mention: string

  before(async () => {
    ;({ demo, ada, lin, mention } = await startPeopledBot())
    await lin.upload(hearts()) // the older picture that nothing may fall through to
  })
  after(() => demo.close())

  /** What the bot answers to a message of Ada's, without the line that names the picture. */
  async function answer(content: string, ...files: Parameters<Member['say']>[1][]) {
    const message = await ada.answerTo(await ada.say(content, ...files))
    return message.content.split('\n').at(-1) ?? ''
  }

  it('a file that is no picture is named', async () => {
    const notes = await answer(`${mention} ${HOW_MANY}`, text('notes.txt'))
    assert.equal(notes, EN.errors['message/unreadable-file']({ name: 'notes.txt', type: 'other' }))
    const clip = await answer(`${mention} ${HOW_MANY}`, text('clip.mp4'))
    assert.equal(
      clip,
      'clip.mp4 is a video; please send a PNG, JPEG, WebP, AVIF, GIF or TIFF picture.',
    )
    const drawing = await answer(mention, text('drawing.svg'))
    assert.match(drawing, /^drawing\.svg is an SVG drawing;/)
  })

  it('a picture among other files is the subject', async () => {
    assert.equal(await answer(`${mention} ${HOW_MANY}`, text('notes.txt'), triangle()), '1')
  })

  it('a link is about its preview, which comes later', async () => {
    const link = 'https://example.com/triangle.png'
    await demo.sandbox.links.register(link, { pictures: [triangle('preview.webp')] })
    assert.equal(await answer(`${mention} ${HOW_MANY} ${link}`), '1')
  })

  it('a link that Discord shows no picture of is said to have none', async () => {
    const none = EN.errors['message/link-without-picture']
    assert.equal(await answer(`${mention} ${HOW_MANY} <https://example.com/hidden.png>`), none)
    const article = 'https://example.com/article'
    await demo.sandbox.links.register(article, { title: 'Words', pictures: [] })
    assert.equal(await answer(`${mention} ${HOW_MANY} ${article}`), none)
    assert.equal(await answer(`${mention} ${HOW_MANY} https://example.com/unknown`), none)
  })

  it('a link to a message is about that message', async () => {
    const posted = await lin.upload(triangle())
    await lin.upload(hearts())
    const { guild } = demo.sandbox.world
    const link = `https://discord.com/channels/${guild.id}/${posted.channel_id}/${posted.id}`
    assert.equal(await answer(`${mention} ${HOW_MANY} ${link}`), '1')
    assert.equal(await answer(`${mention} ${HOW_MANY} <${link}>`), '1')
  })

  it('/ask takes the link of a message in every form, and says what it has instead of a picture', async () => {
    const posted = await lin.upload(triangle())
    const path = `channels/${demo.sandbox.world.guild.id}/${posted.channel_id}/${posted.id}`
    for (const picture of [
      `<https://discord.com/${path}>`,
      `https://discord.com/${path}?x=1`,
      `https://ptb.discord.com/${path}/`,
      `https://canary.discord.com/${path}#top`,
      posted.id,
    ]) {
      assert.match(
        (await ada.slash('ask', { question: HOW_MANY, picture })).content,
        /\n1$/,
        picture,
      )
    }
    const { id } = await lin.say('', text('notes.txt'))
    const refused = await ada.slash('ask', { question: HOW_MANY, picture: id })
    assert.match(refused.content, /^notes\.txt is not a picture/)
    const menu = await ada.menu(EN.commands.describeMenu, { id })
    assert.match(menu.content, /^notes\.txt is not a picture/)
  })

  it('without Read Message History it says that, not that there is no picture', async () => {
    const fault = demo.sandbox.faults.add({ kind: 'permission', permission: 'readMessageHistory' })
    const described = await ada.slash('describe')
    fault.cancel()
    assert.equal(described.content, EN.errors['channel/no-history'])
  })

  it('a reply to a message that is gone is about no picture', async () => {
    const posted = await lin.upload(triangle())
    const reply = await ada.reply(posted, HOW_MANY)
    await lin.delete(posted)
    await lin.until((event) => event.type === 'deleted' && event.id === posted.id)
    await ada.edit(reply, `${mention} ${HOW_MANY}`)
    assert.equal((await ada.answerTo(reply)).content, EN.errors['reply/gone'])
  })

  it('a reply with a link is about what it replies to, if the link shows nothing', async () => {
    const posted = await lin.upload(triangle())
    await lin.upload(hearts())
    const reply = await ada.reply(posted, `${mention} ${HOW_MANY} <https://example.com/rules>`)
    assert.equal((await ada.answerTo(reply)).content, '1')
  })

  it('a picture that is newer than the last question wins, with or without a question', async () => {
    await ada.answerTo(await ada.upload(scene(), `${mention} ${HOW_MANY}`))
    assert.equal(await answer(`${mention} what color is the star?`), 'yellow')
    await lin.upload(triangle())
    assert.equal(await answer(`${mention} ${HOW_MANY}`), '1')
    assert.equal(await answer(`${mention} what color is it?`), 'green')
    await lin.upload(hearts())
    assert.match((await ada.slash('ask', { question: HOW_MANY })).content, /\n3$/)
  })
})
