/**
 * Validates the payloads that a client sends on the gateway.
 *
 * Source: events/gateway-events.mdx, "Send Events".
 */

import { isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { CLOSE } from '../protocol/constants.ts'
import { refuseIntents } from './intents.ts'
import type { Privileges, Refusal } from './intents.ts'

const STATUSES = ['online', 'dnd', 'idle', 'invisible', 'offline']

const LARGE_THRESHOLD = { least: 50, most: 250, default: 50 } as const

/** One frame of a client. */
export type Frame = { readonly op: number; readonly d: unknown }

/** A checked presence. */
export type Presence = {
  readonly status: string
  readonly since: number | null
  readonly afk: boolean
  readonly activities: readonly Json[]
}

/** A checked identify. */
export type Identify = {
  readonly intents: number
  /** Null if the client does not shard. */
  readonly shard: readonly [id: number, count: number] | null
  readonly compress: boolean
  /** Members above which a guild is large. */
  readonly largeThreshold: number
  readonly presence: Presence | null
}

/** A checked resume. */
export type Resume = { readonly sessionId: string; readonly sequence: number }

/** The close code for a malformed payload (4002). */
export const DECODE_ERROR: Refusal = {
  code: CLOSE.decodeError,
  reason: 'Error while decoding payload.',
}

const AUTHENTICATION_FAILED: Refusal = {
  code: CLOSE.authenticationFailed,
  reason: 'Authentication failed.',
}

const INVALID_SHARD: Refusal = { code: CLOSE.invalidShard, reason: 'Invalid shard.' }

/** @returns null for anything but a frame. */
export function readFrame(text: string): Frame | null {
  try {
    const frame: unknown = JSON.parse(text)
    return isJson(frame) && typeof frame['op'] === 'number'
      ? { op: frame['op'], d: frame['d'] }
      : null
  } catch {
    return null
  }
}

/** Whether the result is a refusal, not a parsed payload. */
export function isRefusal(read: object): read is Refusal {
  return 'code' in read && 'reason' in read
}

/** Reads an identify. */
export function readIdentify(
  d: unknown,
  known: { readonly token: string; readonly granted: Privileges; readonly mustShard: boolean },
): Identify | Refusal {
  if (!isJson(d) || typeof d['token'] !== 'string' || !isJson(d['properties'])) {
    return DECODE_ERROR
  }
  if (bare(d['token']) !== known.token) {
    return AUTHENTICATION_FAILED
  }
  const threshold = d['large_threshold'] ?? LARGE_THRESHOLD.default
  if (
    typeof threshold !== 'number' ||
    threshold < LARGE_THRESHOLD.least ||
    threshold > LARGE_THRESHOLD.most
  ) {
    return DECODE_ERROR
  }
  const presence = d['presence'] === undefined || d['presence'] === null ? null : d['presence']
  const read = presence === null ? null : readPresence(presence)
  if (presence !== null && read === null) {
    return DECODE_ERROR
  }
  const wrongIntents = refuseIntents(d['intents'], known.granted)
  if (wrongIntents) {
    return wrongIntents
  }
  const shard = readShard(d['shard'])
  if (shard === 'invalid') {
    return INVALID_SHARD
  }
  if (known.mustShard && (shard?.[1] ?? 1) === 1) {
    return { code: CLOSE.shardingRequired, reason: 'Sharding required.' }
  }
  return {
    intents: Number(d['intents']),
    shard,
    compress: d['compress'] === true,
    largeThreshold: threshold,
    presence: read,
  }
}

/** Reads a resume. */
export function readResume(d: unknown, token: string): Resume | Refusal {
  if (!isJson(d) || typeof d['token'] !== 'string') {
    return DECODE_ERROR
  }
  const { session_id: sessionId, seq: sequence } = d
  if (typeof sessionId !== 'string' || typeof sequence !== 'number' || sequence < 0) {
    return DECODE_ERROR
  }
  return bare(d['token']) === token ? { sessionId, sequence } : AUTHENTICATION_FAILED
}

/** @returns null for anything but a presence. */
export function readPresence(d: unknown): Presence | null {
  if (!isJson(d)) {
    return null
  }
  const { status = 'online', since = null, afk = false, activities = [] } = d
  const wrong =
    typeof status !== 'string' ||
    !STATUSES.includes(status) ||
    (since !== null && typeof since !== 'number') ||
    typeof afk !== 'boolean' ||
    !Array.isArray(activities) ||
    !activities.every((a) => isJson(a) && typeof a['name'] === 'string')
  return wrong ? null : { status, since, afk, activities: activities.filter(isJson) }
}

function readShard(value: unknown): readonly [number, number] | 'invalid' | null {
  if (value === undefined || value === null) {
    return null
  }
  if (!Array.isArray(value) || value.length !== 2) {
    return 'invalid'
  }
  const [id, count]: readonly unknown[] = value
  if (typeof id !== 'number' || typeof count !== 'number') {
    return 'invalid'
  }
  const whole = Number.isInteger(id) && Number.isInteger(count)
  return whole && id >= 0 && id < count ? [id, count] : 'invalid'
}

/** Some libraries send the token with the HTTP header's `Bot ` prefix. */
function bare(token: string): string {
  return token.replace(/^Bot /, '')
}
