/** Threads, by discord.js's real client, with a clock that the test moves. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { ChannelType, Events, MessageFlags, ThreadAutoArchiveDuration } from 'discord.js'
import { ManualClock } from '../../src/protocol/clock.ts'
import { joinThread, modifyThread, startThread } from '../../src/world/threads/threads.ts'
import { startGuildClient } from '../helpers/world.ts'
import type { GuildClient } from '../helpers/world.ts'

const HOUR_MS = 3_600_000

describe('a thread', () => {
  const clock = new ManualClock(Date.now())
  let stage: GuildClient

  before(async () => {
    stage = await startGuildClient({ clock })
  })

  after(() => stage.close())

  function kept(id: string) {
    return stage.sandbox.world.channel(id)
  }

  it('starts from a message, shares its id, and begins with a pointer to it', async () => {
    const { client } = stage
    const message = await stage.channel('general').send('a cat')
    const created = once(client, Events.ThreadCreate)
    const thread = await message.startThread({ name: 'About the cat' })
    const [heard, isNew] = await created
    assert.deepEqual([thread.id, heard.id, isNew], [message.id, message.id, true])
    assert.equal(thread.ownerId, client.user.id)
    assert.ok(thread.joined)
    const started = await message.fetch(true)
    assert.ok(started.flags.has(MessageFlags.HasThread))
    const [first] = (await thread.messages.fetch()).values()
    assert.deepEqual([first?.type, first?.reference?.messageId], [21, message.id])
    const path = `/channels/${message.channelId}/messages/${message.id}/threads` as const
    await assert.rejects(client.rest.post(path, { body: { name: 'again' } }), { code: 160004 })
  })

  it('counts its messages and takes in who writes', async () => {
    const thread = await stage.channel('general').threads.create({ name: 'busy' })
    const one = await thread.send('one')
    await thread.send('two')
    await one.delete()
    const now = await thread.fetch()
    assert.deepEqual([now.messageCount, now.totalMessageSent], [1, 2])
  })

  it('falls asleep after an hour without a message, and wakes up when one comes', async () => {
    const thread = await stage.channel('general').threads.create({
      name: 'sleepy',
      autoArchiveDuration: ThreadAutoArchiveDuration.OneHour,
    })
    clock.advance(HOUR_MS / 2)
    const still = await thread.send('still here')
    clock.advance(HOUR_MS - 1)
    assert.equal((await thread.fetch()).archived, false)
    const asleep = once(stage.client, Events.ThreadUpdate)
    clock.advance(2)
    assert.equal((await asleep)[1].archived, true)
    await assert.rejects(thread.members.add(stage.id('ada')), { code: 50083 })
    await assert.rejects(still.edit('too late'), { code: 50083 })
    await assert.rejects(still.react('👍'), { code: 50083 })
    const awake = once(stage.client, Events.ThreadUpdate)
    await thread.send('awake')
    assert.equal((await awake)[1].archived, false)
  })

  it('lists the active and the archived ones', async () => {
    const channel = stage.channel('memes')
    const open = await channel.threads.create({ name: 'open' })
    const done = await channel.threads.create({ name: 'done' })
    await done.setArchived(true)
    const active = await channel.threads.fetchActive()
    assert.deepEqual([...active.threads.keys()], [open.id])
    const archived = await channel.threads.fetchArchived()
    assert.deepEqual([...archived.threads.keys()], [done.id])
    assert.equal(archived.hasMore, false)
    await done.setArchived(false)
    assert.equal((await channel.threads.fetchActive()).threads.size, 2)
  })

  it('of the private kind is seen by its members and by moderators', async () => {
    const { world } = stage.sandbox
    const channel = stage.channel('memes')
    const type = ChannelType.PrivateThread
    const thread = await channel.threads.create({ name: 'quiet', type, invitable: false })
    assert.throws(() => joinThread(world, kept(thread.id), stage.id('ada'), stage.by('ada')), {
      code: 50001,
    })
    const joined = once(stage.client, Events.ThreadMembersUpdate)
    await thread.members.add(stage.id('ada'))
    assert.deepEqual([...(await joined)[0].keys()], [stage.id('ada')])
    assert.throws(() => joinThread(world, kept(thread.id), stage.id('lin'), stage.by('ada')), {
      code: 50013,
    })
    assert.deepEqual(
      (await thread.members.fetch()).map(({ id }) => id).toSorted(),
      [stage.client.user.id, stage.id('ada')].toSorted(),
    )
    await thread.members.remove(stage.id('ada'))
    await assert.rejects(thread.members.fetch({ member: stage.id('ada') }), { code: 10007 })
  })

  it('tells the bot of one it is added to, and lets it leave', async () => {
    const { world } = stage.sandbox
    const parent = kept(stage.channel('memes').id)
    const started = startThread(world, parent, { name: 'ours', type: 12 }, stage.by('ada'))
    const created = once(stage.client, Events.ThreadCreate)
    joinThread(world, started, stage.client.user.id, stage.by('ada'))
    const [thread] = await created
    assert.equal(thread.id, started.id)
    await thread.leave()
    assert.equal(started.thread?.members.has(stage.client.user.id), false)
    const told = once(stage.client, Events.ThreadMemberUpdate)
    await thread.join()
    assert.equal((await told)[1].id, stage.client.user.id)
    assert.equal(started.thread?.members.has(stage.client.user.id), true)
  })

  it('is renamed by its owner, locked by moderators only', async () => {
    const { world } = stage.sandbox
    const parent = kept(stage.channel('memes').id)
    const thread = startThread(world, parent, { name: 'hers', type: 11 }, stage.by('ada'))
    modifyThread(world, thread, { name: 'still hers' }, stage.by('ada'))
    assert.throws(() => modifyThread(world, thread, { locked: true }, stage.by('ada')), {
      code: 50013,
    })
    assert.throws(() => modifyThread(world, thread, { name: 'mine' }, stage.by('lin')), {
      code: 50013,
    })
    const updated = once(stage.client, Events.ThreadUpdate)
    modifyThread(world, thread, { locked: true, archived: true }, stage.by('mo'))
    assert.equal((await updated)[1].locked, true)
    assert.throws(() => modifyThread(world, thread, { archived: false }, stage.by('ada')), {
      code: 50013,
    })
  })

  it('is deleted with all that was in it', async () => {
    const thread = await stage.channel('general').threads.create({ name: 'short' })
    const deleted = once(stage.client, Events.ThreadDelete)
    await thread.delete()
    assert.equal((await deleted)[0].id, thread.id)
    await assert.rejects(thread.fetch(), { code: 10003 })
  })

  it('goes with its channel, without an event of its own', async () => {
    const { client, guild } = stage
    const channel = await guild.channels.create({ name: 'short-lived' })
    const { id } = await channel.threads.create({ name: 'in it' })
    const names: string[] = []
    client.on('raw', ({ t }: { t: string }) => names.push(t))
    const deleted = once(client, Events.ChannelDelete)
    await channel.delete()
    await deleted
    await assert.rejects(client.rest.get(`/channels/${id}`), { code: 10003 })
    // An event for the thread would have come before that for another thread.
    const other = await stage.channel('general').threads.create({ name: 'other' })
    const next = once(client, Events.ThreadDelete)
    await other.delete()
    assert.equal((await next)[0].id, other.id)
    assert.deepEqual(
      names.filter((name) => name.endsWith('_DELETE')),
      ['CHANNEL_DELETE', 'THREAD_DELETE'],
    )
  })

  it('has a name, and one of four times to sleep', async () => {
    const path = `/channels/${stage.channel('general').id}/threads` as const
    const body = { name: '', auto_archive_duration: 61 }
    const wrong = () => stage.client.rest.post(path, { body })
    await assert.rejects(stage.sandbox.wrongly(wrong), (error: { rawError?: object }) => {
      const text = JSON.stringify(error.rawError)
      assert.match(text, /"name":\{"_errors".*"auto_archive_duration":\{"_errors"/)
      return true
    })
  })
})
