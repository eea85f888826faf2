/** Routes of a channel's permission overwrites. Source: developers/resources/channel.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import type { Json } from '../../protocol/field-checks.ts'
import { refuse } from '../../protocol/errors.ts'
import {
  ALL_PERMISSIONS,
  channelPermissions,
  guildPermissions,
  holds,
} from '../../world/permissions.ts'
import { asJson } from '../../protocol/body.ts'
import type { World } from '../../world/world.ts'
import { AUDIT, note } from '../../world/audit-log.ts'
import type { Actor } from '../../world/audit-log.ts'
import type { Channel, Guild, Overwrite } from '../../world/types.ts'
import { NO_CONTENT } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { guildChannelOf } from '../targets.ts'

/** The permission overwrites in a channel's body; undefined if the field is absent. */
export function readOverwrites(
  body: Json,
  guild: Guild,
  checks: Checks,
): ReadonlyMap<string, Overwrite> | undefined {
  const key = 'permission_overwrites'
  const items = checks.list(body, key, 1000)?.map((item, i) => {
    const id = checks.id(item, 'id', `${key}.${i}.id`)
    if (id === undefined) {
      checks.missing(`${key}.${i}.id`)
    }
    const defaultType = guild.roles.has(id ?? '') ? 0 : 1
    return readOverwrite(item, id ?? '', defaultType, checks, `${key}.${i}.`)
  })
  return items && new Map(items.map((overwrite) => [overwrite.id, overwrite]))
}

function readOverwrite(body: Json, id: string, type: 0 | 1, checks: Checks, path = ''): Overwrite {
  const overwriteType =
    body['type'] == null ? type : checks.choice(body, 'type', [0, 1], `${path}type`)
  return {
    id,
    type: overwriteType === 0 ? 0 : 1,
    allow: checks.permissions(body, 'allow', `${path}allow`) ?? 0n,
    deny: checks.permissions(body, 'deny', `${path}deny`) ?? 0n,
  }
}

/**
 * Asserts that the actor may set this overwrite: only permissions that the actor has.
 *
 * @throws {ApiError} 10009 for an unknown role or user, 50013.
 */
export function checkOverwrite(
  { world, actor }: Context,
  guild: Guild,
  channel: Channel | null,
  overwrite: Overwrite,
): void {
  const { id, type } = overwrite
  const exists = type === 0 ? guild.roles.has(id) : world.users.has(id)
  if (!exists) {
    throw refuse('unknownOverwrite')
  }
  const actorPermissions = channel
    ? channelPermissions(world, channel, actor.userId)
    : guildPermissions(world, guild, actor.userId)
  if (holds(actorPermissions, 'administrator')) {
    return
  }
  const before = channel?.overwrites.get(id) ?? { allow: 0n, deny: 0n }
  const changed = (overwrite.allow ^ before.allow) | (overwrite.deny ^ before.deny)
  if ((changed & ALL_PERMISSIONS & ~actorPermissions) !== 0n) {
    throw refuse('missingPermissions')
  }
}

function put(context: Context): Reply {
  const { world, actor, params } = context
  const { channel, guild } = guildChannelOf(context, 'manageRoles')
  if (channel.thread) {
    throw refuse('wrongChannelType')
  }
  const id = params['overwrite']!
  const checks = new Checks()
  const type = guild.roles.has(id) ? 0 : 1
  const overwrite = readOverwrite(asJson(context.body), id, type, checks)
  checks.done()
  checkOverwrite(context, guild, channel, overwrite)
  setOverwrite(world, channel, overwrite, actor)
  return NO_CONTENT
}

/** Sets an overwrite without permission checks, and emits the event. */
export function setOverwrite(
  world: World,
  channel: Channel,
  overwrite: Overwrite,
  actor: Actor,
): void {
  const isNew = !channel.overwrites.has(overwrite.id)
  channel.overwrites.set(overwrite.id, overwrite)
  world.emit({ name: 'CHANNEL_UPDATE', channel })
  note(world, channel.guildId, actor, {
    action: isNew ? AUDIT.overwriteCreate : AUDIT.overwriteUpdate,
    targetId: channel.id,
    changes: [
      { key: 'allow', new_value: String(overwrite.allow) },
      { key: 'deny', new_value: String(overwrite.deny) },
    ],
    options: targetOptions(world.guildOf(channel), overwrite),
  })
}

function remove(context: Context): Reply {
  const { world, actor, params } = context
  const { channel, guild } = guildChannelOf(context, 'manageRoles')
  const overwrite = channel.overwrites.get(params['overwrite']!)
  if (!overwrite) {
    throw refuse('unknownOverwrite')
  }
  channel.overwrites.delete(overwrite.id)
  world.emit({ name: 'CHANNEL_UPDATE', channel })
  note(world, guild.id, actor, {
    action: AUDIT.overwriteDelete,
    targetId: channel.id,
    options: targetOptions(guild, overwrite),
  })
  return NO_CONTENT
}

function targetOptions(guild: Guild | null, { id, type }: Overwrite): Record<string, string> {
  const role = guild?.roles.get(id)
  return { id, type: String(type), ...(role ? { role_name: role.name } : {}) }
}

const OVERWRITE = '/channels/:channel/permissions/:overwrite'

/** All routes of this file. */
export const overwriteRoutes: readonly Route[] = [
  { method: 'PUT', path: OVERWRITE, handle: put },
  { method: 'DELETE', path: OVERWRITE, handle: remove },
]
