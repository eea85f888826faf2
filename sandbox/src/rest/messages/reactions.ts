/** Routes of reactions. Source: developers/resources/message.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import { compareIds } from '../../protocol/snowflake.ts'
import { renderUser } from '../../render/user.ts'
import {
  addReaction,
  clearReactions,
  findReaction,
  readEmoji,
  removeReaction,
} from '../../messages/reactions.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { messageOf, userIdOf } from '../targets.ts'

function list(context: Context): Reply {
  const { world, query, params } = context
  const message = messageOf(context, 'readMessageHistory')
  const reaction = findReaction(message, readEmoji(params['emoji']!))
  const checks = new Checks()
  const limit = checks.queryNumber(query, 'limit', { min: 1, max: 100 }) ?? 25
  const type = checks.queryNumber(query, 'type', { min: 0, max: 1 }) ?? 0
  const after = checks.id(Object.fromEntries(query), 'after') ?? '0'
  checks.done()
  // The sandbox has no Nitro, so there are no burst reactions (type 1).
  const ids = type === 1 ? [] : (reaction?.userIds ?? [])
  const page = ids
    .toSorted(compareIds)
    .filter((id) => compareIds(id, after) > 0)
    .slice(0, limit)
  return ok(page.map((id) => renderUser(world.user(id))))
}

function add(context: Context): Reply {
  const { world, params, actor } = context
  addReaction(world, messageOf(context), readEmoji(params['emoji']!), actor.userId)
  return NO_CONTENT
}

function remove(context: Context): Reply {
  const { world, params, actor } = context
  const emoji = readEmoji(params['emoji']!)
  removeReaction(world, messageOf(context), emoji, userIdOf(context), actor.userId)
  return NO_CONTENT
}

function clear(context: Context): Reply {
  const { world, params, actor } = context
  const emoji = params['emoji'] === undefined ? null : readEmoji(params['emoji'])
  clearReactions(world, messageOf(context), emoji, actor.userId)
  return NO_CONTENT
}

const REACTIONS = '/channels/:channel/messages/:message/reactions'

/** All routes of this file. */
export const reactionRoutes: readonly Route[] = [
  { method: 'GET', path: `${REACTIONS}/:emoji`, handle: list },
  { method: 'PUT', path: `${REACTIONS}/:emoji/@me`, handle: add },
  { method: 'DELETE', path: `${REACTIONS}/:emoji/:user`, handle: remove },
  { method: 'DELETE', path: `${REACTIONS}/:emoji`, handle: clear },
  { method: 'DELETE', path: REACTIONS, handle: clear },
]
