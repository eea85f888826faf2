/** What archived and locked threads refuse: messages, edits, and responses to interactions. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ApplicationCommandType, ChannelType, Events, Routes } from 'discord.js'
import type { ChatInputCommandInteraction, ThreadChannel } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { modifyThread } from '../../src/world/threads/threads.ts'
import type { ThreadChanges } from '../../src/world/threads/thread-fields.ts'
import { nextInteraction } from '../helpers/discord-client.ts'
import { startGuildClient } from '../helpers/world.ts'
import type { GuildClient } from '../helpers/world.ts'

let stage: GuildClient
let ada: Member
let mo: Member
let thread: ThreadChannel

before(async () => {
  stage = await startGuildClient({ rateLimits: 'off' })
  ada = await Member.connect(stage.sandbox.url)
  mo = await Member.connect(stage.sandbox.url, 'mo')
  const command = { name: 'ping', description: 'Ping', type: ApplicationCommandType.ChatInput }
  await stage.client.application.commands.create(command)
})

after(async () => {
  ada.close()
  mo.close()
  await stage.close()
})

beforeEach(async () => {
  const general = stage.channel('general')
  thread = await general.threads.create({ name: 'talk', type: ChannelType.PublicThread })
  ada.switchTo(thread.id)
  mo.switchTo(thread.id)
})

function change(changes: ThreadChanges): void {
  modifyThread(stage.sandbox.world, stage.sandbox.world.channel(thread.id), changes, stage.by('mo'))
}

async function use(member: Member): Promise<ChatInputCommandInteraction> {
  const interaction = nextInteraction(stage.client, (one): one is ChatInputCommandInteraction =>
    one.isChatInputCommand(),
  )
  await member.use('ping')
  return interaction
}

describe('a locked thread', () => {
  it('takes no messages and edits but those of moderators', async () => {
    const said = await ada.say('before')
    const own = await mo.say('before')
    change({ locked: true })
    await assert.rejects(ada.say('x'), /160005/)
    await assert.rejects(ada.edit(said, 'x'), /160005/)
    await mo.say('still here')
    await mo.edit(own, 'changed')
  })

  it('takes no responses to a person who cannot unlock it', async () => {
    const interaction = await use(ada)
    change({ locked: true })
    await assert.rejects(interaction.reply('x'), { code: 50083 })
    await assert.rejects(interaction.deferReply(), { code: 50083 })
    await (await use(mo)).reply('for a moderator')
  })

  it('takes no edit of a deferred response', async () => {
    const interaction = await use(ada)
    await interaction.deferReply()
    change({ locked: true, archived: true })
    await assert.rejects(interaction.editReply('x'), { code: 50083 })
    await assert.rejects(interaction.followUp('x'), { code: 50083 })
  })
})

describe('an archived thread', () => {
  it('takes messages, which unarchive it, unless it is locked too', async () => {
    change({ archived: true })
    await ada.say('awake')
    assert.equal((await thread.fetch()).archived, false)
    change({ archived: true, locked: true })
    await assert.rejects(ada.say('x'), /50083/)
  })

  it('takes no edits, and responses only as new messages', async () => {
    const message = await thread.send('before')
    const interaction = await use(ada)
    await interaction.deferReply()
    const other = await use(ada)
    change({ archived: true })
    await assert.rejects(message.edit('x'), { code: 50083 })
    await assert.rejects(interaction.editReply('x'), { code: 50083 })
    const updated = new Promise((resolve) => stage.client.once(Events.ThreadUpdate, resolve))
    await other.reply('awake')
    await updated
    const path = Routes.channelMessage(thread.id, message.id)
    await stage.client.rest.patch(path, { body: { content: 'changed' } })
  })
})
