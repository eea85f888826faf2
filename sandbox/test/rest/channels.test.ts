/** Channels and their overwrites, by discord.js's real client. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { ChannelType, Events, OverwriteType } from 'discord.js'
import { setOverwrite } from '../../src/rest/channels/overwrites.ts'
import { modifyMember } from '../../src/world/members.ts'
import { startThread } from '../../src/world/threads/threads.ts'
import { startGuildClient } from '../helpers/world.ts'
import type { GuildClient } from '../helpers/world.ts'

describe('a channel', () => {
  let stage: GuildClient

  before(async () => {
    stage = await startGuildClient()
  })

  after(() => stage.close())

  it('is made, with its name as Discord writes it, changed, and deleted', async () => {
    const { guild, client } = stage
    const created = once(client, Events.ChannelCreate)
    const channel = await guild.channels.create({ name: 'My Cats', topic: 'cats', nsfw: true })
    assert.equal((await created)[0].id, channel.id)
    assert.deepEqual([channel.name, channel.topic, channel.nsfw], ['my-cats', 'cats', true])
    const updated = once(client, Events.ChannelUpdate)
    await channel.edit({ name: 'dogs', rateLimitPerUser: 5 })
    const [, now] = await updated
    assert.deepEqual([now.name, now.rateLimitPerUser], ['dogs', 5])
    const deleted = once(client, Events.ChannelDelete)
    await channel.delete()
    assert.equal((await deleted)[0].id, channel.id)
    await assert.rejects(client.channels.fetch(channel.id, { force: true }), { code: 10003 })
  })

  it('lies in a category, and in no other kind of channel', async () => {
    const { guild } = stage
    const type = ChannelType.GuildCategory
    const category = await guild.channels.create({ name: 'Pets', type })
    const channel = await guild.channels.create({ name: 'birds', parent: category })
    assert.equal(channel.parentId, category.id)
    const { id } = stage.channel('general')
    await assert.rejects(channel.edit({ parent: id }), { code: 50035 })
    await channel.delete()
  })

  it('is refused with the paths of all wrong fields', async () => {
    const body = { topic: 'x'.repeat(1025), rate_limit_per_user: 21_601 }
    const path = `/channels/${stage.channel('general').id}` as const
    const wrong = () => stage.client.rest.patch(path, { body })
    await assert.rejects(stage.sandbox.wrongly(wrong), (error: { rawError?: object }) => {
      assert.deepEqual(error.rawError, {
        message: 'Invalid Form Body',
        code: 50035,
        errors: {
          topic: {
            _errors: [
              { code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 1024 or fewer in length.' },
            ],
          },
          rate_limit_per_user: {
            _errors: [
              {
                code: 'NUMBER_TYPE_MAX',
                message: 'int value should be less than or equal to 21600.',
              },
            ],
          },
        },
      })
      return true
    })
  })

  it('lets some in and keeps others out by its overwrites', async () => {
    const { guild, client } = stage
    const ada = await guild.members.fetch(stage.id('ada'))
    const channel = await guild.channels.create({
      name: 'secret',
      permissionOverwrites: [
        { id: guild.id, type: OverwriteType.Role, deny: ['ViewChannel'] },
        { id: client.user.id, type: OverwriteType.Member, allow: ['ViewChannel'] },
      ],
    })
    assert.equal(channel.permissionsFor(ada).has('ViewChannel'), false)
    const updated = once(client, Events.ChannelUpdate)
    await channel.permissionOverwrites.create(ada, { ViewChannel: true })
    const [, now] = await updated
    assert.equal(now.permissionsFor(ada).has('ViewChannel'), true)
    await channel.permissionOverwrites.delete(ada)
    const gone = `/channels/${channel.id}/permissions/${ada.id}` as const
    await assert.rejects(client.rest.delete(gone), { code: 10009 })
  })

  it('shows the bot its threads when it comes into sight', async () => {
    const { guild, client } = stage
    const role = guild.members.me!.roles.botRole!
    const channel = await guild.channels.create({ name: 'sight' })
    const thread = await channel.threads.create({ name: 'seen late' })
    const { world } = stage.sandbox
    const kept = world.channel(channel.id)
    const own = { id: role.id, type: 0, allow: 0n, deny: 1n << 10n } as const
    setOverwrite(world, kept, own, stage.by('kit'))
    const synced = once(client, Events.ThreadListSync)
    setOverwrite(world, kept, { ...own, deny: 0n }, stage.by('kit'))
    const [threads] = await synced
    assert.deepEqual([...threads.keys()], [thread.id])
  })

  it('shows its threads also to a bot that is given a role which sees it', async () => {
    const { guild, client } = stage
    const { world } = stage.sandbox
    const seers = world.addRole(world.guild, { name: 'seers' })
    const everyone = { id: guild.id, type: 0, allow: 0n, deny: 1n << 10n } as const
    const allowed = { id: seers.id, type: 0, allow: 1n << 10n, deny: 0n } as const
    const channel = world.addChannel(world.guild, {
      name: 'seen by seers',
      overwrites: new Map([everyone, allowed].map((one) => [one.id, one])),
    })
    const thread = startThread(world, channel, { name: 'inside', type: 11 }, stage.by('kit'))
    const synced = once(client, Events.ThreadListSync)
    const member = world.member(guild.id, client.user.id)!
    const roles = [...member.roles, seers.id]
    modifyMember(world, world.guild, member, { roles }, stage.by('kit'))
    assert.deepEqual([...(await synced)[0].keys()], [thread.id])
  })

  it('of direct messages is opened once and survives being closed', async () => {
    const ada = await stage.client.users.fetch(stage.id('ada'))
    const direct = await ada.createDM()
    await direct.delete()
    assert.equal((await ada.createDM(true)).id, direct.id)
    const self = { recipient_id: stage.client.user.id }
    const open = stage.client.rest.post('/users/@me/channels', { body: self })
    await assert.rejects(open, { code: 50033 })
  })
})
