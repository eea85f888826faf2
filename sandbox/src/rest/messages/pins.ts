/**
 * Routes of pinned messages: the current ones and the deprecated ones from before 2025.
 *
 * Source: resources/message.mdx.
 */

import { Checks } from '../../protocol/field-checks.ts'
import { MESSAGE_TYPE } from '../../protocol/constants.ts'
import { refuse } from '../../protocol/errors.ts'
import type { Message } from '../../world/message.ts'
import { renderMessage } from '../../render/message.ts'
import { postSystemMessage } from '../../world/system-messages.ts'
import { AUDIT, note } from '../../world/audit-log.ts'
import { checkActive } from '../../world/threads/thread-access.ts'
import { NO_CONTENT, ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { channelOf, messageOf } from '../targets.ts'

const MAX_PINS = 250

/** Newest first. */
function pinned(context: Context): Message[] {
  const channel = channelOf(context, 'readMessageHistory')
  return context.world
    .history(channel.id)
    .filter(({ pinnedMs }) => pinnedMs !== null)
    .toSorted((a, b) => (b.pinnedMs ?? 0) - (a.pinnedMs ?? 0))
}

function list(context: Context): Reply {
  const { world, query, reader } = context
  const checks = new Checks()
  const limit = checks.queryNumber(query, 'limit', { min: 1, max: 50 }) ?? 50
  const before = query.get('before')
  const beforeMs = before === null ? Infinity : Date.parse(before)
  if (Number.isNaN(beforeMs)) {
    const message = `Could not parse ${JSON.stringify(before)}. Should be ISO8601.`
    checks.fail('before', 'DATE_TIME_TYPE_PARSE', message)
  }
  checks.done()
  const matching = pinned(context).filter(({ pinnedMs }) => (pinnedMs ?? 0) < beforeMs)
  const items = matching.slice(0, limit).map((message) => ({
    pinned_at: new Date(message.pinnedMs ?? 0).toISOString(),
    message: renderMessage(world, message, reader),
  }))
  return ok({ items, has_more: matching.length > limit })
}

function listOld(context: Context): Reply {
  const { world, reader } = context
  const latest = pinned(context).slice(0, 50)
  return ok(latest.map((message) => renderMessage(world, message, reader)))
}

function pin(context: Context): Reply {
  const { world, actor } = context
  const message = messageOf(context, 'readMessageHistory', 'pinMessages')
  const channel = world.channel(message.channelId)
  checkActive(channel)
  if (message.type === MESSAGE_TYPE.pinned || message.type === MESSAGE_TYPE.threadCreated) {
    throw refuse('systemMessage')
  }
  if (message.pinnedMs !== null) {
    return NO_CONTENT
  }
  if (pinned(context).length >= MAX_PINS) {
    throw refuse('tooManyPins')
  }
  const now = world.clock.now()
  channel.lastPinMs = now
  world.update(message, { pinnedMs: now })
  world.emit({ name: 'CHANNEL_PINS_UPDATE', channel })
  const { guildId } = channel
  const reference = { type: 0, messageId: message.id, channelId: channel.id, guildId } as const
  postSystemMessage(world, channel, actor.userId, MESSAGE_TYPE.pinned, { reference })
  noteOf(context, message, AUDIT.messagePin)
  return NO_CONTENT
}

function unpin(context: Context): Reply {
  const { world } = context
  const message = messageOf(context, 'readMessageHistory', 'pinMessages')
  const channel = world.channel(message.channelId)
  checkActive(channel)
  if (message.pinnedMs === null) {
    return NO_CONTENT
  }
  world.update(message, { pinnedMs: null })
  world.emit({ name: 'CHANNEL_PINS_UPDATE', channel })
  noteOf(context, message, AUDIT.messageUnpin)
  return NO_CONTENT
}

function noteOf({ world, actor }: Context, message: Message, action: number): void {
  const { id, channelId, guildId, authorId } = message
  const options = { channel_id: channelId, message_id: id }
  note(world, guildId, actor, { action, targetId: authorId, options })
}

const PINS = '/channels/:channel/messages/pins'
const OLD = '/channels/:channel/pins'

/** All routes of this file. */
export const pinRoutes: readonly Route[] = [
  { method: 'GET', path: PINS, handle: list },
  { method: 'PUT', path: `${PINS}/:message`, handle: pin },
  { method: 'DELETE', path: `${PINS}/:message`, handle: unpin },
  { method: 'GET', path: OLD, handle: listOld },
  { method: 'PUT', path: `${OLD}/:message`, handle: pin },
  { method: 'DELETE', path: `${OLD}/:message`, handle: unpin },
]
