/** Routes of a guild's roles. Source: developers/resources/guild.mdx. */

import { Checks, isJson } from '../../protocol/field-checks.ts'
import type { Json } from '../../protocol/field-checks.ts'
import { refuse } from '../../protocol/errors.ts'
import { ALL_PERMISSIONS, guildPermissions, rankOf } from '../../world/permissions.ts'
import { renderRole } from '../../render/guild.ts'
import { asJson } from '../../protocol/body.ts'
import type { World } from '../../world/world.ts'
import { AUDIT, changesBetween, note } from '../../world/audit-log.ts'
import type { Guild, Role } from '../../world/types.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { guildOf, roleOf } from '../targets.ts'

const MAX_ROLES = 250

type RoleFields = Partial<
  Pick<Role, 'name' | 'color' | 'hoist' | 'mentionable'> & { permissions: bigint }
>

/** @throws {ApiError} 50035, or 50013 for permissions that the actor does not have. */
function readRole(context: Context, guild: Guild, before: bigint): RoleFields {
  const { world, actor } = context
  const body = asJson(context.body)
  const checks = new Checks()
  const colors = isJson(body['colors']) ? body['colors'] : {}
  const limits = { min: 0, max: 0xff_ff_ff }
  const color =
    checks.whole(body, 'color', 'color', limits) ??
    checks.whole(colors, 'primary_color', 'colors.primary_color', limits)
  const fields: { -readonly [Key in keyof RoleFields]: RoleFields[Key] | undefined } = {
    name: checks.text(body, 'name', { min: 1, max: 100 }),
    color,
    hoist: checks.flag(body, 'hoist'),
    mentionable: checks.flag(body, 'mentionable'),
    permissions: checks.permissions(body, 'permissions'),
  }
  checks.done()
  const actorPermissions = guildPermissions(world, guild, actor.userId)
  const changed = fields.permissions === undefined ? 0n : fields.permissions ^ before
  if ((changed & ALL_PERMISSIONS & ~actorPermissions) !== 0n) {
    throw refuse('missingPermissions')
  }
  const definedFields = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(definedFields)
}

function create(context: Context): Reply {
  const { world, actor } = context
  const guild = guildOf(context, 'manageRoles')
  if (guild.roles.size >= MAX_ROLES) {
    throw refuse('tooManyRoles')
  }
  const everyone = guild.roles.get(guild.id)?.permissions ?? 0n
  const fields = readRole(context, guild, 0n)
  for (const role of guild.roles.values()) {
    if (role.id === guild.id) {
      continue
    }
    role.position += 1
    world.emit({ name: 'GUILD_ROLE_UPDATE', role })
  }
  const role = world.addRole(guild, { name: 'new role', permissions: everyone, ...fields })
  note(world, guild.id, actor, {
    action: AUDIT.roleCreate,
    targetId: role.id,
    changes: changesBetween({}, describe(role)),
  })
  return ok(renderRole(role))
}

function describe(role: Role): object {
  const { name, color, hoist, mentionable, permissions } = role
  return { name, color, hoist, mentionable, permissions: String(permissions) }
}

/** @throws {ApiError} 50013 for a role that is not below the actor's own. */
function lowerRole(context: Context, guild: Guild): Role {
  const role = roleOf(context, guild)
  if (role.position >= rankOf(guild, context.actor.userId)) {
    throw refuse('missingPermissions')
  }
  return role
}

function modify(context: Context): Reply {
  const { world, actor } = context
  const guild = guildOf(context, 'manageRoles')
  const role = lowerRole(context, guild)
  const fields = readRole(context, guild, role.permissions)
  const before = describe(role)
  // @everyone cannot be renamed.
  Object.assign(role, fields, role.id === guild.id ? { name: role.name } : {})
  world.emit({ name: 'GUILD_ROLE_UPDATE', role })
  note(world, guild.id, actor, {
    action: AUDIT.roleUpdate,
    targetId: role.id,
    changes: changesBetween(before, describe(role)),
  })
  return ok(renderRole(role))
}

function remove(context: Context): Reply {
  const { world, actor } = context
  const guild = guildOf(context, 'manageRoles')
  const role = lowerRole(context, guild)
  if (role.botId !== null || role.id === guild.id) {
    throw refuse('invalidRole')
  }
  guild.roles.delete(role.id)
  forgetRole(world, guild, role)
  world.emit({ name: 'GUILD_ROLE_DELETE', role })
  note(world, guild.id, actor, { action: AUDIT.roleDelete, targetId: role.id })
  return NO_CONTENT
}

function forgetRole(world: World, guild: Guild, role: Role): void {
  for (const member of guild.members.values()) {
    if (!member.roles.includes(role.id)) {
      continue
    }
    member.roles = member.roles.filter((id) => id !== role.id)
    world.emit({ name: 'GUILD_MEMBER_UPDATE', member })
  }
  for (const channel of world.channelsOf(guild)) {
    if (channel.overwrites.delete(role.id)) {
      world.emit({ name: 'CHANNEL_UPDATE', channel })
    }
  }
}

/** @throws {ApiError} 10011, 50035, or 50013 for a role at or above the actor's own. */
function readMoves(context: Context, guild: Guild): Map<string, number> {
  const { body, actor } = context
  const items: readonly unknown[] = Array.isArray(body.json) ? body.json : []
  const checks = new Checks()
  const rank = rankOf(guild, actor.userId)
  const moves = new Map<string, number>()
  items.filter(isJson).forEach((item: Json, i) => {
    const id = checks.id(item, 'id', `${i}.id`)
    const min = id === guild.id ? 0 : 1
    const position = checks.whole(item, 'position', `${i}.position`, { min })
    if (id === undefined || position === undefined) {
      return
    }
    const role = guild.roles.get(id)
    if (!role) {
      throw refuse('unknownRole')
    }
    // Clients that move one role send all roles, @everyone and higher ones included.
    if (role.position === position) {
      return
    }
    if (id === guild.id) {
      throw refuse('invalidRole')
    }
    if (role.position >= rank || position >= rank) {
      throw refuse('missingPermissions')
    }
    moves.set(id, position)
  })
  checks.done()
  return moves
}

function move(context: Context): Reply {
  const { world } = context
  const guild = guildOf(context, 'manageRoles')
  const moves = readMoves(context, guild)
  const rising = [...guild.roles.values()].filter(({ id }) => id !== guild.id)
  // A moved role sorts before the other roles at its new position.
  const order = rising.toSorted(
    (a, b) =>
      (moves.get(a.id) ?? a.position) - (moves.get(b.id) ?? b.position) ||
      Number(moves.has(b.id)) - Number(moves.has(a.id)),
  )
  order.forEach((role, i) => {
    if (role.position === i + 1) {
      return
    }
    role.position = i + 1
    world.emit({ name: 'GUILD_ROLE_UPDATE', role })
  })
  return ok([...guild.roles.values()].map(renderRole))
}

const ROLES = '/guilds/:guild/roles'

/** All routes of this file. */
export const roleRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: ROLES,
    handle: (context) => ok([...guildOf(context).roles.values()].map(renderRole)),
  },
  { method: 'POST', path: ROLES, handle: create },
  { method: 'PATCH', path: ROLES, handle: move },
  {
    method: 'GET',
    path: `${ROLES}/member-counts`,
    handle(context) {
      const { roles, members } = guildOf(context)
      const countMembers = (id: string) =>
        [...members.values()].filter((one) => one.roles.includes(id)).length
      const ids = [...roles.keys()].filter((id) => id !== context.params['guild'])
      return ok(Object.fromEntries(ids.map((id) => [id, countMembers(id)])))
    },
  },
  {
    method: 'GET',
    path: `${ROLES}/:role`,
    handle: (context) => ok(renderRole(roleOf(context, guildOf(context)))),
  },
  { method: 'PATCH', path: `${ROLES}/:role`, handle: modify },
  { method: 'DELETE', path: `${ROLES}/:role`, handle: remove },
]
