/** Groups of direct messages, in which an application is used that a member installed. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ApplicationIntegrationType,
  ChannelType,
  GatewayIntentBits,
  InteractionContextType,
} from 'discord.js'
import type { APIInteraction, ChatInputCommandInteraction, Client } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { logIn, nextInteraction } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

let sandbox: WatchedSandbox
let client: Client<true>
let ada: Member
let lin: Member
let mo: Member
let group: string

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  client = await logIn(sandbox, {
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.DirectMessages],
  })
  await client.application.commands.create({
    name: 'ping',
    description: 'Ping',
    integrationTypes: [ApplicationIntegrationType.UserInstall],
    contexts: [InteractionContextType.PrivateChannel],
  })
  ada = await Member.connect(sandbox.url)
  lin = await Member.connect(sandbox.url, 'lin')
  mo = await Member.connect(sandbox.url, 'mo')
  group = await ada.openGroup([lin.id, mo.id], 'weekend')
})

after(async () => {
  for (const member of [ada, lin, mo]) {
    member.close()
  }
  await client.destroy()
  await sandbox.close()
})

describe('a group', () => {
  it('is seen by its people, and not by the bot', async () => {
    const event = await lin.until(({ channel }) => channel?.id === group)
    assert.equal(event.channel?.type, ChannelType.GroupDM)
    assert.equal(event.channel.name, 'weekend')
    await ada.say('hello')
    await mo.until(({ message }) => message?.content === 'hello')
    assert.equal(client.channels.cache.has(group), false)
    await assert.rejects(client.rest.get(`/channels/${group}`), { code: 50001 })
  })

  it('has no bot in it', async () => {
    await assert.rejects(ada.openGroup([client.user.id]), /50033/)
  })

  it('lets a person use what they installed', async () => {
    ada.switchTo(group)
    await assert.rejects(ada.use('ping'), /10063/)
    await ada.install()
    const payload = new Promise<APIInteraction>((resolve) =>
      client.on('raw', ({ t, d }) => t === 'INTERACTION_CREATE' && resolve(d)),
    )
    const interaction = nextInteraction(client, (one): one is ChatInputCommandInteraction =>
      one.isChatInputCommand(),
    )
    const id = await ada.use('ping')
    const { channel, context } = await payload
    assert.equal(context, InteractionContextType.PrivateChannel)
    assert.deepEqual(
      [channel?.type, channel?.name, channel && 'owner_id' in channel && channel.owner_id],
      [ChannelType.GroupDM, 'weekend', ada.id],
    )
    await (await interaction).reply('pong')
    const answer = await ada.answer(id)
    await lin.until(({ message }) => message?.id === answer.id)
  })

  it('is not the direct messages of two of its people', async () => {
    assert.notEqual(await lin.openDirect(ada.id), group)
  })
})
