/** What is deleted on Discord while the bot is down. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { APIMessage } from 'discord.js'
import type { Sandbox } from 'loopback-discord'
import type { Member } from 'loopback-discord/client'
import { removeMember } from 'loopback-discord/members'
import { PERMISSION } from 'loopback-discord/permissions'
import { startWatchedSandbox } from 'loopback-discord/testing/watched-sandbox'
import { EN } from '../../commands/i18n/en.ts'
import type { Model } from '../../inference/contract/types.ts'
import {
  type DemoBot,
  hearts,
  startDemoBot,
  triangle,
  withSuggestions,
} from '../helpers/demo-bot.ts'
import { openDemoModel } from '../helpers/shared-model.ts'
import { editOut } from '../helpers/edit-out.ts'
import { casinoPicture } from '../helpers/word-pictures.ts'
import { idle } from '../helpers/held-bot.ts'
import { connectMember } from '../helpers/members.ts'

/** For two minutes it names its message, and is deleted with it. */
const FINISHED_JOB = /jobs/

const COLOR = 'what color is the triangle?'

let model: Model
before(async () => (model = await openDemoModel()))
after(() => model.close())

describe('what is deleted while the bot is down', () => {
  let folder: string
  let sandbox: Sandbox
  let demo: DemoBot
  let ada: Member

  const start = () =>
    startDemoBot(
      { SIGHTSEER_STORE: `sqlite:${path.join(folder, 'store.sqlite')}` },
      sandbox,
      undefined,
      model,
    )

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sightseer-'))
    sandbox = await startWatchedSandbox()
    demo = await start()
    ada = await demo.join('ada')
  })
  afterEach(async () => {
    await demo.close()
    await sandbox.close()
    rmSync(folder, { recursive: true })
  })

  /** Ends the bot, changes Discord, and starts the bot again. */
  async function whileDown(change: (member: Member) => unknown): Promise<void> {
    await idle(demo)
    await demo.close()
    const member = await connectMember(sandbox.url)
    await change(member)
    member.close()
    demo = await start()
  }

  /** The keys of all records that name an id, of every collection. */
  function namesOf(id: string): string[] {
    const database = new DatabaseSync(path.join(folder, 'store.sqlite'), { readOnly: true })
    const sql = `SELECT key FROM keyv WHERE instr(key || value, ?) > 0`
    const rows = database.prepare(sql).all(id)
    database.close()
    return rows.map(({ key }) => String(key))
  }

  /** How many cases have words of the pictures of the wave. */
  function casesWithWords(): number {
    return namesOf('Withdrawal success').filter((key) => /cases/.test(key)).length
  }

  async function untilGone(id: string): Promise<void> {
    for (let tries = 0; namesOf(id).length > 0 && tries < 200; tries++) {
      await wait(50)
    }
    assert.deepEqual(namesOf(id), [])
  }

  it('the server that it was removed from: everything goes, settings and cases too', async () => {
    const kit = await demo.join('kit')
    await kit.slash('settings channel', { channel: kit.channelId, does: 'alt' })
    await kit.slash('moderation setup', { channel: kit.channelId })
    await ada.menu(EN.commands.describeMenu, await ada.upload(triangle()))
    const { world } = sandbox
    assert.ok(namesOf(world.guild.id).length > 4)
    await whileDown(() => removeMember(world, world.guild, world.application.bot.id))
    await untilGone(world.guild.id)
  })

  it('a server in an outage keeps everything', async () => {
    await ada.menu(EN.commands.describeMenu, await ada.upload(triangle()))
    const { world } = sandbox
    await idle(demo)
    const stored = namesOf(world.guild.id)
    await whileDown(() => world.setUnavailable(world.guild, true))
    await wait(1000)
    assert.deepEqual(namesOf(world.guild.id).toSorted(), stored.toSorted())
    world.setUnavailable(world.guild, false)
  })

  it('a channel, and the threads of a deleted one', async () => {
    const { world } = sandbox
    const channel = world.addChannel(world.guild, { name: 'short-lived', position: 9 })
    ada.switchTo(channel.id)
    await ada.slash('describe', { image: hearts() })
    const thread = await ada.openThread('thread')
    await ada.slash('describe', { image: hearts() })
    await whileDown(() => world.removeChannel(channel))
    await untilGone(channel.id)
    await untilGone(thread)
  })

  it('a channel where reposts are looked for: its pictures and its place in the settings', async () => {
    const { world } = sandbox
    const channel = world.addChannel(world.guild, { name: 'reposts', position: 9 })
    const kit = await demo.join('kit', { channel: channel.id })
    await kit.slash('moderation reposts', { channel: channel.id })
    await kit.upload(triangle())
    while (!namesOf(channel.id).some((key) => key.startsWith('moderation-first'))) {
      await wait(10)
    }
    await whileDown(() => world.removeChannel(channel))
    await untilGone(channel.id)
  })

  it('a picture that was edited out where reposts are looked for: it is not named as the first', async () => {
    const channelId = ada.channelId
    const kit = await demo.join('kit', { channel: channelId })
    await kit.slash('moderation reposts', { channel: channelId })
    const first = await ada.say('two', triangle(), hearts())
    while (namesOf(first.id).filter((key) => key.startsWith('moderation-first')).length < 2) {
      await wait(10)
    }
    await whileDown(() => editOut(sandbox, first, 'triangle.webp'))
    const member = await demo.join('lin', { channel: channelId })
    const again = await member.upload(triangle('again.webp'))
    const third = await member.upload(triangle('third.webp'))
    const { message } = await member.until(
      (told) => told.message?.message_reference?.message_id === third.id,
    )
    assert.match(message!.content, new RegExp(`${again.id}$`))
    const left = namesOf(first.id).filter((key) => key.startsWith('moderation-first'))
    assert.equal(left.length, 1)
  })

  it('a message: its conversation, its answers and their suggestions; others stay', async () => {
    const posted = await ada.upload(triangle())
    const described = await withSuggestions(ada, await ada.menu(EN.commands.describeMenu, posted))
    const other = await ada.upload(hearts())
    await ada.menu(EN.commands.describeMenu, other)
    await whileDown((member) => member.delete(posted))
    await untilGone(posted.id)
    await untilGone(described.id)
    assert.equal(namesOf(other.id).filter((key) => !FINISHED_JOB.test(key)).length, 2)
    assert.doesNotMatch(JSON.stringify(namesOf('triangle')), /answers/)
  })

  it('the message of a case, or its channel: the words that it shows', async () => {
    const { world } = sandbox
    const log = world.addChannel(world.guild, { name: 'second-log', position: 9 })
    const mo = await demo.join('mo', { channel: 'mod-log' })
    await mo.slash('moderation rule add', { name: 'scams', list: 'scams' })
    const posted: APIMessage[] = []
    for (const [i, channel] of [mo.channelId, log.id].entries()) {
      await mo.slash('moderation setup', { channel })
      mo.switchTo(channel)
      const lin = await demo.join(i === 0 ? 'lin' : 'ada')
      await lin.upload(await casinoPicture(i + 1))
      const { message } = await mo.until(
        ({ message: now }) => now?.channel_id === channel && /Words in it/.test(now.content),
      )
      posted.push(message!)
    }
    assert.equal(casesWithWords(), 2)
    await whileDown(async () => {
      const moderator = await connectMember(sandbox.url, 'mo', 'mod-log')
      await moderator.delete(posted[0]!)
      moderator.close()
      world.removeChannel(log)
    })
    for (let tries = 0; casesWithWords() > 0 && tries < 200; tries++) {
      await wait(50)
    }
    assert.equal(casesWithWords(), 0)
  })

  it('an answer: its question', async () => {
    const described = await ada.slash('describe', { image: triangle() })
    const answer = await ada.slash('ask', { question: COLOR })
    await whileDown(() => {
      const { world } = sandbox
      world.remove(world.message(answer.channel_id, answer.id))
    })
    await untilGone(answer.id)
    assert.equal(namesOf(described.id).length, 2)
    assert.deepEqual(namesOf(COLOR), [])
  })

  it('a picture that was edited out of its message', async () => {
    const posted = await ada.say('two', triangle(), hearts())
    await ada.menu(EN.commands.describeMenu, posted)
    await whileDown(() => editOut(sandbox, posted, 'triangle.webp'))
    await untilGone('triangle.webp')
    assert.equal(namesOf('hearts.webp').length, 1)
  })

  it('not what the bot cannot check: private answers, and messages that it may not read', async () => {
    const { world } = sandbox
    const hidden = await ada.slash('describe', { image: hearts('private.webp'), private: true })
    const channel = world.addChannel(world.guild, { name: 'closed', position: 9 })
    ada.switchTo(channel.id)
    const posted = await ada.upload(triangle('closed.webp'))
    await ada.menu(EN.commands.describeMenu, posted)
    const other = world.addChannel(world.guild, { name: 'open', position: 9 })
    ada.switchTo(other.id)
    const gone = await ada.upload(triangle('open.webp'))
    await ada.menu(EN.commands.describeMenu, gone)
    await whileDown(async (member) => {
      const { id } = world.application.bot
      const deny = PERMISSION.readMessageHistory
      channel.overwrites.set(id, { id, type: 1, allow: 0n, deny })
      member.switchTo(other.id)
      await member.delete(gone)
    })
    await untilGone(gone.id)
    await wait(1000)
    assert.ok(namesOf(hidden.id).length > 0)
    assert.ok(namesOf('private.webp').length > 0)
    assert.ok(namesOf(posted.id).length > 0)
  })
})
