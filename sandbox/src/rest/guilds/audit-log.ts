/** The route that reads a guild's audit log. Source: developers/resources/audit-log.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import { renderAuditEntry, renderChannel } from '../../render/guild.ts'
import { compareIds } from '../../protocol/snowflake.ts'
import { renderUser } from '../../render/user.ts'
import { ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'
import { guildOf } from '../targets.ts'

function list(context: Context): Reply {
  const { world, query } = context
  const guild = guildOf(context, 'viewAuditLog')
  const fields = Object.fromEntries(query)
  const checks = new Checks()
  const limit = checks.queryNumber(query, 'limit', { min: 1, max: 100 }) ?? 50
  const action = checks.queryNumber(query, 'action_type', { min: 0 })
  const userId = checks.id(fields, 'user_id')
  const targetId = checks.id(fields, 'target_id')
  const before = checks.id(fields, 'before')
  const after = checks.id(fields, 'after')
  checks.done()
  const matching = guild.auditLog.filter(
    (entry) =>
      (action === undefined || action === 0 || entry.action === action) &&
      (userId === undefined || entry.userId === userId) &&
      (targetId === undefined || entry.targetId === targetId) &&
      (before === undefined || compareIds(entry.id, before) < 0) &&
      (after === undefined || compareIds(entry.id, after) > 0),
  )
  // With `after`, entries start with the oldest and are in ascending order.
  const entries =
    after === undefined ? matching.slice(-limit).toReversed() : matching.slice(0, limit)
  const people = entries.flatMap((entry) => [entry.userId, entry.targetId ?? ''])
  const users = [...new Set(people)].flatMap((id) => world.users.get(id) ?? [])
  const threads = entries.flatMap(({ targetId: id }) => {
    const channel = world.channels.get(id ?? '')
    return channel?.thread ? [renderChannel(world, channel)] : []
  })
  return ok({
    audit_log_entries: entries.map(renderAuditEntry),
    users: users.map(renderUser),
    threads,
    integrations: [],
    webhooks: [],
    guild_scheduled_events: [],
    application_commands: [],
    auto_moderation_rules: [],
  })
}

/** All routes of this file. */
export const auditLogRoutes: readonly Route[] = [
  { method: 'GET', path: '/guilds/:guild/audit-logs', handle: list },
]
