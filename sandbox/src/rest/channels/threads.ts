/** Routes of threads: start, members, lists. Source: developers/resources/channel.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import { CHANNEL_TYPE } from '../../protocol/constants.ts'
import { refuse } from '../../protocol/errors.ts'
import { can } from '../../world/permissions.ts'
import {
  renderChannel,
  renderMember,
  renderThreadFor,
  renderThreadMember,
} from '../../render/guild.ts'
import { asJson } from '../../protocol/body.ts'
import { compareIds } from '../../protocol/snowflake.ts'
import { joinThread, leaveThread, startThread } from '../../world/threads/threads.ts'
import { readNewThread } from '../../world/threads/thread-fields.ts'
import type { Channel } from '../../world/types.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { channelOf, guildOf, messageOf, userIdOf } from '../targets.ts'

function start(context: Context): Reply {
  const { world, actor } = context
  const newThread = readNewThread(asJson(context.body), false)
  const thread = startThread(world, channelOf(context), newThread, actor)
  return { status: 201, body: renderThreadFor(world, thread, actor.userId) }
}

function startFromMessage(context: Context): Reply {
  const { world, actor } = context
  const message = messageOf(context, 'readMessageHistory')
  const newThread = readNewThread(asJson(context.body), true)
  const thread = startThread(world, world.channel(message.channelId), newThread, actor, message)
  return { status: 201, body: renderThreadFor(world, thread, actor.userId) }
}

/** @throws {ApiError} 50024 for a channel that is not a thread. */
function threadOf(context: Context): Channel {
  const channel = channelOf(context)
  if (!channel.thread) {
    throw refuse('wrongChannelType')
  }
  return channel
}

function renderMembership(context: Context, channel: Channel, userId: string): object {
  const { world, query } = context
  const member = world.member(channel.guildId, userId)
  const full = query.get('with_member') === 'true' && member
  return {
    ...renderThreadMember(channel, userId),
    ...(full ? { member: renderMember(world, member) } : {}),
  }
}

function members(context: Context): Reply {
  const { query, gateway } = context
  const channel = threadOf(context)
  if (!gateway.privileges.guildMembers) {
    throw refuse('missingAccess')
  }
  const ids = [...(channel.thread?.members.keys() ?? [])].toSorted(compareIds)
  if (query.get('with_member') !== 'true') {
    return ok(ids.map((id) => renderMembership(context, channel, id)))
  }
  const checks = new Checks()
  const limit = checks.queryNumber(query, 'limit', { min: 1, max: 100 }) ?? 100
  const after = checks.id(Object.fromEntries(query), 'after') ?? '0'
  checks.done()
  const page = ids.filter((id) => compareIds(id, after) > 0).slice(0, limit)
  return ok(page.map((id) => renderMembership(context, channel, id)))
}

function oneMember(context: Context): Reply {
  const channel = threadOf(context)
  const userId = userIdOf(context)
  if (channel.thread?.members.has(userId) !== true) {
    throw refuse('unknownMember')
  }
  return ok(renderMembership(context, channel, userId))
}

function active(context: Context): Reply {
  const { world, actor } = context
  const guild = guildOf(context)
  const threads = world
    .threadsOf(guild)
    .filter((thread) => !thread.thread?.archived && can(world, thread, actor.userId))
  return ok({ ...listed(context, threads), has_more: false })
}

function listed({ world, actor }: Context, threads: readonly Channel[]) {
  return {
    threads: threads.map((thread) => renderChannel(world, thread)),
    members: threads
      .filter(({ thread }) => thread?.members.has(actor.userId))
      .map((thread) => renderThreadMember(thread, actor.userId)),
  }
}

function isPrivate({ type }: Channel): boolean {
  return type === CHANNEL_TYPE.privateThread
}

/** When it was archived, in milliseconds since 1970. */
function age({ thread }: Channel): number {
  return thread?.archivedMs ?? 0
}

type ArchiveKind = 'public' | 'private' | 'joined'

function archived(kind: ArchiveKind): Route['handle'] {
  return function list(context: Context): Reply {
    const { world, query, actor } = context
    const channel = channelOf(context, 'readMessageHistory')
    if (kind === 'private') {
      channelOf(context, 'manageThreads')
    }
    const checks = new Checks()
    const limit = checks.queryNumber(query, 'limit', { min: 2, max: 100 }) ?? 50
    const before = query.get('before')
    const beforeMs = before === null ? Infinity : Date.parse(before)
    if (kind !== 'joined' && Number.isNaN(beforeMs)) {
      const message = `Could not parse ${JSON.stringify(before)}. Should be ISO8601.`
      checks.fail('before', 'DATE_TIME_TYPE_PARSE', message)
    }
    checks.done()
    const guild = world.guildOf(channel)
    const candidates = (guild ? world.threadsOf(guild) : []).filter(
      (t) =>
        t.parentId === channel.id &&
        t.thread?.archived === true &&
        isPrivate(t) === (kind !== 'public') &&
        (kind !== 'joined' || t.thread.members.has(actor.userId)),
    )
    const matching =
      kind === 'joined'
        ? candidates.filter((t) => before === null || compareIds(t.id, before) < 0)
        : candidates.toSorted((a, b) => age(b) - age(a)).filter((t) => age(t) < beforeMs)
    const page = listed(context, matching.slice(0, limit))
    return ok({ ...page, has_more: matching.length > limit })
  }
}

const MEMBERS = '/channels/:channel/thread-members'

/** All routes of this file. */
export const threadRoutes: readonly Route[] = [
  { method: 'POST', path: '/channels/:channel/threads', handle: start },
  {
    method: 'POST',
    path: '/channels/:channel/messages/:message/threads',
    handle: startFromMessage,
  },
  { method: 'GET', path: '/guilds/:guild/threads/active', handle: active },
  {
    method: 'GET',
    path: '/channels/:channel/threads/archived/public',
    handle: archived('public'),
  },
  {
    method: 'GET',
    path: '/channels/:channel/threads/archived/private',
    handle: archived('private'),
  },
  {
    method: 'GET',
    path: '/channels/:channel/users/@me/threads/archived/private',
    handle: archived('joined'),
  },
  { method: 'GET', path: MEMBERS, handle: members },
  { method: 'GET', path: `${MEMBERS}/:user`, handle: oneMember },
  {
    method: 'PUT',
    path: `${MEMBERS}/:user`,
    handle(context) {
      joinThread(context.world, channelOf(context), userIdOf(context), context.actor)
      return NO_CONTENT
    },
  },
  {
    method: 'DELETE',
    path: `${MEMBERS}/:user`,
    handle(context) {
      leaveThread(context.world, channelOf(context), userIdOf(context), context.actor)
      return NO_CONTENT
    },
  },
]
