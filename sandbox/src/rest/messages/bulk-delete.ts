/** The bulk delete route. Source: developers/resources/message.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import { refuse } from '../../protocol/errors.ts'
import { asJson } from '../../protocol/body.ts'
import { snowflakeTime } from '../../protocol/snowflake.ts'
import { AUDIT, note } from '../../world/audit-log.ts'
import { NO_CONTENT } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { guildChannelOf } from '../targets.ts'

const MIN_MESSAGES = 2
const MAX_MESSAGES = 100

/** Older messages cannot be bulk-deleted: two weeks, in milliseconds. */
const MAX_AGE_MS = 14 * 24 * 60 * 60 * 1000

/** @throws {ApiError} 50016 for too few or too many ids, 50035 for duplicates or malformed ids. */
function readIds(context: Context): readonly string[] {
  const checks = new Checks()
  const body = asJson(context.body)
  const ids = checks.ids(body, 'messages', Number.POSITIVE_INFINITY)
  if (!ids) {
    checks.missing('messages')
  }
  ids?.forEach((id, i) => {
    if (ids.indexOf(id) === i) {
      return
    }
    const text = 'The set already contains this value'
    checks.fail(`messages.${i}`, 'SET_TYPE_ALREADY_CONTAINS_VALUE', text)
  })
  checks.done()
  const count = ids?.length ?? 0
  if (count < MIN_MESSAGES || count > MAX_MESSAGES) {
    throw refuse('tooFewToDelete')
  }
  return ids ?? []
}

function bulkDelete(context: Context): Reply {
  const { world, actor } = context
  const { channel } = guildChannelOf(context, 'manageMessages')
  const ids = readIds(context)
  const oldest = world.clock.now() - MAX_AGE_MS
  if (ids.some((id) => snowflakeTime(id) < oldest)) {
    throw refuse('tooOldToDelete')
  }
  // Unknown ids and ephemeral messages are skipped.
  const candidates = ids.flatMap((id) => world.messages.get(channel.id)?.get(id) ?? [])
  const messages = candidates.filter(({ visibleTo }) => visibleTo === null)
  if (messages.length === 0) {
    return NO_CONTENT
  }
  for (const message of messages) {
    world.forget(message)
  }
  world.emit({ name: 'MESSAGE_DELETE_BULK', channel, messages })
  note(world, channel.guildId, actor, {
    action: AUDIT.messageBulkDelete,
    targetId: channel.id,
    options: { count: String(messages.length) },
  })
  return NO_CONTENT
}

/** All routes of this file. */
export const bulkDeleteRoutes: readonly Route[] = [
  { method: 'POST', path: '/channels/:channel/messages/bulk-delete', handle: bulkDelete },
]
