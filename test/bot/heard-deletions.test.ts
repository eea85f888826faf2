/** What is deleted on Discord while the bot runs. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { ChannelType } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { readAnswerCustomId } from '../../bot/discord/custom-id.ts'
import { EN } from '../../commands/i18n/en.ts'
import {
  type DemoBot,
  hearts,
  startDemoBot,
  suggestionsOf,
  triangle,
  withSuggestions,
} from '../helpers/demo-bot.ts'
import { editOut } from '../helpers/edit-out.ts'
import { hold, idle, kept } from '../helpers/held-bot.ts'

describe('what is deleted while the bot runs', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member

  before(async () => {
    demo = await startDemoBot()
    ada = await demo.join('ada')
    lin = await demo.join('lin')
  })
  after(() => demo.close())
  beforeEach(() => {
    ada.switchTo('general')
    lin.switchTo('general')
  })

  async function untilForgotten(id: string, spaces?: readonly string[]): Promise<void> {
    for (let tries = 0; (await kept(demo, id, spaces)).length > 0 && tries < 200; tries++) {
      await wait(50)
    }
    assert.deepEqual(await kept(demo, id, spaces), [])
  }

  it('a channel with threads: an active and an archived one', async () => {
    const { world } = demo.sandbox
    const channel = world.addChannel(world.guild, { name: 'parent', position: 9 })
    ada.switchTo(channel.id)
    const threads: string[] = []
    for (const name of ['active', 'archived']) {
      ada.switchTo(channel.id)
      threads.push(await ada.openThread(name))
      await ada.slash('describe', { image: hearts() })
    }
    const archived = await demo.bot.client.channels.fetch(threads[1]!)
    assert.ok(archived?.type === ChannelType.PublicThread)
    await archived.setArchived(true)
    // As after a start, when archived threads are not in the cache.
    archived.parent?.threads.cache.delete(archived.id)
    archived.guild.channels.cache.delete(archived.id)
    demo.bot.client.channels.cache.delete(archived.id)
    world.removeChannel(channel)
    for (const id of threads) {
      await untilForgotten(id)
    }
  })

  it('a picture that is edited out: its conversations, also in other channels', async () => {
    const posted = await ada.say('two', triangle('out.webp'), hearts('stays.webp'))
    await ada.menu(EN.commands.describeMenu, posted)
    const { world } = demo.sandbox
    const other = world.addChannel(world.guild, { name: 'elsewhere', position: 9 })
    lin.switchTo(other.id)
    const picture = `https://discord.com/channels/${world.guild.id}/${posted.channel_id}/${posted.id}`
    await lin.slash('ask', { question: 'what shape is it?', picture })
    editOut(demo.sandbox, posted, 'out.webp')
    await untilForgotten('out.webp')
    await idle(demo)
    assert.equal((await kept(demo, 'stays.webp')).length, 2)
    const shown = (await lin.slash('memory show')).content
    assert.doesNotMatch(shown, /out\.webp/)
    assert.match(shown, /stays\.webp/)
  })

  it('a picture that is edited out while it is answered about', async () => {
    const posted = await ada.upload(triangle('answered.webp'))
    const held = hold(demo, 'describe')
    const asked = await lin.useMenu(EN.commands.describeMenu, posted)
    await held.reached
    editOut(demo.sandbox, posted, 'answered.webp')
    assert.equal((await lin.answer(asked)).content, EN.errors['conversation/deleted'])
    held.release()
    await idle(demo)
    await untilForgotten('answered.webp')
    // The message is still there, so its finished job may name it.
    await untilForgotten(posted.id, ['conversations', 'answers', 'messages', 'forms'])
  })

  it('an edit that takes no picture out deletes nothing', async () => {
    const posted = await ada.upload(triangle('same.webp'))
    await ada.menu(EN.commands.describeMenu, posted)
    await ada.edit(posted, 'other words')
    await ada.slash('help')
    await idle(demo)
    assert.equal((await kept(demo, 'same.webp')).length, 1)
  })

  it('with a picture’s message its answers go, and what they suggest', async () => {
    const posted = await ada.upload(triangle('source.webp'))
    const described = await ada.menu(EN.commands.describeMenu, posted)
    await idle(demo)
    const [suggestion] = suggestionsOf(await withSuggestions(ada, described))
    const { key } = readAnswerCustomId(suggestion!.id)!
    assert.equal((await kept(demo, described.id)).length, 2)
    assert.ok((await kept(demo, key)).some((name) => name.startsWith('answers')))
    await ada.delete(posted)
    await untilForgotten(posted.id)
    await untilForgotten(described.id)
    await untilForgotten(key)
  })
})
