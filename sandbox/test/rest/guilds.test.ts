/** Guild, roles, members and the audit log, by discord.js's real client. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { AuditLogEvent, Client, Events, GatewayIntentBits } from 'discord.js'
import type { Guild } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

const { Guilds, GuildMembers, GuildModeration } = GatewayIntentBits
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

describe('a guild', () => {
  let sandbox: WatchedSandbox
  let client: Client<true>
  let guild: Guild

  before(async () => {
    sandbox = await startWatchedSandbox()
    client = new Client({
      intents: [Guilds, GuildMembers, GuildModeration],
      rest: { api: sandbox.api, retries: 0 },
    })
    const ready = once(client, Events.ClientReady)
    const available = once(client, Events.GuildAvailable)
    await client.login(sandbox.token)
    await ready
    if (client.guilds.cache.first()?.available !== true) {
      await available
    }
    guild = client.guilds.cache.first()!
  })

  after(async () => {
    await client.destroy()
    await sandbox.close()
  })

  function idOf(name: string): string {
    const user = [...sandbox.world.users.values()].find((u) => u.name === name)
    assert.ok(user)
    return user.id
  }

  it('has an owner, two members, a moderator and the bot', async () => {
    const members = await guild.members.fetch()
    assert.deepEqual(members.map((m) => m.user.username).toSorted(), [
      'Sightseer',
      'ada',
      'kit',
      'lin',
      'mo',
    ])
    assert.equal(guild.ownerId, idOf('kit'))
    assert.equal(guild.members.me?.roles.botRole?.name, 'Sightseer')
    assert.deepEqual(
      members
        .get(idOf('mo'))
        ?.roles.cache.map((role) => role.name)
        .toSorted(),
      ['@everyone', 'Moderator'],
    )
    assert.equal((await guild.fetch()).approximateMemberCount, 5)
  })

  it('hides the mod log from members and shows it to moderators and the bot', async () => {
    await Promise.all(['ada', 'lin', 'mo', 'kit'].map((name) => guild.members.fetch(idOf(name))))
    const log = guild.channels.cache.find(({ name }) => name === 'mod-log')!
    const sees = (name: string) => log.permissionsFor(idOf(name))?.has('ViewChannel')
    assert.deepEqual(['ada', 'lin', 'mo', 'kit', 'Sightseer'].map(sees), [
      false,
      false,
      true,
      true,
      true,
    ])
  })

  it('finds members by the beginning of their name or nickname', async () => {
    const ada = await guild.members.fetch(idOf('ada'))
    await ada.setNickname('Zoe')
    const found = await guild.members.search({ query: 'zo' })
    assert.deepEqual([...found.keys()], [ada.id])
    assert.deepEqual([...(await guild.members.search({ query: 'AD' })).keys()], [ada.id])
    await ada.setNickname(null)
    assert.equal((await guild.members.search({ query: 'zo' })).size, 0)
  })

  it('makes, changes, gives, takes and deletes a role, and tells of each', async () => {
    const created = once(client, Events.GuildRoleCreate)
    const role = await guild.roles.create({ name: 'Painter', permissions: ['AttachFiles'] })
    assert.equal((await created)[0].id, role.id)
    await role.edit({ name: 'Sculptor', mentionable: true, colors: { primaryColor: 0x11_22_33 } })
    assert.equal((await guild.roles.fetch(role.id))?.color, 0x11_22_33)
    const ada = await guild.members.fetch({ user: idOf('ada'), force: true })
    const updated = once(client, Events.GuildMemberUpdate)
    await ada.roles.add(role, 'drew well')
    assert.ok((await updated)[1].roles.cache.has(role.id))
    await ada.roles.remove(role)
    assert.equal(sandbox.world.member(guild.id, ada.id)?.roles.length, 0)
    const deleted = once(client, Events.GuildRoleDelete)
    await role.delete()
    assert.equal((await deleted)[0].id, role.id)
    await assert.rejects(role.setName('x'), { code: 10011 })
  })

  it('times a member out for a while and keeps the reason', async () => {
    const ada = await guild.members.fetch({ user: idOf('ada'), force: true })
    const logged = once(client, Events.GuildAuditLogEntryCreate)
    await ada.timeout(HOUR_MS, 'spam – 垃圾')
    assert.ok(ada.isCommunicationDisabled())
    const [entry] = await logged
    assert.equal(entry.reason, 'spam – 垃圾')
    const log = await guild.fetchAuditLogs({ type: AuditLogEvent.MemberUpdate, limit: 1 })
    const [first] = log.entries.values()
    assert.equal(first?.reason, 'spam – 垃圾')
    assert.equal(first?.executorId, client.user.id)
    assert.equal(first?.targetId, ada.id)
    assert.equal(first?.changes[0]?.key, 'communication_disabled_until')
    await ada.timeout(null)
    assert.equal(ada.isCommunicationDisabled(), false)
  })

  it('logs the deletion of another’s message, with its reason, and not of its own', async () => {
    const { world } = sandbox
    const channel = world.channelsOf(world.guild)[0]!
    const ada = await Member.connect(sandbox.url)
    const { id } = await ada.say('unkind')
    ada.close()
    const path = `/channels/${channel.id}/messages` as const
    await client.rest.delete(`${path}/${id}`, { reason: 'unkind words' })
    const own = await client.rest.post(path, { body: { content: 'mine' } })
    assert.ok(typeof own === 'object' && own !== null && 'id' in own)
    await client.rest.delete(`${path}/${String(own.id)}`)
    const log = await guild.fetchAuditLogs({ type: AuditLogEvent.MessageDelete })
    assert.deepEqual(
      log.entries.map(({ reason, targetId }) => [reason, targetId]),
      [['unkind words', idOf('ada')]],
    )
  })

  it('refuses a timeout of more than 28 days with the field’s path', async () => {
    const ada = await guild.members.fetch(idOf('ada'))
    await assert.rejects(ada.timeout(29 * DAY_MS), (error: Error & { rawError?: object }) => {
      assert.match(JSON.stringify(error.rawError), /"communication_disabled_until":\{"_errors"/)
      return true
    })
  })

  it('lets nobody act on the owner or on higher roles: 50013', async () => {
    const owner = await guild.members.fetch(idOf('kit'))
    await assert.rejects(owner.timeout(HOUR_MS), { code: 50013 })
    await assert.rejects(owner.setNickname('x'), { code: 50013 })
    const own = guild.members.me!.roles.botRole!
    await assert.rejects(own.setName('x'), { code: 50013 })
    const mo = await guild.members.fetch(idOf('mo'))
    await mo.setNickname('Moderator Mo')
    await mo.setNickname(null)
  })

  it('cannot give or delete a managed role: 50028', async () => {
    const botRole = guild.members.me!.roles.botRole!
    const ada = await guild.members.fetch(idOf('ada'))
    await assert.rejects(ada.roles.add(botRole), { code: 50028 })
  })

  it('bans with the reason, lists the ban, and lifts it', async () => {
    const eve = sandbox.world.addUser('eve', 'Eve')
    sandbox.world.addMember(sandbox.world.guild, eve.id)
    const banned = once(client, Events.GuildBanAdd)
    await guild.bans.create(eve.id, { reason: 'scam' })
    assert.equal((await banned)[0].user.id, eve.id)
    assert.equal((await guild.bans.fetch(eve.id)).reason, 'scam')
    await assert.rejects(guild.members.fetch(eve.id), { code: 10007 })
    await guild.bans.remove(eve.id)
    await assert.rejects(guild.bans.fetch(eve.id), { code: 10026 })
  })

  it('counts the members of each role', async () => {
    const moderator = guild.roles.cache.find(({ name }) => name === 'Moderator')!
    assert.equal((await guild.roles.fetchMemberCounts()).get(moderator.id), 1)
  })

  it('has no emojis, stickers, invites or AutoMod rules, and says so', async () => {
    assert.equal((await guild.emojis.fetch()).size, 0)
    assert.equal((await guild.stickers.fetch()).size, 0)
    assert.equal((await guild.invites.fetch()).size, 0)
    assert.equal((await guild.autoModerationRules.fetch()).size, 0)
    assert.equal((await client.application.emojis.fetch()).size, 0)
  })

  it('refuses a reason of more than 512 characters', async () => {
    const long = guild.roles.create.bind(guild.roles, { name: 'x', reason: 'x'.repeat(513) })
    await assert.rejects(sandbox.wrongly(long), { code: 50035 })
  })

  it('is left by the bot, which hears of it, and unknown to it then: 10004', async () => {
    const { world } = sandbox
    const other = world.addGuild('Other', idOf('kit'), 0n)
    const joined = once(client, Events.GuildCreate)
    world.addMember(other, client.user.id)
    assert.equal((await joined)[0].name, 'Other')
    const left = once(client, Events.GuildDelete)
    await client.guilds.cache.get(other.id)!.leave()
    assert.equal((await left)[0].id, other.id)
    await assert.rejects(client.rest.get(`/guilds/${other.id}`), { code: 10004 })
  })
})
