/** Channels that are answered by themselves: previews, threads, forums; nobody is told of errors. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { EN } from '../../../commands/i18n/en.ts'
import { type DemoBot, hearts, scene, startPeopledBot, triangle } from '../../helpers/demo-bot.ts'
import { hold, idle, kept } from '../../helpers/held-bot.ts'

const GUILD_FORUM = 15

describe('a channel that is answered by itself', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member
  let mention: string

  before(async () => {
    ;({ demo, ada, lin, mention } = await startPeopledBot())
    const kit = await demo.join('kit')
    await kit.slash('settings channel', { channel: kit.channelId, does: 'alt' })
  })
  after(() => demo.close())

  /** The bot's answers to messages, once it answered a later one. */
  async function answersTo(...messages: APIMessage[]): Promise<string[]> {
    await lin.answerTo(await lin.upload(triangle(), `${mention} what shape is it?`))
    const ids = messages.map(({ id }) => id)
    return lin.events
      .flatMap(({ message }) => message ?? [])
      .filter(({ message_reference: to, author }) => {
        return author.id === demo.bot.client.user.id && ids.includes(to?.message_id ?? '')
      })
      .map(({ content }) => content)
  }

  it('waits for the preview of a link', async () => {
    const link = 'https://example.com/hearts.webp'
    await demo.sandbox.links.register(link, { pictures: [hearts()] })
    const alt = await ada.answerTo(await ada.say(`look: ${link}`))
    assert.match(alt.content, /^AI-generated: .*heart/)
  })

  it('tells nobody of what it cannot read, in no form', async () => {
    const broken = { name: 'broken.png', bytes: new TextEncoder().encode('nothing') }
    const memes = await demo.join('ada', { channel: 'memes' })
    const general = ada.channelId
    const forwarded = await memes.forward(await memes.upload(broken), general)
    const friend = await lin.say('hello')
    const reply = await ada.reply(friend, 'see https://example.com/nothing')
    const answers = [
      forwarded,
      reply,
      await ada.upload(broken),
      await ada.say('<https://a.example>'),
    ]
    assert.deepEqual(await answersTo(...answers), [])
  })

  it('answers in its threads too, and forums can be chosen', async () => {
    await ada.openThread('pictures')
    const alt = await ada.answerTo(await ada.upload(hearts()))
    assert.match(alt.content, /^AI-generated: .*heart/)
    ada.switchTo('general')
    const { world } = demo.sandbox
    const forum = world.addChannel(world.guild, { name: 'gallery', type: GUILD_FORUM })
    const kit = await demo.join('kit')
    const told = await kit.slash('settings channel', { channel: forum.id, does: 'alt' })
    assert.match(told.content, new RegExp(`alt text in: .*<#${forum.id}>`))
  })

  it('deletes its own text with the picture, but no answer that somebody asked for', async () => {
    const posted = await ada.upload(scene())
    const alt = await ada.answerTo(posted)
    const asked = await lin.menu(EN.commands.describeMenu, posted)
    await idle(demo)
    await ada.delete(posted)
    await ada.until((event) => event.type === 'deleted' && event.id === alt.id)
    assert.ok(!ada.events.some((event) => event.type === 'deleted' && event.id === asked.id))
    await idle(demo) // the post goes first, then what is stored
    assert.deepEqual(await kept(demo, posted.id), [])
  })

  it('answers an edit that asks beside its own text, also while that is written', async () => {
    const held = hold(demo, 'describe', 1) // an answer may need a description too
    const posted = await ada.upload(scene())
    await held.reached
    await ada.edit(posted, `${mention} what color is the star?`)
    assert.equal((await ada.answerTo(posted)).content, 'yellow')
    held.release()
    await ada.until(
      ({ message }) =>
        message?.message_reference?.message_id === posted.id &&
        message.content.startsWith('AI-generated: A small yellow star'),
    )
    const contents = new Map(
      ada.events.flatMap(({ message }) =>
        message?.message_reference?.message_id === posted.id ? [[message.id, message.content]] : [],
      ),
    )
    assert.equal(contents.size, 2)
    assert.ok([...contents.values()].includes('yellow'))
  })

  it('posts nothing for a picture that was deleted meanwhile', async () => {
    const held = hold(demo, 'describe')
    const posted = await ada.upload(scene())
    await held.reached
    await ada.delete(posted)
    held.release()
    await idle(demo)
    assert.deepEqual(await answersTo(posted), [])
  })
})
