/** Moderation: timeouts, kicks, bans and the audit log. */

import assert from 'node:assert/strict'
import { AuditLogEvent, Events, Routes } from 'discord.js'
import type { GuildMember } from 'discord.js'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { next } from '../stage.ts'
import type { Stage } from '../stage.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** Cases of moderation. */
export function moderationCases(contract: Contract): void {
  timeoutCases(contract)
  removalCases(contract)
  auditCases(contract)
}

/** Someone who has just joined. */
async function newcomer({ sandbox, client, guild }: Stage, name: string): Promise<GuildMember> {
  const { world } = sandbox
  const joined = next(client, Events.GuildMemberAdd, ({ user }) => user.username === name)
  world.addMember(world.guild, world.addUser(name, name).id)
  const [member] = await joined
  return guild.members.fetch({ user: member.id, force: true })
}

function timeoutCases(contract: Contract): void {
  contract('times a member out', 'resources/guild#modify-guild-member', async (stage) => {
    const member = await newcomer(stage, 'noisy')
    const heard = next(stage.client, Events.GuildMemberUpdate, (_, { id }) => id === member.id)
    await member.timeout(10 * MINUTE_MS, 'spam')
    const [, fresh] = await heard
    const leftMs = (fresh.communicationDisabledUntilTimestamp ?? 0) - Date.now()
    assert.ok(leftMs > 9 * MINUTE_MS && leftMs <= 10 * MINUTE_MS)
    assert.equal((await member.timeout(null)).communicationDisabledUntil, null)
  })

  contract(
    'leaves a timed-out member only reading',
    'topics/permissions#permissions-for-timed-out-members',
    async (stage) => {
      const member = await newcomer(stage, 'silenced')
      await member.timeout(10 * MINUTE_MS)
      const url = `${stage.sandbox.url}/sandbox/messages?as=${member.id}&channel=${stage.general.id}`
      const said = await fetch(url, {
        method: 'POST',
        body: JSON.stringify({ content: 'still here' }),
      })
      assert.equal(said.status, 403)
      assert.ok((await stage.guild.members.fetch(member.id)).isCommunicationDisabled())
    },
  )

  contract(
    'times out for 28 days at most',
    'resources/guild#modify-guild-member',
    async (stage) => {
      const member = await newcomer(stage, 'patient')
      const field = 'communication_disabled_until'
      await refused(stage, { status: 400, code: 50035, field }, () => member.timeout(29 * DAY_MS))
      await member.timeout(28 * DAY_MS - MINUTE_MS)
    },
  )

  contract(
    'cannot time out administrators: 50013',
    'resources/guild#modify-guild-member',
    async (stage) => {
      const { guild, rest, sandbox } = stage
      const member = await newcomer(stage, 'boss')
      const { world } = sandbox
      const role = world.addRole(world.guild, { name: 'boss', permissions: 1n << 3n })
      await rest.put(Routes.guildMemberRole(guild.id, member.id, role.id))
      const until = new Date(Date.now() + MINUTE_MS).toISOString()
      for (const id of [member.id, guild.ownerId]) {
        const body = { communication_disabled_until: until }
        const act = () => rest.patch(Routes.guildMember(guild.id, id), { body })
        await refused(stage, { status: 403, code: 50013 }, act)
      }
    },
  )
}

function removalCases(contract: Contract): void {
  contract('kicks', 'resources/guild#remove-guild-member', async (stage) => {
    const member = await newcomer(stage, 'kicked')
    const heard = next(stage.client, Events.GuildMemberRemove, ({ id }) => id === member.id)
    await member.kick('enough')
    await heard
    const gone = () => stage.rest.get(Routes.guildMember(stage.guild.id, member.id))
    await refused(stage, { status: 404, code: 10007 }, gone)
  })

  contract('bans and unbans', 'resources/guild#create-guild-ban', async (stage) => {
    const { guild, client, rest } = stage
    const member = await newcomer(stage, 'banned')
    const banned = next(client, Events.GuildBanAdd, ({ user }) => user.id === member.id)
    await guild.bans.create(member.id, { reason: 'scam' })
    await banned
    assert.equal((await guild.bans.fetch({ user: member.id, force: true })).reason, 'scam')
    const lifted = next(client, Events.GuildBanRemove, ({ user }) => user.id === member.id)
    await guild.bans.remove(member.id)
    await lifted
    const again = () => rest.get(Routes.guildBan(guild.id, member.id))
    await refused(stage, { status: 404, code: 10026 }, again)
  })
}

function auditCases(contract: Contract): void {
  contract(
    'writes down who did what and why',
    'resources/audit-log#get-guild-audit-log',
    async (stage) => {
      const { guild, client } = stage
      const member = await newcomer(stage, 'logged')
      const heard = next(
        client,
        Events.GuildAuditLogEntryCreate,
        ({ targetId }) => targetId === member.id,
      )
      await member.timeout(MINUTE_MS, 'ä reason')
      const [entry] = await heard
      assert.deepEqual(
        [entry.action, entry.executorId, entry.reason],
        [AuditLogEvent.MemberUpdate, client.user.id, 'ä reason'],
      )
      const log = await guild.fetchAuditLogs({ type: AuditLogEvent.MemberUpdate, limit: 1 })
      const latest = log.entries.first()
      assert.equal(latest?.targetId, member.id)
      assert.deepEqual(
        latest.changes.map(({ key }) => key),
        ['communication_disabled_until'],
      )
    },
  )

  contract(
    'takes reasons of 512 characters',
    'resources/audit-log#audit-log-entry-object',
    async (stage) => {
      const member = await newcomer(stage, 'reasoned')
      const reason = 'x'.repeat(512)
      await member.timeout(MINUTE_MS, reason)
      const log = await stage.guild.fetchAuditLogs({ limit: 1 })
      assert.equal(log.entries.first()?.reason, reason)
    },
  )

  contract(
    'logs deletions of others’ messages',
    'resources/audit-log#audit-log-entry-object-optional-audit-entry-info',
    async (stage) => {
      const { ada, general, client } = stage
      const { id } = await ada.say('to be logged')
      const heard = next(
        client,
        Events.GuildAuditLogEntryCreate,
        ({ action }) => action === AuditLogEvent.MessageDelete,
      )
      await general.messages.delete(id)
      const [{ targetId, extra }] = await heard
      assert.equal(targetId, ada.id)
      assert.ok(extra && 'count' in extra)
    },
  )
}
