/** Routes of a guild's members and bans. Source: developers/resources/guild.mdx. */

import { Checks, isJson } from '../../protocol/field-checks.ts'
import type { Json } from '../../protocol/field-checks.ts'
import { refuse } from '../../protocol/errors.ts'
import { demandInGuild } from '../../world/permissions.ts'
import { renderMember } from '../../render/guild.ts'
import { asJson } from '../../protocol/body.ts'
import { compareIds } from '../../protocol/snowflake.ts'
import { renderUser } from '../../render/user.ts'
import { ban, kick, modifyMember, unban } from '../../world/members.ts'
import type { MemberChanges } from '../../world/members.ts'
import type { Guild, Member } from '../../world/types.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { guildOf, memberOf, userIdOf } from '../targets.ts'

/** Longest timeout: 28 days, in milliseconds. */
const MAX_TIMEOUT_MS = 28 * 24 * 60 * 60 * 1000

function list(context: Context): Reply {
  const { world, query, gateway } = context
  const guild = guildOf(context)
  if (!gateway.privileges.guildMembers) {
    throw refuse('missingAccess')
  }
  const checks = new Checks()
  const limit = checks.queryNumber(query, 'limit', { min: 1, max: 1000 }) ?? 1
  const after = checks.id(Object.fromEntries(query), 'after') ?? '0'
  checks.done()
  const members = [...guild.members.values()]
    .toSorted((a, b) => compareIds(a.userId, b.userId))
    .filter((member) => compareIds(member.userId, after) > 0)
    .slice(0, limit)
  return ok(members.map((member) => renderMember(world, member)))
}

function search(context: Context): Reply {
  const { world, query } = context
  const guild = guildOf(context)
  const checks = new Checks()
  const limit = checks.queryNumber(query, 'limit', { min: 1, max: 1000 }) ?? 1
  const start = checks.needText(Object.fromEntries(query), 'query', { min: 1, max: 100 })
  checks.done()
  const starts = (text: string | null) => text?.toLowerCase().startsWith(start.toLowerCase())
  const matching = [...guild.members.values()]
    .filter((m) => starts(m.nick) === true || starts(world.user(m.userId).name) === true)
    .slice(0, limit)
  return ok(matching.map((member) => renderMember(world, member)))
}

/** @throws {ApiError} 50035. */
function readChanges(body: Json, nowMs: number): MemberChanges {
  const checks = new Checks()
  const nick = checks.text(body, 'nick', { max: 32 })
  const roles = checks.ids(body, 'roles', 250)
  const until = readTimeout(body, checks, nowMs)
  checks.done()
  return {
    ...('nick' in body ? { nick: nick ?? null } : {}),
    ...(roles ? { roles } : {}),
    ...('communication_disabled_until' in body ? { timeoutUntilMs: until } : {}),
  }
}

function readTimeout(body: Json, checks: Checks, nowMs: number): number | null {
  const key = 'communication_disabled_until'
  const value = body[key]
  if (value === undefined || value === null) {
    return null
  }
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms)) {
    const json = JSON.stringify(value)
    checks.fail(key, 'DATE_TIME_TYPE_PARSE', `Could not parse ${json}. Should be ISO8601.`)
    return null
  }
  if (ms > nowMs + MAX_TIMEOUT_MS) {
    checks.fail(
      key,
      'INVALID_COMMUNICATION_DISABLED_TIMESTAMP',
      'The timestamp must be less than 28 days in the future.',
    )
  }
  return ms
}

function modify(context: Context): Reply {
  const { world, body, actor } = context
  const guild = guildOf(context)
  const member = memberOf(context, guild)
  const { roles, ...changes } = readChanges(asJson(body), world.clock.now())
  // Some clients send all roles of a member with @everyone among them. It is never assigned.
  const assignableRoles = roles?.filter((id) => id !== guild.id)
  modifyMember(
    world,
    guild,
    member,
    { ...changes, ...(assignableRoles && { roles: assignableRoles }) },
    actor,
  )
  return ok(renderMember(world, member))
}

function modifyRole(context: Context, adds: boolean): Reply {
  const { world, actor, params } = context
  const guild = guildOf(context, 'manageRoles')
  const member = memberOf(context, guild)
  const id = params['role']!
  if (!guild.roles.has(id)) {
    throw refuse('unknownRole')
  }
  const otherRoles = member.roles.filter((role) => role !== id)
  const roles = adds ? [...otherRoles, id] : otherRoles
  if (roles.length !== member.roles.length) {
    modifyMember(world, guild, member, { roles }, actor)
  }
  return NO_CONTENT
}

function bansOf(context: Context): readonly object[] {
  const { world, query } = context
  const guild = guildOf(context, 'banMembers')
  const checks = new Checks()
  const limit = checks.queryNumber(query, 'limit', { min: 1, max: 1000 }) ?? 1000
  checks.done()
  return [...guild.bans].slice(0, limit).map(([id, reason]) => ({
    user: renderUser(world.user(id)),
    reason,
  }))
}

function oneBan(context: Context): Reply {
  const guild = guildOf(context, 'banMembers')
  const id = context.params['user']!
  if (!guild.bans.has(id)) {
    throw refuse('unknownBan')
  }
  return ok({ user: renderUser(context.world.user(id)), reason: guild.bans.get(id) })
}

function putBan(context: Context): Reply {
  const { world, actor, body } = context
  const guild = guildOf(context, 'banMembers')
  const userId = world.user(context.params['user']!).id
  const seconds = readDeleteSeconds(isJson(body.json) ? body.json : {})
  ban(world, guild, userId, actor)
  forgetRecent(context, guild, userId, seconds)
  return NO_CONTENT
}

function readDeleteSeconds(body: Json): number {
  const checks = new Checks()
  const limits = { min: 0, max: 604_800 }
  const seconds = checks.whole(body, 'delete_message_seconds', 'delete_message_seconds', limits)
  checks.done()
  return seconds ?? 0
}

/** Deletes the user's recent messages in all channels (`delete_message_seconds`). */
function forgetRecent({ world }: Context, guild: Guild, userId: string, seconds: number): void {
  const since = world.clock.now() - seconds * 1000
  for (const channel of world.channels.values()) {
    if (channel.guildId !== guild.id) {
      continue
    }
    for (const message of world.history(channel.id)) {
      if (message.authorId === userId && message.timestampMs > since) {
        world.remove(message)
      }
    }
  }
}

function ownMember(context: Context): { guild: Guild; member: Member } {
  const guild = guildOf(context)
  return { guild, member: guild.members.get(context.actor.userId)! }
}

const MEMBER = '/guilds/:guild/members/:user'
const BAN = '/guilds/:guild/bans/:user'

/** All routes of this file. */
export const memberRoutes: readonly Route[] = [
  { method: 'GET', path: '/guilds/:guild/members', handle: list },
  { method: 'GET', path: '/guilds/:guild/members/search', handle: search },
  {
    method: 'PATCH',
    path: '/guilds/:guild/members/@me',
    handle(context) {
      const { guild, member } = ownMember(context)
      const { nick } = readChanges(asJson(context.body), context.world.clock.now())
      demandInGuild(context.world, guild, context.actor.userId, 'changeNickname')
      if (nick !== undefined) {
        modifyMember(context.world, guild, member, { nick }, context.actor)
      }
      return ok(renderMember(context.world, member))
    },
  },
  {
    method: 'GET',
    path: MEMBER,
    handle: (context) => ok(renderMember(context.world, memberOf(context, guildOf(context)))),
  },
  { method: 'PATCH', path: MEMBER, handle: modify },
  {
    method: 'DELETE',
    path: MEMBER,
    handle(context) {
      const guild = guildOf(context, 'kickMembers')
      kick(context.world, guild, memberOf(context, guild), context.actor)
      return NO_CONTENT
    },
  },
  { method: 'PUT', path: `${MEMBER}/roles/:role`, handle: (context) => modifyRole(context, true) },
  {
    method: 'DELETE',
    path: `${MEMBER}/roles/:role`,
    handle: (context) => modifyRole(context, false),
  },
  { method: 'GET', path: '/guilds/:guild/bans', handle: (context) => ok(bansOf(context)) },
  { method: 'GET', path: BAN, handle: oneBan },
  { method: 'PUT', path: BAN, handle: putBan },
  {
    method: 'DELETE',
    path: BAN,
    handle(context) {
      unban(context.world, guildOf(context, 'banMembers'), userIdOf(context), context.actor)
      return NO_CONTENT
    },
  },
]
