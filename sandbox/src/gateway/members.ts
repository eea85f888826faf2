/**
 * Request Guild Members (opcode 8): answered in chunks of up to 1000.
 *
 * Source: events/gateway-events.mdx, "Request Guild Members" and "Rate Limited"; change-log.mdx,
 * 2025-08-14.
 */

import { isJson } from '../protocol/field-checks.ts'
import type { Clock } from '../protocol/clock.ts'
import { INTENT, OPCODE } from '../protocol/constants.ts'

const CHUNK_MEMBERS = 1000
const MAX_MATCHES = 100
const MAX_NONCE_BYTES = 32

/** Rate limit for whole member lists: one request per guild in this time. In milliseconds. */
const ALL_MEMBERS_INTERVAL_MS = 30_000

/** A member as `renderMember` returns it. */
export type RenderedMember = { readonly user: { readonly id: string; readonly username: string } }

/** The session that requests members, and its guilds. */
export type MembersContext = {
  readonly clock: Clock
  readonly intents: number
  /** When each guild's whole list was last requested, in milliseconds. */
  readonly askedAt: Map<string, number>
  /** Undefined for a guild that is not in this session. */
  members(guildId: string): readonly RenderedMember[] | undefined
  dispatch(event: string, data: object): void
}

/** A checked request. */
type Request = {
  readonly guildId: string
  readonly query: string | null
  readonly limit: number
  readonly ids: readonly string[]
  readonly presences: boolean
  readonly nonce: object
}

/** Handles a request; false if the payload is malformed. */
export function requestMembers(context: MembersContext, d: unknown): boolean {
  const request = readRequest(d)
  if (!request) {
    return false
  }
  const members = context.members(request.guildId)
  if (!members) {
    return true
  }
  const everyone = request.query === '' && request.limit === 0
  // Without the intent Discord does not answer such a request.
  if (everyone && (context.intents & INTENT.guildMembers) === 0) {
    return true
  }
  if (everyone && isTooSoon(context, request)) {
    return true
  }
  const matches = find(members, request)
  const wantsPresences = request.presences && (context.intents & INTENT.guildPresences) !== 0
  const chunks = Math.max(1, Math.ceil(matches.length / CHUNK_MEMBERS))
  for (let i = 0; i < chunks; i++) {
    const part = matches.slice(i * CHUNK_MEMBERS, (i + 1) * CHUNK_MEMBERS)
    context.dispatch('GUILD_MEMBERS_CHUNK', {
      guild_id: request.guildId,
      members: part,
      chunk_index: i,
      chunk_count: chunks,
      ...missing(request, matches),
      ...(wantsPresences ? { presences: part.map(presenceOf) } : {}),
      ...request.nonce,
    })
  }
  return true
}

function readRequest(d: unknown): Request | null {
  if (!isJson(d)) {
    return null
  }
  const guildId = d['guild_id']
  const { query = null, limit = 0, user_ids: users = null, nonce, presences } = d
  const ids: readonly unknown[] = users === null ? [] : Array.isArray(users) ? users : [users]
  if (!ids.every((id) => typeof id === 'string')) {
    return null
  }
  if (typeof guildId !== 'string' || (query !== null && typeof query !== 'string')) {
    return null
  }
  if (query === null && users === null) {
    return null
  }
  if (typeof limit !== 'number' || limit < 0) {
    return null
  }
  // An invalid nonce is ignored: the chunks then have none.
  const fits = typeof nonce === 'string' && Buffer.byteLength(nonce) <= MAX_NONCE_BYTES
  return {
    guildId,
    query: users === null ? query : null,
    limit,
    ids,
    presences: presences === true,
    nonce: fits ? { nonce } : {},
  }
}

function isTooSoon(context: MembersContext, { guildId, nonce }: Request): boolean {
  const now = context.clock.now()
  const waitMs = (context.askedAt.get(guildId) ?? -Infinity) + ALL_MEMBERS_INTERVAL_MS - now
  if (waitMs <= 0) {
    context.askedAt.set(guildId, now)
    return false
  }
  context.dispatch('RATE_LIMITED', {
    opcode: OPCODE.requestGuildMembers,
    retry_after: waitMs / 1000,
    meta: { guild_id: guildId, ...nonce },
  })
  return true
}

function find(members: readonly RenderedMember[], request: Request): readonly RenderedMember[] {
  if (request.query === null) {
    const requestedIds = new Set(request.ids.slice(0, MAX_MATCHES))
    return members.filter(({ user }) => requestedIds.has(user.id))
  }
  if (request.query === '' && request.limit === 0) {
    return members
  }
  const prefix = request.query.toLowerCase()
  const limit = Math.min(request.limit === 0 ? MAX_MATCHES : request.limit, MAX_MATCHES)
  return members
    .filter(({ user }) => user.username.toLowerCase().startsWith(prefix))
    .slice(0, limit)
}

function missing({ query, ids }: Request, matches: readonly RenderedMember[]): object {
  if (query !== null) {
    return {}
  }
  const matchedIds = new Set(matches.map(({ user }) => user.id))
  const unknown = ids.slice(0, MAX_MATCHES).filter((id) => !matchedIds.has(id))
  return unknown.length > 0 ? { not_found: unknown } : {}
}

function presenceOf({ user }: RenderedMember): object {
  return {
    user: { id: user.id },
    status: 'online',
    activities: [],
    client_status: { web: 'online' },
  }
}
