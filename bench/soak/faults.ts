/** The faults of the soak, one after another. */

import type { FaultSpec } from 'loopback-discord/fault-spec'

const CALLBACK = { kind: 'rest', method: 'POST', path: '/interactions/*/*/callback' } as const
const EDIT = { kind: 'rest', method: 'PATCH', path: '/webhooks/*/*/messages/*' } as const
const CREATE = { kind: 'event', event: 'INTERACTION_CREATE' } as const

/** None of them makes an interaction impossible to answer. */
export const SOAK_FAULTS: readonly FaultSpec[] = [
  { ...CREATE, action: 'duplicate' },
  { ...CREATE, action: 'delay', delayMs: 250 },
  { ...CREATE, action: 'reorder', delayMs: 250 },
  { ...CALLBACK, status: 500 },
  { ...CALLBACK, status: 502, handled: true },
  { ...CALLBACK, delayMs: 200 },
  { ...EDIT, status: 502 },
  { ...EDIT, status: 502, handled: true },
  { ...EDIT, status: 429, retryAfter: 1, scope: 'shared' },
  { ...EDIT, status: 'timeout' },
  { kind: 'cdn', action: 'slow', bytesPerSecond: 2000 },
  { kind: 'cdn', action: 'truncated' },
  { kind: 'cdn', action: 'missing' },
  { kind: 'cdn', action: 'expired' },
  { kind: 'gateway', action: 'reconnect' },
]
