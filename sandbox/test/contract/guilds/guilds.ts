/** Guilds, their members and their roles. */

import assert from 'node:assert/strict'
import { Events, Routes } from 'discord.js'
import type { APIGuild, APIGuildMember, APIRole } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { next } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** Cases of guilds. */
export function guildCases(contract: Contract): void {
  guildReads(contract)
  memberReads(contract)
  memberChanges(contract)
  roleCases(contract)
}

function guildReads(contract: Contract): void {
  contract('describes the guild', 'resources/guild#get-guild', async ({ rest, guild, sandbox }) => {
    const raw = await typed<APIGuild>(rest.get(Routes.guild(guild.id)))
    assert.equal(raw.name, guild.name)
    assert.equal(raw.owner_id, sandbox.world.guild.ownerId)
    const everyone = raw.roles.find(({ id }) => id === raw.id)
    assert.equal(everyone?.name, '@everyone')
    assert.equal('approximate_member_count' in raw, false)
  })

  contract(
    'counts the members when asked',
    'resources/guild#get-guild',
    async ({ client, guild }) => {
      const counted = await client.guilds.fetch({ guild: guild.id, force: true, withCounts: true })
      assert.equal(counted.approximateMemberCount, guild.memberCount)
    },
  )

  contract(
    'lists the channels',
    'resources/guild#get-guild-channels',
    async ({ guild, general }) => {
      const channels = await guild.channels.fetch()
      assert.equal(channels.get(general.id)?.name, 'general')
      assert.ok([...channels.values()].every((channel) => channel && !channel.isThread()))
    },
  )
}

function memberReads(contract: Contract): void {
  contract('finds a member', 'resources/guild#get-guild-member', async (stage) => {
    const { guild, ada } = stage
    const member = await guild.members.fetch({ user: ada.id, force: true })
    assert.equal(member.user.username, 'ada')
    assert.ok(member.joinedTimestamp !== null)
    assert.equal(member.communicationDisabledUntil, null)
    const stranger = stage.sandbox.world.addUser('stranger', 'Stranger')
    const unknown = () => stage.rest.get(Routes.guildMember(guild.id, stranger.id))
    await refused(stage, { status: 404, code: 10007 }, unknown)
  })

  contract('lists members in pages', 'resources/guild#list-guild-members', async (stage) => {
    const { guild } = stage
    const all = await guild.members.list({ limit: 1000, cache: false })
    assert.equal(all.size, guild.memberCount)
    const ids = [...all.keys()]
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => Number(BigInt(a) - BigInt(b))),
    )
    const second = await guild.members.list({ limit: 1, after: ids[0]!, cache: false })
    assert.deepEqual([...second.keys()], [ids[1]])
    const query = new URLSearchParams({ limit: '1001' })
    const long = () => stage.rest.get(Routes.guildMembers(guild.id), { query })
    await refused(stage, { status: 400, code: 50035, field: 'limit' }, long)
  })

  contract(
    'searches members by name',
    'resources/guild#search-guild-members',
    async ({ guild }) => {
      const found = await guild.members.search({ query: 'li', limit: 10, cache: false })
      assert.deepEqual(
        found.map(({ user }) => user.username),
        ['lin'],
      )
    },
  )

  contract(
    'sends members over the gateway',
    'events/gateway-events#request-guild-members',
    async ({ guild, ada }) => {
      const found = await guild.members.fetch({ user: [ada.id] })
      assert.deepEqual([...found.keys()], [ada.id])
      const named = await guild.members.fetch({ query: 'ad', limit: 5 })
      assert.deepEqual([...named.keys()], [ada.id])
    },
  )
}

function memberChanges(contract: Contract): void {
  contract('gives a nickname', 'resources/guild#modify-guild-member', async (stage) => {
    const { guild, client, ada } = stage
    const member = await guild.members.fetch(ada.id)
    const heard = next(
      client,
      Events.GuildMemberUpdate,
      (_, { nickname }) => nickname === 'Countess',
    )
    assert.equal((await member.setNickname('Countess')).nickname, 'Countess')
    const [, fresh] = await heard
    assert.equal(fresh.id, ada.id)
    const long = () => member.setNickname('x'.repeat(33))
    await refused(stage, { status: 400, code: 50035, field: 'nick' }, long)
    assert.equal((await member.setNickname(null)).nickname, null)
  })

  contract('renames the bot itself', 'resources/guild#modify-current-member', async ({ guild }) => {
    const me = await guild.members.editMe({ nick: 'Eyes' })
    assert.equal(me.nickname, 'Eyes')
    await guild.members.editMe({ nick: null })
  })

  contract(
    'cannot change the owner: 50013',
    'topics/permissions#permission-hierarchy',
    async (stage) => {
      const { guild, rest } = stage
      const act = () =>
        rest.patch(Routes.guildMember(guild.id, guild.ownerId), { body: { nick: 'x' } })
      await refused(stage, { status: 403, code: 50013 }, act)
    },
  )
}

function roleCases(contract: Contract): void {
  contract(
    'makes, changes and deletes a role',
    'resources/guild#create-guild-role',
    async (stage) => {
      const { guild, client, rest } = stage
      const made = next(client, Events.GuildRoleCreate, ({ name }) => name === 'helper')
      const role = await guild.roles.create({ name: 'helper', permissions: ['ManageMessages'] })
      assert.equal((await made)[0].id, role.id)
      assert.deepEqual(role.permissions.toArray(), ['ManageMessages'])
      const changed = next(client, Events.GuildRoleUpdate, (_, { name }) => name === 'aide')
      await role.edit({ name: 'aide', mentionable: true })
      assert.equal((await changed)[1].mentionable, true)
      const gone = next(client, Events.GuildRoleDelete, ({ id }) => id === role.id)
      await role.delete()
      await gone
      const again = () => rest.delete(Routes.guildRole(guild.id, role.id))
      await refused(stage, { status: 404, code: 10011 }, again)
    },
  )

  contract('lists roles', 'resources/guild#get-guild-roles', async ({ rest, guild }) => {
    const roles = await typed<APIRole[]>(rest.get(Routes.guildRoles(guild.id)))
    assert.equal(roles.find(({ id }) => id === guild.id)?.name, '@everyone')
    assert.ok(roles.some(({ tags }) => tags && 'bot_id' in tags))
  })

  contract(
    'counts the members of each role',
    'resources/guild#get-guild-role-member-counts',
    async ({ guild }) => {
      const moderator = guild.roles.cache.find(({ name }) => name === 'Moderator')
      assert.equal((await guild.roles.fetchMemberCounts()).get(moderator?.id ?? ''), 1)
    },
  )

  contract('gives and takes a role', 'resources/guild#add-guild-member-role', async (stage) => {
    const { guild, client, lin } = stage
    const role = await guild.roles.create({ name: 'guest' })
    const member = await guild.members.fetch(lin.id)
    const given = next(client, Events.GuildMemberUpdate, (_, fresh) =>
      fresh.roles.cache.has(role.id),
    )
    await member.roles.add(role)
    await given
    const taken = next(
      client,
      Events.GuildMemberUpdate,
      (_, fresh) => !fresh.roles.cache.has(role.id),
    )
    await member.roles.remove(role)
    await taken
    await role.delete()
  })

  contract(
    'cannot give a role above its own: 50013',
    'topics/permissions#permission-hierarchy',
    async (stage) => {
      const { guild, lin, rest } = stage
      const { world } = stage.sandbox
      const { id } = world.addRole(world.guild, { name: 'above', position: 50 })
      const act = () => rest.put(Routes.guildMemberRole(guild.id, lin.id, id))
      await refused(stage, { status: 403, code: 50013 }, act)
    },
  )

  contract('sets all roles of a member', 'resources/guild#modify-guild-member', async (stage) => {
    const { guild, lin, rest } = stage
    const role = await guild.roles.create({ name: 'one of all' })
    const path = Routes.guildMember(guild.id, lin.id)
    const changed = await memberAfter(stage, { roles: [role.id] })
    assert.deepEqual(changed.roles, [role.id])
    assert.deepEqual((await memberAfter(stage, { roles: [] })).roles, [])
    const unknown = () => rest.patch(path, { body: { roles: ['1'] } })
    await refused(stage, { status: 404, code: 10011 }, unknown)
    await role.delete()
  })

  contract(
    'gives and takes several roles at once',
    'resources/guild#guild-member-object',
    async ({ guild, lin }) => {
      const one = await guild.roles.create({ name: 'one of two' })
      const two = await guild.roles.create({ name: 'two of two' })
      const member = await guild.members.fetch(lin.id)
      // discord.js then sends all roles of the member, @everyone among them.
      const fresh = await member.roles.add([one, two])
      assert.deepEqual(fresh.roles.cache.map(({ name }) => name).toSorted(), [
        '@everyone',
        'one of two',
        'two of two',
      ])
      assert.equal((await fresh.roles.remove([one, two])).roles.cache.size, 1)
      await Promise.all([one.delete(), two.delete()])
    },
  )
}

function memberAfter({ rest, guild, lin }: Stage, body: object): Promise<APIGuildMember> {
  return typed(rest.patch(Routes.guildMember(guild.id, lin.id), { body }))
}
