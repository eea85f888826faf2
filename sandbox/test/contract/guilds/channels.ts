/** Channels, and who may do what in them. */

import assert from 'node:assert/strict'
import { ChannelType, Events, OverwriteType, Routes } from 'discord.js'
import type { TextChannel } from 'discord.js'
import { PNG } from '../../helpers/pictures.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { next } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** Cases of channels. */
export function channelCases(contract: Contract): void {
  changeCases(contract)
  overwriteCases(contract)
  denialCases(contract)
}

/** A channel of the case's own, where the bot itself is denied some permissions. */
async function denied(
  stage: Stage,
  name: string,
  ...deny: readonly Denial[]
): Promise<TextChannel> {
  const channel = await stage.guild.channels.create({ name })
  await channel.permissionOverwrites.create(
    stage.client.user,
    Object.fromEntries(deny.map((permission) => [permission, false])),
    { type: OverwriteType.Member },
  )
  return channel
}

type Denial =
  | 'ViewChannel'
  | 'SendMessages'
  | 'AttachFiles'
  | 'ReadMessageHistory'
  | 'ManageMessages'
  | 'AddReactions'
  | 'ManageChannels'
  | 'EmbedLinks'

function changeCases(contract: Contract): void {
  contract('makes a channel', 'resources/guild#create-guild-channel', async (stage) => {
    const { guild, client } = stage
    const heard = next(client, Events.ChannelCreate, ({ name }) => name === 'fresh')
    const channel = await guild.channels.create({ name: 'fresh', topic: 'new', nsfw: true })
    assert.equal((await heard)[0].id, channel.id)
    assert.deepEqual(
      [channel.type, channel.topic, channel.nsfw],
      [ChannelType.GuildText, 'new', true],
    )
    for (const name of ['', 'x'.repeat(101)]) {
      const act = () => guild.channels.create({ name })
      await refused(stage, { status: 400, code: 50035, field: 'name' }, act)
    }
  })

  contract(
    'writes text channels’ names as Discord does',
    'resources/channel#channel-object',
    async ({ guild }) => {
      const channel = await guild.channels.create({ name: 'Two Words' })
      assert.equal(channel.name, 'two-words')
    },
  )

  contract('changes a channel', 'resources/channel#modify-channel', async (stage) => {
    const { guild, client } = stage
    const channel = await guild.channels.create({ name: 'changing' })
    const heard = next(client, Events.ChannelUpdate, (_, { id }) => id === channel.id)
    const edited = await channel.edit({ topic: 'changed', rateLimitPerUser: 30 })
    assert.deepEqual([edited.topic, edited.rateLimitPerUser], ['changed', 30])
    await heard
    const long = () => channel.setTopic('x'.repeat(1025))
    await refused(stage, { status: 400, code: 50035, field: 'topic' }, long)
    const slow = () => channel.setRateLimitPerUser(21_601)
    await refused(stage, { status: 400, code: 50035, field: 'rate_limit_per_user' }, slow)
  })

  contract('deletes a channel', 'resources/channel#deleteclose-channel', async (stage) => {
    const { guild, client, rest } = stage
    const channel = await guild.channels.create({ name: 'doomed' })
    const heard = next(client, Events.ChannelDelete, ({ id }) => id === channel.id)
    await channel.delete()
    await heard
    await refused(stage, { status: 404, code: 10003 }, () => rest.get(Routes.channel(channel.id)))
  })

  contract('gets a channel', 'resources/channel#get-channel', async ({ client, general }) => {
    const channel = await client.channels.fetch(general.id, { force: true })
    assert.ok(channel?.type === ChannelType.GuildText)
    assert.deepEqual([channel.name, channel.guildId], ['general', general.guildId])
  })

  contract('shows typing', 'resources/channel#trigger-typing-indicator', async (stage) => {
    const { general, client, ada } = stage
    const heard = next(client, Events.TypingStart, ({ user }) => user.id === client.user.id)
    await general.sendTyping()
    assert.equal((await heard)[0].channel.id, general.id)
    await ada.until((told) => told.type === 'typing' && told.user_id === client.user.id)
  })
}

function overwriteCases(contract: Contract): void {
  contract('sets an overwrite', 'resources/channel#edit-channel-permissions', async (stage) => {
    const { guild, client, lin } = stage
    const channel = await guild.channels.create({ name: 'overwritten' })
    const heard = next(client, Events.ChannelUpdate, (_, { id }) => id === channel.id)
    await channel.permissionOverwrites.create(
      lin.id,
      { SendMessages: false },
      { type: OverwriteType.Member },
    )
    await heard
    const fresh = await client.channels.fetch(channel.id, { force: true })
    assert.ok(fresh?.type === ChannelType.GuildText)
    const overwrite = fresh.permissionOverwrites.cache.get(lin.id)
    assert.deepEqual(overwrite?.deny.toArray(), ['SendMessages'])
    const member = await guild.members.fetch(lin.id)
    assert.equal(fresh.permissionsFor(member).has('SendMessages'), false)
  })

  contract(
    'takes an overwrite away',
    'resources/channel#delete-channel-permission',
    async (stage) => {
      const { guild, client, lin } = stage
      const channel = await guild.channels.create({ name: 'lifted' })
      await channel.permissionOverwrites.create(
        lin.id,
        { SendMessages: false },
        { type: OverwriteType.Member },
      )
      await channel.permissionOverwrites.delete(lin.id)
      const fresh = await client.channels.fetch(channel.id, { force: true })
      assert.ok(fresh?.type === ChannelType.GuildText)
      assert.equal(fresh.permissionOverwrites.cache.size, 0)
    },
  )
}

function denialCases(contract: Contract): void {
  contract(
    'hides a channel the bot may not view: 50001',
    'topics/permissions#permission-overwrites',
    async (stage) => {
      const channel = await denied(stage, 'hidden', 'ViewChannel')
      const messages = Routes.channelMessages(channel.id)
      const expected = { status: 403, code: 50001 }
      await refused(stage, expected, () => stage.rest.get(Routes.channel(channel.id)))
      await refused(stage, expected, () => stage.rest.get(messages))
      await refused(stage, expected, () => stage.rest.post(messages, { body: { content: 'x' } }))
    },
  )

  contract(
    'cannot send where it is denied: 50013',
    'resources/message#create-message',
    async (stage) => {
      const channel = await denied(stage, 'silent', 'SendMessages')
      const body = { content: 'x' }
      const act = () => stage.rest.post(Routes.channelMessages(channel.id), { body })
      await refused(stage, { status: 403, code: 50013 }, act)
    },
  )

  contract(
    'cannot attach files where it is denied: 50013',
    'topics/permissions#permissions-bitwise-permission-flags',
    async (stage) => {
      const channel = await denied(stage, 'no-files', 'AttachFiles')
      const act = () => channel.send({ files: [{ attachment: PNG, name: 'a.png' }] })
      await refused(stage, { status: 403, code: 50013 }, act)
    },
  )

  contract(
    'cannot reply without the history: 160002',
    'resources/message#create-message',
    async (stage) => {
      const channel = await denied(stage, 'no-history', 'ReadMessageHistory')
      const { id } = await channel.send('target')
      const body = { content: 'x', message_reference: { message_id: id } }
      const act = () => stage.rest.post(Routes.channelMessages(channel.id), { body })
      await refused(stage, { status: 403, code: 160_002 }, act)
    },
  )

  contract(
    'reads nothing old without the history',
    'resources/message#get-channel-messages',
    async (stage) => {
      const channel = await denied(stage, 'no-past', 'ReadMessageHistory')
      await channel.send('past')
      assert.equal((await channel.messages.fetch({ limit: 5 })).size, 0)
    },
  )

  contract(
    'cannot delete others’ messages where it is denied: 50013',
    'resources/message#delete-message',
    async (stage) => {
      const channel = await denied(stage, 'no-cleaning', 'ManageMessages')
      const posted = stage.sandbox.url
      const response = await fetch(`${posted}/sandbox/messages?as=ada&channel=${channel.id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: 'stays' }),
      })
      const { id } = JSON.parse(await response.text())
      const act = () => stage.rest.delete(Routes.channelMessage(channel.id, id))
      await refused(stage, { status: 403, code: 50013 }, act)
    },
  )

  contract(
    'cannot change a channel where it is denied: 50013',
    'resources/channel#modify-channel',
    async (stage) => {
      const channel = await denied(stage, 'fixed', 'ManageChannels')
      const act = () => stage.rest.patch(Routes.channel(channel.id), { body: { topic: 'x' } })
      await refused(stage, { status: 403, code: 50013 }, act)
    },
  )
}
