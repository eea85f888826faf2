/** Routes of a guild itself. Source: developers/resources/guild.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import { refuse } from '../../protocol/errors.ts'
import { guildPermissions } from '../../world/permissions.ts'
import { renderGuild } from '../../render/guild.ts'
import { asJson } from '../../protocol/body.ts'
import { removeMember } from '../../world/members.ts'
import { AUDIT, changesBetween, note } from '../../world/audit-log.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { guildOf } from '../targets.ts'

const MAX_LISTED = 200

function get(context: Context): Reply {
  const guild = guildOf(context)
  if (context.query.get('with_counts') !== 'true') {
    return ok(renderGuild(guild))
  }
  return ok({
    ...renderGuild(guild),
    approximate_member_count: guild.members.size,
    approximate_presence_count: guild.members.size,
  })
}

function modify(context: Context): Reply {
  const { world, actor } = context
  const guild = guildOf(context, 'manageGuild')
  const body = asJson(context.body)
  const checks = new Checks()
  const name = checks.text(body, 'name', { min: 2, max: 100 })
  const description = checks.text(body, 'description', { max: 300 })
  const ownerId = checks.id(body, 'owner_id')
  checks.done()
  // Only the owner can transfer ownership.
  if (ownerId !== undefined && guild.ownerId !== actor.userId) {
    throw refuse('missingPermissions')
  }
  if (ownerId !== undefined && !guild.members.has(ownerId)) {
    throw refuse('unknownMember')
  }
  const before = { name: guild.name, description: guild.description, owner_id: guild.ownerId }
  guild.name = name ?? guild.name
  guild.ownerId = ownerId ?? guild.ownerId
  if ('description' in body) {
    guild.description = description ?? null
  }
  const after = { name: guild.name, description: guild.description, owner_id: guild.ownerId }
  world.emit({ name: 'GUILD_UPDATE', guild })
  note(world, guild.id, actor, {
    action: AUDIT.guildUpdate,
    targetId: guild.id,
    changes: changesBetween(before, after),
  })
  return ok(renderGuild(guild))
}

function list({ world, query, actor }: Context): Reply {
  const checks = new Checks()
  const fields = Object.fromEntries(query)
  const limit = checks.queryNumber(query, 'limit', { min: 1, max: MAX_LISTED }) ?? MAX_LISTED
  const after = checks.id(fields, 'after')
  const before = checks.id(fields, 'before')
  checks.done()
  const guilds = world
    .guildsOf(actor.userId)
    .filter(({ id }) => after === undefined || BigInt(id) > BigInt(after))
    .filter(({ id }) => before === undefined || BigInt(id) < BigInt(before))
    .slice(0, limit)
    .map((guild) => ({
      id: guild.id,
      name: guild.name,
      icon: null,
      banner: null,
      owner: guild.ownerId === actor.userId,
      permissions: String(guildPermissions(world, guild, actor.userId)),
      features: [],
      ...(query.get('with_counts') === 'true'
        ? {
            approximate_member_count: guild.members.size,
            approximate_presence_count: guild.members.size,
          }
        : {}),
    }))
  return ok(guilds)
}

/** All routes of this file. */
export const guildRoutes: readonly Route[] = [
  { method: 'GET', path: '/users/@me/guilds', handle: list },
  { method: 'GET', path: '/guilds/:guild', handle: get },
  { method: 'PATCH', path: '/guilds/:guild', handle: modify },
  {
    method: 'DELETE',
    path: '/users/@me/guilds/:guild',
    handle(context) {
      const guild = guildOf(context)
      // The owner must transfer ownership before leaving.
      if (guild.ownerId === context.actor.userId) {
        throw refuse('missingPermissions')
      }
      removeMember(context.world, guild, context.actor.userId)
      return NO_CONTENT
    },
  },
]
