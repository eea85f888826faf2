/** Rarely used routes: leaving guilds, positions, guild commands, and the former pins. */

import assert from 'node:assert/strict'
import { ChannelType, Events, Routes } from 'discord.js'
import type { APIApplicationCommand, APIMessage, APIRole, APIThreadMember } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import { PNG } from '../../helpers/pictures.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { next } from '../stage.ts'

/** Cases of rarer routes. */
export function rareCases(contract: Contract): void {
  guildRoutes(contract)
  roleRoutes(contract)
  threadRoutes(contract)
  pinRoutes(contract)
  fileRoutes(contract)
  commandRoutes(contract)
}

function guildRoutes(contract: Contract): void {
  contract(
    'describes the application by its older route',
    'topics/oauth2#get-current-bot-application-information',
    async ({ rest, client }) => {
      const application = await typed<{ id: string }>(rest.get(Routes.oauth2CurrentApplication()))
      assert.equal(application.id, client.application.id)
    },
  )

  contract('changes the guild', 'resources/guild#modify-guild', async ({ guild, client }) => {
    const before = guild.name
    const heard = next(client, Events.GuildUpdate, (_, { name }) => name === 'Renamed')
    assert.equal((await guild.setName('Renamed')).name, 'Renamed')
    await heard
    await guild.setName(before)
  })

  contract('joins and leaves a guild', 'resources/user#leave-guild', async (stage) => {
    const { client, sandbox, rest, ada } = stage
    const { world } = sandbox
    const joined = next(client, Events.GuildCreate, ({ name }) => name === 'Elsewhere')
    const other = world.addGuild('Elsewhere', ada.id, 0n)
    world.addMember(other, client.user.id)
    const [guild] = await joined
    const left = next(client, Events.GuildDelete, ({ id }) => id === guild.id)
    await guild.leave()
    await left
    await refused(stage, { status: 404, code: 10004 }, () => rest.get(Routes.guild(guild.id)))
  })

  contract(
    'orders channels',
    'resources/guild#modify-guild-channel-positions',
    async ({ guild, client }) => {
      const first = await guild.channels.create({ name: 'order-first' })
      const heard = next(client, Events.ChannelUpdate, (_, { id }) => id === first.id)
      await guild.channels.setPositions([{ channel: first.id, position: 40 }])
      const [, moved] = await heard
      assert.ok('rawPosition' in moved && moved.rawPosition === 40)
    },
  )

  contract('lists bans', 'resources/guild#get-guild-bans', async ({ guild, sandbox }) => {
    const { id } = sandbox.world.addUser('unwanted', 'Unwanted')
    await guild.bans.create(id, { reason: 'raid' })
    const bans = await guild.bans.fetch({ cache: false })
    assert.equal(bans.get(id)?.reason, 'raid')
    await guild.bans.remove(id)
  })
}

function roleRoutes(contract: Contract): void {
  contract('gets one role', 'resources/guild#get-guild-role', async (stage) => {
    const { guild, rest } = stage
    const made = await guild.roles.create({ name: 'solitary' })
    const role = await typed<APIRole>(rest.get(Routes.guildRole(guild.id, made.id)))
    assert.equal(role.name, 'solitary')
    const unknown = () => rest.get(Routes.guildRole(guild.id, '1'))
    await refused(stage, { status: 404, code: 10011 }, unknown)
  })

  contract(
    'counts the members of roles',
    'resources/guild#get-guild-role-member-counts',
    async (stage) => {
      const { guild, rest, ada } = stage
      const role = await guild.roles.create({ name: 'counted' })
      await guild.members.addRole({ user: ada.id, role })
      const path = `/guilds/${guild.id}/roles/member-counts` as const
      const counts = await typed<Record<string, number>>(rest.get(path))
      assert.equal(counts[role.id], 1)
    },
  )

  contract('orders roles', 'resources/guild#modify-guild-role-positions', async ({ guild }) => {
    const low = await guild.roles.create({ name: 'low' })
    const high = await guild.roles.create({ name: 'high' })
    await guild.roles.setPositions([
      { role: low, position: 1 },
      { role: high, position: 2 },
    ])
    const fresh = await guild.roles.fetch()
    assert.ok(fresh.get(high.id)!.comparePositionTo(fresh.get(low.id)!) > 0)
  })

  contract(
    'moves one role while naming all of them',
    'resources/guild#modify-guild-role-positions',
    async (stage) => {
      const { guild } = stage
      const role = await guild.roles.create({ name: 'climber' })
      const other = await guild.roles.create({ name: 'overtaken' })
      await guild.roles.fetch()
      await role.setPosition(2)
      const fresh = await guild.roles.fetch()
      assert.ok(fresh.get(role.id)!.comparePositionTo(fresh.get(other.id)!) > 0)
      const everyone = () => guild.roles.setPositions([{ role: guild.id, position: 1 }])
      await refused(stage, { status: 400, code: 50028 }, everyone)
    },
  )
}

function threadRoutes(contract: Contract): void {
  contract('gets a member of a thread', 'resources/channel#get-thread-member', async (stage) => {
    const { general, client, rest } = stage
    const thread = await general.threads.create({ name: 'whose', type: ChannelType.PublicThread })
    const path = Routes.threadMembers(thread.id, client.user.id)
    const member = await typed<APIThreadMember>(rest.get(path))
    assert.deepEqual([member.id, member.user_id], [thread.id, client.user.id])
  })

  contract(
    'lists archived private threads, all and joined',
    'resources/channel#list-private-archived-threads',
    async ({ general }) => {
      const type = ChannelType.PrivateThread
      const joined = await general.threads.create({ name: 'joined', type })
      const left = await general.threads.create({ name: 'left', type })
      await left.leave()
      await joined.setArchived(true)
      await left.setArchived(true)
      const all = await general.threads.fetchArchived({ type: 'private', fetchAll: true }, false)
      assert.ok(all.threads.has(joined.id) && all.threads.has(left.id))
      const mine = await general.threads.fetchArchived({ type: 'private' }, false)
      assert.ok(mine.threads.has(joined.id) && !mine.threads.has(left.id))
    },
  )
}

function pinRoutes(contract: Contract): void {
  contract(
    'pins by the older routes',
    'resources/message#get-pinned-messages-deprecated',
    async ({ general, rest }) => {
      const { id } = await general.send('pinned of old')
      const path = `/channels/${general.id}/pins` as const
      await rest.put(`${path}/${id}`)
      const pinned = await typed<APIMessage[]>(rest.get(path))
      assert.deepEqual(
        pinned.map((message) => [message.id, message.pinned]),
        [[id, true]],
      )
      await rest.delete(`${path}/${id}`)
      assert.deepEqual(await typed<APIMessage[]>(rest.get(path)), [])
    },
  )
}

function fileRoutes(contract: Contract): void {
  contract(
    'renews links to files',
    'reference#signed-attachment-cdn-urls',
    async ({ general, rest, sandbox }) => {
      const message = await general.send({ files: [{ attachment: PNG, name: 'renewed.png' }] })
      const url = message.attachments.first()?.url ?? ''
      sandbox.faults.add({ kind: 'cdn', action: 'expired' })
      assert.equal((await fetch(url)).status, 404)
      const answer = await typed<{ refreshed_urls: { original: string; refreshed: string }[] }>(
        rest.post('/attachments/refresh-urls', { body: { attachment_urls: [url] } }),
      )
      const [renewed] = answer.refreshed_urls
      assert.equal(renewed?.original, url)
      assert.equal((await fetch(renewed.refreshed)).status, 200)
    },
  )
}

function commandRoutes(contract: Contract): void {
  contract(
    'creates, edits, reads and deletes a guild’s command',
    'interactions/application-commands#create-guild-application-command',
    async (stage) => {
      const { client, guild, rest } = stage
      const { commands } = client.application
      const made = await commands.create({ name: 'guild-only', description: 'Here' }, guild.id)
      assert.equal(made.guildId, guild.id)
      await commands.edit(made.id, { description: 'Only here' }, guild.id)
      const path = Routes.applicationGuildCommand(client.application.id, guild.id, made.id)
      const read = await typed<APIApplicationCommand>(rest.get(path))
      assert.deepEqual([read.description, read.guild_id], ['Only here', guild.id])
      await commands.delete(made.id, guild.id)
      await refused(stage, { status: 404, code: 10063 }, () => rest.get(path))
    },
  )

  contract(
    'has no permissions of commands until someone sets them: 10066',
    'interactions/application-commands#get-guild-application-command-permissions',
    async (stage) => {
      const { client, guild } = stage
      const { commands } = client.application
      const made = await commands.create({ name: 'permitted', description: 'x' }, guild.id)
      const all = await commands.permissions.fetch({ guild: guild.id })
      assert.equal(all.size, 0)
      const one = () => commands.permissions.fetch({ guild: guild.id, command: made.id })
      await refused(stage, { status: 404, code: 10066 }, one)
      await commands.delete(made.id, guild.id)
    },
  )
}
