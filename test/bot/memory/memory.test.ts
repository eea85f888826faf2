/** What is remembered, for whom, and how it is forgotten: /memory, /privacy, deletion, leaving. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Events } from 'discord.js'
import type { Member } from 'loopback-discord/client'
import { startSandbox } from 'loopback-discord'
import { removeMember } from 'loopback-discord/members'
import { EN } from '../../../commands/i18n/en.ts'
import {
  deletePrivacy,
  button,
  type DemoBot,
  scene,
  startDemoBot,
  suggestionsOf,
  withSuggestions,
  triangle,
} from '../../helpers/demo-bot.ts'
import { idle } from '../../helpers/held-bot.ts'

const COLOR = 'what color is the star?'

describe('memory and privacy', () => {
  let demo: DemoBot
  let ada: Member
  let lin: Member

  const lines: string[] = []

  before(async () => {
    const log = { write: (line: string) => void lines.push(line) }
    demo = await startDemoBot({ LOG_LEVEL: 'info' }, undefined, log)
    ada = await demo.join('ada')
    lin = await demo.join('lin')
  })
  after(() => demo.close())

  /** Everything in the store whose text has `part`; the store is the bot's own. */
  async function kept(part: string): Promise<string[]> {
    const found: string[] = []
    for (const name of ['conversations', 'answers', 'messages', 'uses', 'locales', 'settings']) {
      const space = demo.bot.store.collection({
        name,
        ttlMs: 1000,
        decode: (data: unknown) => data,
      })
      for await (const [key, record] of space.entries()) {
        if (`${key} ${JSON.stringify(record)}`.includes(part)) {
          found.push(`${name} ${key}`)
        }
      }
    }
    return found
  }

  it('/memory show lists the pictures with the questions, for the asker only', async () => {
    const described = await ada.slash('describe', { image: scene('memory.png') })
    await ada.answerTo(await ada.reply(described, COLOR))
    await idle(demo)
    const shown = await lin.slash('memory show')
    assert.match(shown.content, /memory\.png: .* — 1 question; forgotten <t:\d+:R>/)
    assert.match(shown.content, /what color is the star\? → yellow \(<@\d+>\)/)
    assert.equal((shown.flags ?? 0) & 64, 64)
    assert.deepEqual(shown.mentions, [])
  })

  it('/memory forget: a picture is its shower’s to forget, not anyone’s', async () => {
    const described = await ada.slash('describe', { image: scene('hers.png') })
    const [choice] = await lin.autocomplete('memory forget', 'picture', {
      what: 'picture',
      picture: 'hers',
    })
    const picture = String(choice!.value)
    const refused = await lin.slash('memory forget', { what: 'picture', picture })
    assert.equal(refused.content, EN.errors['permission/not-yours'])
    const done = await ada.slash('memory forget', { what: 'picture', picture })
    assert.equal(done.content, EN.memory.forgotten(1))
    const late = await ada.answerTo(await ada.reply(described, COLOR))
    assert.equal(late.content, EN.errors['conversation/unknown'])
  })

  it('/memory forget mine: only what I asked', async () => {
    const described = await ada.slash('describe', { image: scene('shared.png') })
    await ada.answerTo(await ada.reply(described, COLOR))
    await lin.answerTo(await lin.reply(described, 'how many shapes are there?'))
    await idle(demo)
    await lin.slash('memory forget', { what: 'mine' })
    const shown = (await ada.slash('memory show')).content
    assert.ok(shown.includes(COLOR))
    assert.ok(!shown.includes('how many shapes'))
  })

  it('deleting the picture’s message deletes its conversation', async () => {
    const posted = await ada.upload(triangle('gone.webp'))
    const described = await ada.menu(EN.commands.describeMenu, posted)
    await idle(demo) // an answer is remembered just after it is there
    assert.match((await ada.slash('memory show')).content, /gone\.webp/)
    assert.notDeepEqual(await kept('gone.webp'), [])
    await ada.delete(posted)
    await gone('gone.webp')
    assert.deepEqual(await kept(posted.id), [])
    assert.deepEqual(await kept(described.id), [])
  })

  it('deleting an answer deletes what it said', async () => {
    const described = await ada.slash('describe', { image: scene('answered.png') })
    const asked = await ada.answerTo(await ada.reply(described, 'is there a green cross?'))
    await ada.press(asked, button(asked, EN.buttons.delete))
    await gone('is there a green cross?')
    assert.notDeepEqual(await kept('answered.png'), [])
    await ada.press(described, button(described, EN.buttons.delete))
    await gone('answered.png')
  })

  it('deleting many messages at once deletes their conversations', async () => {
    const posted = [
      await ada.upload(triangle('bulk1.webp')),
      await ada.upload(triangle('bulk2.webp')),
    ]
    for (const message of posted) {
      await ada.menu(EN.commands.describeMenu, message)
    }
    const channel = await demo.bot.client.channels.fetch(ada.channelId)
    assert.ok(channel?.isTextBased() && !channel.isDMBased() && 'bulkDelete' in channel)
    await channel.bulkDelete(posted.map(({ id }) => id))
    await gone('bulk1.webp')
    await gone('bulk2.webp')
  })

  it('/memory show lists a picture once, and all of a long list in a file', async () => {
    await ada.openThread('many')
    for (const question of [COLOR, 'how many shapes are there?']) {
      await ada.slash('ask', { question, image: scene('twice.png') })
    }
    await idle(demo)
    const short = await ada.slash('memory show')
    assert.match(short.content, /^I remember 1 picture here:\n.*twice\.png.*2 questions/)
    assert.deepEqual(short.attachments, [])
    for (const question of ['what is in the center?', 'is there a heart?', 'and a star?']) {
      await ada.slash('ask', { question })
    }
    await idle(demo)
    const long = await ada.slash('memory show')
    assert.ok(long.content.startsWith(EN.memory.inFile))
    const [file] = long.attachments
    const text = await (await fetch(file!.url)).text()
    assert.ok(text.includes(COLOR) && text.includes('and a star?'))
    ada.switchTo('general')
  })

  it('/privacy export gives what is kept about me, and delete deletes it', async () => {
    await lin.slash('describe', { image: scene('mine.png') })
    await idle(demo)
    const exported = await lin.slash('privacy export')
    const file = exported.attachments[0]
    assert.equal(file?.filename, 'sightseer.json')
    const text = await (await fetch(file.url)).text()
    assert.ok(Array.isArray(JSON.parse(text)))
    assert.match(text, /mine\.png/)
    assert.ok(!text.includes(COLOR), 'what Ada asked is not Lin’s')

    const [entry] = JSON.parse(text)
    assert.equal(entry.what, EN.privacy.kinds.conversation)
    assert.match(entry.until, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)

    const asked = await lin.slash('privacy delete')
    assert.equal(asked.content, EN.privacy.confirmDelete)
    assert.notDeepEqual(await kept(lin.id), [], 'nothing is deleted before it is confirmed')
    const { content } = await deletePrivacy(lin)
    assert.match(content, /^Deleted: \d+ records? about you\.$/)
    assert.deepEqual(await kept(lin.id), [])
    assert.notDeepEqual(await kept(ada.id), [])
  })

  it('/privacy opt-out: nothing is kept of me, and nobody else has my pictures looked at', async () => {
    assert.equal((await lin.slash('privacy opt-out')).content, EN.privacy.optedOut)
    const mine = await lin.upload(scene('private.png'))
    const refused = await ada.menu(EN.commands.describeMenu, mine)
    assert.equal(refused.content, EN.errors['image/opted-out'])
    const own = await lin.menu(EN.commands.describeMenu, mine)
    assert.match(own.content, /yellow star/)
    assert.ok(!own.content.includes(EN.answer.notRemembered), 'an opt-out is not published')
    const hidden = await lin.slash('describe', { image: scene(), private: true })
    assert.ok(hidden.content.endsWith(EN.answer.notRemembered))
    assert.deepEqual(own.components, [])
    assert.deepEqual(await kept('private.png'), [])
    assert.deepEqual(await kept(lin.id), [])
    assert.match((await lin.slash('privacy show')).content, /You are opted out/)
    await lin.slash('privacy opt-in')
    assert.match((await ada.menu(EN.commands.describeMenu, mine)).content, /yellow star/)
  })

  it('an outage of a server deletes nothing', async () => {
    const described = await ada.slash('describe', { image: scene('outage.png') })
    const { client } = demo.bot
    const away = once(client, Events.GuildUnavailable)
    const outage = demo.sandbox.faults.add({ kind: 'outage' })
    await away
    const back = once(client, Events.GuildAvailable)
    outage.cancel()
    await back
    const answer = await ada.answerTo(await ada.reply(described, COLOR))
    assert.match(answer.content, /yellow/)
  })

  it('leaving a server deletes everything of it', async () => {
    const guild = demo.bot.client.guilds.cache.first()!
    await ada.slash('describe', { image: scene('left.png') })
    await idle(demo)
    assert.notDeepEqual(await kept(guild.id), [])
    const { world } = demo.sandbox
    removeMember(world, world.guild, demo.bot.client.user.id)
    await gone(guild.id)
    for (let round = 0; !lines.some((line) => line.includes('deleted its records')); round++) {
      assert.ok(round < 3000, 'its log does not say so')
      await wait(10)
    }
  })

  /** Waits until nothing in the store has `part`; the store itself tells of nothing. */
  async function gone(part: string): Promise<void> {
    for (let round = 0; (await kept(part)).length > 0; round++) {
      assert.ok(round < 3000, `still kept: ${(await kept(part)).join(', ')}`)
      await wait(10)
    }
  }
})

describe('a restart', () => {
  it('loses no conversation and no button', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sightseer-memory-'))
    const env = { SIGHTSEER_STORE: `sqlite:${path.join(folder, 'store.sqlite')}` }
    const sandbox = await startSandbox()
    try {
      const first = await startDemoBot(env, sandbox)
      const before = await first.join('ada')
      const described = await withSuggestions(
        before,
        await before.slash('describe', { image: scene('kept.png') }),
      )
      const asked = await before.slash('ask', { question: COLOR })
      await idle(first) // an answer is stored just after it is there
      await first.close()

      const second = await startDemoBot(env, sandbox)
      try {
        const ada = await second.join('ada')
        const follow = await ada.answerTo(await ada.reply(asked, 'and the circle?'))
        assert.equal(follow.content, 'red')
        const [suggested] = suggestionsOf(described)
        const pressed = await ada.answer(await ada.press(described, suggested!.id))
        assert.ok(pressed.content.startsWith(`> ${suggested!.label}\n`))
      } finally {
        await second.close()
      }
    } finally {
      await sandbox.close()
      rmSync(folder, { recursive: true })
    }
  })
})
