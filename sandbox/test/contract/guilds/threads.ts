/** Threads: started, joined, archived, found again. */

import assert from 'node:assert/strict'
import { ChannelType, Events, MessageFlags, Routes, ThreadAutoArchiveDuration } from 'discord.js'
import type { APIThreadChannel } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { next } from '../stage.ts'

/** Cases of threads. */
export function threadCases(contract: Contract): void {
  startCases(contract)
  memberCases(contract)
  archiveCases(contract)
}

function startCases(contract: Contract): void {
  contract(
    'starts a thread from a message',
    'resources/channel#start-thread-from-message',
    async (stage) => {
      const { general, client } = stage
      const message = await general.send('starter')
      const heard = next(client, Events.ThreadCreate, ({ id }) => id === message.id)
      const thread = await message.startThread({ name: 'about it' })
      assert.equal(thread.id, message.id)
      assert.deepEqual([thread.type, thread.parentId], [ChannelType.PublicThread, general.id])
      assert.equal(thread.ownerId, client.user.id)
      const [, isNew] = await heard
      assert.equal(isNew, true)
      const starter = await general.messages.fetch({ message: message.id, force: true })
      assert.ok(starter.flags.has(MessageFlags.HasThread))
      const again = () =>
        stage.rest.post(Routes.threads(general.id, message.id), { body: { name: 'x' } })
      await refused(stage, { status: 400, code: 160_004 }, again)
    },
  )

  contract(
    'starts a thread without a message',
    'resources/channel#start-thread-without-message',
    async (stage) => {
      const { general, guild } = stage
      const thread = await general.threads.create({
        name: 'quiet',
        type: ChannelType.PrivateThread,
        invitable: false,
        autoArchiveDuration: ThreadAutoArchiveDuration.OneDay,
      })
      assert.equal(thread.type, ChannelType.PrivateThread)
      assert.deepEqual([thread.invitable, thread.autoArchiveDuration], [false, 1440])
      assert.equal(thread.guildId, guild.id)
      const long = () => general.threads.create({ name: 'x'.repeat(101) })
      await refused(stage, { status: 400, code: 50035, field: 'name' }, long)
      const odd = () =>
        stage.rest.post(Routes.threads(general.id), {
          body: { name: 'x', auto_archive_duration: 7 },
        })
      await refused(stage, { status: 400, code: 50035, field: 'auto_archive_duration' }, odd)
    },
  )

  contract(
    'counts the messages of a thread',
    'resources/channel#channel-object',
    async ({ general, rest }) => {
      const thread = await general.threads.create({
        name: 'counting',
        type: ChannelType.PublicThread,
      })
      const message = await thread.send('one')
      await thread.send('two')
      await message.delete()
      const raw = await typed<APIThreadChannel>(rest.get(Routes.channel(thread.id)))
      assert.deepEqual([raw.message_count, raw.total_message_sent], [1, 2])
    },
  )
}

function memberCases(contract: Contract): void {
  contract('adds and removes members', 'resources/channel#add-thread-member', async (stage) => {
    const { general, client, ada } = stage
    const thread = await general.threads.create({
      name: 'company',
      type: ChannelType.PrivateThread,
    })
    const came = next(client, Events.ThreadMembersUpdate, (added) => added.has(ada.id))
    await thread.members.add(ada.id)
    await came
    const members = await thread.members.fetch({ cache: false })
    assert.deepEqual([...members.keys()].toSorted(), [ada.id, client.user.id].toSorted())
    const left = next(client, Events.ThreadMembersUpdate, (_, removed) => removed.has(ada.id))
    await thread.members.remove(ada.id)
    await left
    const gone = () => stage.rest.get(Routes.threadMembers(thread.id, ada.id))
    await refused(stage, { status: 404, code: 10007 }, gone)
  })

  contract('leaves and joins', 'resources/channel#join-thread', async ({ general, client }) => {
    const thread = await general.threads.create({
      name: 'revolving',
      type: ChannelType.PublicThread,
    })
    await thread.leave()
    assert.equal((await thread.members.fetch({ cache: false })).has(client.user.id), false)
    await thread.join()
    assert.equal((await thread.members.fetchMe()).id, client.user.id)
  })
}

function archiveCases(contract: Contract): void {
  contract(
    'lists active threads',
    'resources/guild#list-active-guild-threads',
    async ({ general, guild, client }) => {
      const thread = await general.threads.create({
        name: 'active',
        type: ChannelType.PublicThread,
      })
      const { threads, members } = await guild.channels.fetchActiveThreads(false)
      assert.ok(threads.has(thread.id))
      assert.ok(members.has(client.user.id))
    },
  )

  contract(
    'archives, and lists what is archived',
    'resources/channel#list-public-archived-threads',
    async (stage) => {
      const { general, client } = stage
      const thread = await general.threads.create({ name: 'over', type: ChannelType.PublicThread })
      const heard = next(client, Events.ThreadUpdate, (_, fresh) => fresh.archived === true)
      await thread.setArchived(true)
      await heard
      const { threads, hasMore } = await general.threads.fetchArchived({ type: 'public' }, false)
      assert.ok(threads.has(thread.id))
      assert.equal(hasMore, false)
      const edit = () => stage.rest.patch(Routes.channel(thread.id), { body: { name: 'x' } })
      await refused(stage, { status: 400, code: 50083 }, edit)
    },
  )

  contract(
    'brings an archived thread back when someone writes in it',
    'topics/threads#active-archived-threads',
    async (stage) => {
      const { general, client } = stage
      const thread = await general.threads.create({ name: 'back', type: ChannelType.PublicThread })
      await thread.setArchived(true)
      const heard = next(
        client,
        Events.ThreadUpdate,
        (_, { id, archived }) => id === thread.id && !archived,
      )
      await thread.send('awake')
      await heard
    },
  )

  contract(
    'deletes a thread',
    'events/gateway-events#thread-delete',
    async ({ general, client }) => {
      const thread = await general.threads.create({ name: 'gone', type: ChannelType.PublicThread })
      const heard = next(client, Events.ThreadDelete, ({ id }) => id === thread.id)
      await thread.delete()
      await heard
    },
  )

  contract(
    'tells of the threads of a channel that the bot comes to see',
    'events/gateway-events#thread-list-sync',
    async ({ guild, client }) => {
      const channel = await guild.channels.create({ name: 'coming-into-view' })
      const thread = await channel.threads.create({
        name: 'in it',
        type: ChannelType.PublicThread,
      })
      const blind = await guild.roles.create({ name: 'blind' })
      const me = await guild.members.fetchMe()
      await me.roles.add(blind)
      await channel.permissionOverwrites.create(blind, { ViewChannel: false })
      const heard = next(client, Events.ThreadListSync, (threads) => threads.has(thread.id))
      await me.roles.remove(blind)
      await heard
    },
  )
}
