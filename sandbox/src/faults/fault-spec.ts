/** The kinds of faults, and their parser from JSON. */

import { isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { ApiError } from '../protocol/errors.ts'
import { PERMISSION } from '../world/permissions.ts'
import type { PermissionName } from '../world/permissions.ts'

/** A gateway fault; applies at once. */
export type GatewayFault = {
  readonly kind: 'gateway'
  /**
   * `drop` closes every connection with `code`, or terminates it without one; `reconnect` sends
   * opcode 7; `invalid` sends opcode 9, and ends the sessions unless `resumable`.
   */
  readonly action: 'drop' | 'reconnect' | 'invalid'
  readonly code?: number
  readonly resumable?: boolean
}

/** Delays, duplicates, reorders or drops events. */
export type EventFault = {
  readonly kind: 'event'
  /** Such as `MESSAGE_CREATE`; `*` is any. */
  readonly event: string
  /** `reorder` holds an event back until the next one of that name. */
  readonly action: 'delay' | 'duplicate' | 'reorder' | 'lose'
  /** Milliseconds: the delay, or how long `reorder` waits for the next event. Default 1000. */
  readonly delayMs?: number
} & Counted

/** The REST API fails. */
export type RestFault = {
  readonly kind: 'rest'
  readonly method?: string
  /** Such as `/channels/:id/messages`; `:id` or `*` is one segment, `**` any number. */
  readonly path: string
  /** The response's status; `timeout` sends none. Without it the response is only delayed. */
  readonly status?: number | 'timeout'
  /** Milliseconds before the response. Default 0. */
  readonly delayMs?: number
  /** Whether the request still takes effect. Default false. */
  readonly handled?: boolean
  /** Of a 429, in seconds. Default 1. */
  readonly retryAfter?: number
  readonly scope?: 'user' | 'shared' | 'global'
  /** The body's code. */
  readonly code?: number
} & Counted

/** Files fail. */
export type CdnFault = {
  readonly kind: 'cdn'
  /** Default every file. */
  readonly path?: string
  /** `expired` invalidates every link issued so far; new links work. */
  readonly action: 'slow' | 'truncated' | 'missing' | 'expired'
  /** Of `slow`. Default 64 KiB. */
  readonly bytesPerSecond?: number
} & Counted

/** The bot loses a permission, until the fault is cancelled. */
export type PermissionFault = {
  readonly kind: 'permission'
  /** Such as `sendMessages`; names as in permissions.ts. */
  readonly permission: PermissionName
  /** Its id; without it everywhere. */
  readonly channel?: string
} & Partial<HookPlace>

/** An outage: the gateway has no events of a guild until the fault is cancelled. */
export type OutageFault = {
  readonly kind: 'outage'
  /** Its id; default the first guild. */
  readonly guild?: string
}

/** A call of an API route. Without a path the fault applies at once. */
export type HookPlace = {
  readonly method?: string
  /** As in `RestFault`. */
  readonly path: string
  /** Default `before`. */
  readonly when?: 'before' | 'after'
  /** The first call is 1. Default 1. */
  readonly nth?: number
}

/** How often. */
export type Counted = {
  /** Default 1. */
  readonly count?: number
  /** How many are skipped first. Default 0. */
  readonly skip?: number
}

/** Any fault. */
export type FaultSpec =
  | GatewayFault
  | EventFault
  | RestFault
  | CdnFault
  | PermissionFault
  | OutageFault

type Field = 'text' | 'number' | 'boolean' | 'status' | readonly string[]

const COUNTED = { count: 'number', skip: 'number' } as const

const FIELDS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  gateway: {
    action: ['drop', 'reconnect', 'invalid'],
    code: 'number',
    resumable: 'boolean',
  },
  event: {
    event: 'text',
    action: ['delay', 'duplicate', 'reorder', 'lose'],
    delayMs: 'number',
    ...COUNTED,
  },
  rest: {
    method: 'text',
    path: 'text',
    status: 'status',
    delayMs: 'number',
    handled: 'boolean',
    retryAfter: 'number',
    scope: ['user', 'shared', 'global'],
    code: 'number',
    ...COUNTED,
  },
  cdn: {
    path: 'text',
    action: ['slow', 'truncated', 'missing', 'expired'],
    bytesPerSecond: 'number',
    ...COUNTED,
  },
  outage: { guild: 'text' },
  permission: {
    permission: Object.keys(PERMISSION),
    channel: 'text',
    method: 'text',
    path: 'text',
    when: ['before', 'after'],
    nth: 'number',
  },
}

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  gateway: ['action'],
  event: ['event', 'action'],
  rest: ['path'],
  cdn: ['action'],
  permission: ['permission'],
}

/**
 * Reads a fault from JSON.
 *
 * @throws {ApiError} 400 with a sentence that says what is wrong.
 */
export function readFaultSpec(value: unknown): FaultSpec {
  if (!isFaultSpec(value)) {
    throw new ApiError(400, 0, 'A fault is a JSON object.')
  }
  return value
}

function isFaultSpec(value: unknown): value is FaultSpec {
  if (!isJson(value)) {
    return false
  }
  const kind = String(value['kind'])
  const fields = FIELDS[kind]
  if (!fields) {
    wrong(`kind is one of ${Object.keys(FIELDS).join(', ')}.`)
  }
  for (const name of REQUIRED[kind] ?? []) {
    if (value[name] === undefined) {
      wrong(`A fault of kind ${kind} needs ${name}.`)
    }
  }
  for (const name of Object.keys(value)) {
    if (name !== 'kind') {
      checkField(kind, name, fields[name], value)
    }
  }
  return true
}

function checkField(kind: string, name: string, field: Field | undefined, value: Json): void {
  const setting = value[name]
  if (field === undefined) {
    wrong(`A fault of kind ${kind} has no ${name}.`)
  }
  if (field === 'text' && typeof setting !== 'string') {
    wrong(`${name} is a text.`)
  }
  if (field === 'boolean' && typeof setting !== 'boolean') {
    wrong(`${name} is true or false.`)
  }
  if (field === 'number' && !isCount(setting)) {
    wrong(`${name} is a number, 0 or more.`)
  }
  if (field === 'status' && setting !== 'timeout' && !isStatus(setting)) {
    wrong(`${name} is a status from 400 to 599, or "timeout".`)
  }
  if (Array.isArray(field) && !field.includes(String(setting))) {
    wrong(`${name} is one of ${field.join(', ')}.`)
  }
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}

function isStatus(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600
}

function wrong(message: string): never {
  throw new ApiError(400, 0, message)
}
