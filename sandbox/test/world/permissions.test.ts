/** The permission algorithm on its own, and what the REST API refuses because of it. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Routes } from 'discord.js'
import { ManualClock } from '../../src/protocol/clock.ts'
import { CHANNEL_TYPE } from '../../src/protocol/constants.ts'
import {
  ALL_PERMISSIONS,
  channelPermissions,
  guildPermissions,
  holds,
  PERMISSION,
} from '../../src/world/permissions.ts'
import { World } from '../../src/world/world.ts'
import { EVERYONE_PERMISSIONS, seedWorld } from '../../src/world/seed.ts'
import type { Channel, Overwrite } from '../../src/world/types.ts'
import { startGuildClient } from '../helpers/world.ts'
import type { GuildClient } from '../helpers/world.ts'

const { viewChannel, sendMessages, attachFiles, administrator, manageMessages } = PERMISSION

describe('channelPermissions', () => {
  const clock = new ManualClock()
  const world = new World({ clock, token: 't', botName: 'bot', messageContent: true })
  seedWorld(world)
  const { guild } = world
  const [ada, , mo, kit] = [...world.users.values()].filter((user) => !user.bot)
  const moderator = [...guild.roles.values()].find(({ name }) => name === 'Moderator')!

  function channelWith(...overwrites: readonly Overwrite[]): Channel {
    return world.addChannel(guild, {
      name: 'x',
      overwrites: new Map(overwrites.map((overwrite) => [overwrite.id, overwrite])),
    })
  }

  function everyone(allow: bigint, deny: bigint): Overwrite {
    return { id: guild.id, type: 0, allow, deny }
  }

  it('adds up the roles where there are no overwrites', () => {
    const channel = channelWith()
    assert.equal(channelPermissions(world, channel, ada!.id), EVERYONE_PERMISSIONS)
    const set = channelPermissions(world, channel, mo!.id)
    assert.equal(set, EVERYONE_PERMISSIONS | moderator.permissions)
  })

  it('gives the owner and administrators everything, whatever is denied', () => {
    const channel = channelWith(everyone(0n, ALL_PERMISSIONS))
    assert.equal(channelPermissions(world, channel, kit!.id), ALL_PERMISSIONS)
    const before = moderator.permissions
    moderator.permissions = administrator
    assert.equal(channelPermissions(world, channel, mo!.id), ALL_PERMISSIONS)
    moderator.permissions = before
  })

  it('lets a role allow what @everyone is denied, and the member deny it again', () => {
    const role = { id: moderator.id, type: 0, allow: viewChannel, deny: 0n } as const
    const hidden = channelWith(everyone(0n, viewChannel), role)
    assert.equal(channelPermissions(world, hidden, ada!.id), 0n)
    assert.ok(holds(channelPermissions(world, hidden, mo!.id), 'viewChannel'))
    const own = { id: mo!.id, type: 1, allow: 0n, deny: viewChannel } as const
    const closed = channelWith(everyone(0n, viewChannel), role, own)
    assert.equal(channelPermissions(world, closed, mo!.id), 0n)
  })

  it('denies with sending all that sends', () => {
    const set = channelPermissions(world, channelWith(everyone(0n, sendMessages)), ada!.id)
    assert.ok(holds(set, 'viewChannel'))
    assert.equal(set & (sendMessages | attachFiles | PERMISSION.embedLinks), 0n)
  })

  it('leaves a timed-out member viewing and reading history, until it is over', () => {
    const member = guild.members.get(ada!.id)!
    member.timeoutUntilMs = clock.now() + 1000
    const kept = PERMISSION.viewChannel | PERMISSION.readMessageHistory
    assert.equal(channelPermissions(world, channelWith(), ada!.id), kept)
    assert.equal(guildPermissions(world, guild, ada!.id), kept)
    clock.advance(1001)
    assert.equal(channelPermissions(world, channelWith(), ada!.id), EVERYONE_PERMISSIONS)
  })

  it('asks for the threads’ own permission in threads, with the parent’s overwrites', () => {
    const parent = channelWith(everyone(0n, PERMISSION.sendMessagesInThreads))
    const thread = threadOf(parent, CHANNEL_TYPE.publicThread)
    const set = channelPermissions(world, thread, ada!.id)
    assert.ok(holds(set, 'sendMessages'))
    assert.equal(set & (PERMISSION.sendMessagesInThreads | attachFiles), 0n)
  })

  it('hides a private thread from all but its members and moderators', () => {
    const thread = threadOf(channelWith(), CHANNEL_TYPE.privateThread)
    assert.equal(channelPermissions(world, thread, ada!.id), 0n)
    assert.ok(holds(channelPermissions(world, thread, mo!.id), 'viewChannel'))
    thread.thread?.members.set(ada!.id, 0)
    assert.ok(holds(channelPermissions(world, thread, ada!.id), 'viewChannel'))
  })

  it('gives nothing to those outside, and the same to both in direct messages', () => {
    const stranger = world.addUser('eve', 'Eve').id
    assert.equal(channelPermissions(world, channelWith(), stranger), 0n)
    const direct = world.directChannel(ada!.id)
    assert.equal(channelPermissions(world, direct, stranger), 0n)
    const set = channelPermissions(world, direct, ada!.id)
    assert.ok(holds(set, 'attachFiles'))
    assert.equal(set & manageMessages, 0n)
  })

  function threadOf(parent: Channel, type: number): Channel {
    return world.addChannel(guild, {
      name: 't',
      type,
      parentId: parent.id,
      thread: {
        ownerId: kit!.id,
        createdMs: 0,
        members: new Map(),
        archived: false,
        archivedMs: clock.now(),
        autoArchiveMinutes: 60,
        locked: false,
        invitable: true,
        messageCount: 0,
        totalMessages: 0,
      },
    })
  }
})

describe('the REST API', () => {
  let stage: GuildClient

  before(async () => {
    stage = await startGuildClient()
    await stage.guild.members.fetch(stage.id('ada'))
  })

  after(() => stage.close())

  /** Denies the bot's role something in #memes while `act` runs. */
  async function without(permission: bigint, act: () => Promise<unknown>): Promise<void> {
    const { world } = stage.sandbox
    const channel = world.channel(stage.channel('memes').id)
    const id = stage.guild.members.me!.roles.botRole!.id
    channel.overwrites.set(id, { id, type: 0, allow: 0n, deny: permission })
    try {
      await act()
    } finally {
      channel.overwrites.delete(id)
    }
  }

  it('refuses a channel that the bot cannot see with 50001, everywhere', async () => {
    const { rest } = stage.client
    const { id } = stage.channel('memes')
    await without(viewChannel, async () => {
      const refused = { status: 403, code: 50001 }
      await assert.rejects(rest.get(Routes.channel(id)), refused)
      await assert.rejects(rest.post(Routes.channelTyping(id)), refused)
      await assert.rejects(rest.get(Routes.channelPins(id)), refused)
      await assert.rejects(rest.get(Routes.channelThreads(id, 'public')), refused)
      const path = Routes.channelMessageOwnReaction(id, '1', '👍')
      await assert.rejects(rest.put(path), refused)
    })
    await rest.get(Routes.channel(id))
  })

  it('refuses what a permission is missing for with 50013', async () => {
    const channel = stage.channel('memes')
    const refused = { status: 403, code: 50013 }
    const { manageChannels, manageRoles, createPublicThreads } = PERMISSION
    await without(sendMessages, () => assert.rejects(channel.sendTyping(), refused))
    await without(manageChannels, () => assert.rejects(channel.setTopic('x'), refused))
    await without(manageChannels, () => assert.rejects(channel.delete(), refused))
    await without(createPublicThreads, () =>
      assert.rejects(channel.threads.create({ name: 'x' }), refused),
    )
    await without(manageMessages, () => assert.rejects(channel.bulkDelete(['1', '2']), refused))
    await without(manageRoles, () =>
      assert.rejects(channel.permissionOverwrites.create(stage.id('ada'), {}), refused),
    )
  })

  it('lets nobody allow what they lack themselves', async () => {
    const channel = stage.channel('memes')
    await without(PERMISSION.mentionEveryone, () =>
      assert.rejects(
        channel.permissionOverwrites.edit(stage.id('ada'), { MentionEveryone: true }),
        { code: 50013 },
      ),
    )
  })

  it('tells a timed-out bot that it lacks the permission', async () => {
    const { world } = stage.sandbox
    const member = world.member(stage.guild.id, stage.client.user.id)!
    member.timeoutUntilMs = world.clock.now() + 600_000
    await assert.rejects(stage.channel('memes').sendTyping(), { code: 50013 })
    member.timeoutUntilMs = null
    await stage.channel('memes').sendTyping()
  })
})
