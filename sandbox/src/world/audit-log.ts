/** The audit log: who changed what in a guild, and why. Source: resources/audit-log.mdx. */

import type { World } from './world.ts'
import type { AuditChange, AuditEntry } from './types.ts'

/** Maximum number of entries per guild. Discord keeps entries for 45 days. */
export const KEPT_ENTRIES = 5000

/** The user who acts, and the reason for the audit log. */
export type Actor = { readonly userId: string; readonly reason: string | null }

/** Audit log events. */
export const AUDIT = {
  guildUpdate: 1,
  channelCreate: 10,
  channelUpdate: 11,
  channelDelete: 12,
  overwriteCreate: 13,
  overwriteUpdate: 14,
  overwriteDelete: 15,
  memberKick: 20,
  memberBanAdd: 22,
  memberBanRemove: 23,
  memberUpdate: 24,
  memberRoleUpdate: 25,
  roleCreate: 30,
  roleUpdate: 31,
  roleDelete: 32,
  messageDelete: 72,
  messageBulkDelete: 73,
  messagePin: 74,
  messageUnpin: 75,
  threadCreate: 110,
  threadUpdate: 111,
  threadDelete: 112,
} as const

/** The fields of an entry besides user and time. */
export type AuditDetails = {
  readonly action: number
  readonly targetId: string | null
  readonly changes?: readonly AuditChange[]
  readonly options?: Readonly<Record<string, string>>
}

/**
 * Adds an entry and emits the event; deletes the oldest beyond `KEPT_ENTRIES`. Does nothing
 * outside of guilds.
 */
export function note(
  world: World,
  guildId: string | null,
  actor: Actor,
  details: AuditDetails,
): void {
  const guild = world.guilds.get(guildId ?? '')
  if (!guild) {
    return
  }
  const entry: AuditEntry = {
    id: world.nextId(),
    guildId: guild.id,
    action: details.action,
    userId: actor.userId,
    targetId: details.targetId,
    reason: actor.reason,
    changes: details.changes ?? [],
    options: details.options ?? null,
  }
  guild.auditLog.push(entry)
  if (guild.auditLog.length > KEPT_ENTRIES) {
    guild.auditLog.shift()
  }
  world.emit({ name: 'GUILD_AUDIT_LOG_ENTRY_CREATE', entry })
}

/** The fields that differ between two flat objects, with the objects' keys. */
export function changesBetween(before: object, after: object): AuditChange[] {
  const old = new Map(Object.entries(before))
  return Object.entries(after)
    .filter(([key, value]) => JSON.stringify(old.get(key)) !== JSON.stringify(value))
    .map(([key, value]: [string, unknown]) => ({
      key,
      ...(old.get(key) == null ? {} : { old_value: old.get(key) as unknown }),
      ...(value == null ? {} : { new_value: value }),
    }))
}
