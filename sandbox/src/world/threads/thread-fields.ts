/** The fields of a thread, as requests give them. Source: developers/resources/channel.mdx. */

import { Checks } from '../../protocol/field-checks.ts'
import type { Json } from '../../protocol/field-checks.ts'
import { CHANNEL_TYPE } from '../../protocol/constants.ts'
import type { Thread } from '../types.ts'

/** The allowed auto-archive durations, in minutes. */
const ARCHIVE_MINUTES = [60, 1440, 4320, 10_080]
const MAX_SLOWMODE_S = 21_600

/** The fields of a new thread. */
export type NewThread = {
  readonly name: string
  /** Default public. */
  readonly type?: number
  readonly autoArchiveMinutes?: number
  readonly slowmodeS?: number
  readonly invitable?: boolean
}

/** The fields to change; absent ones stay. */
export type ThreadChanges = Partial<
  Pick<Thread, 'archived' | 'locked' | 'invitable' | 'autoArchiveMinutes'>
> & { readonly name?: string; readonly slowmodeS?: number }

/** @throws {ApiError} 50035. */
export function readNewThread(body: Json, fromMessage: boolean): NewThread {
  const checks = new Checks()
  const name = checks.needText(body, 'name', { min: 1, max: 100 })
  const changes = readCommon(body, checks)
  const { announcementThread, publicThread, privateThread } = CHANNEL_TYPE
  const types = [announcementThread, publicThread, privateThread]
  const type = fromMessage || body['type'] == null ? undefined : checks.choice(body, 'type', types)
  checks.done()
  // The default type of a thread without a starter message is private. Source: channel.mdx.
  const defaultType = fromMessage ? publicThread : privateThread
  return { ...changes, name, type: type ?? defaultType }
}

/** @throws {ApiError} 50035. */
export function readThreadChanges(body: Json): ThreadChanges {
  const checks = new Checks()
  const name = checks.text(body, 'name', { min: 1, max: 100 })
  const archived = checks.flag(body, 'archived')
  const locked = checks.flag(body, 'locked')
  const common = readCommon(body, checks)
  checks.done()
  return {
    ...common,
    ...(name === undefined ? {} : { name }),
    ...(archived === undefined ? {} : { archived }),
    ...(locked === undefined ? {} : { locked }),
  }
}

function readCommon(body: Json, checks: Checks): Omit<ThreadChanges, 'name'> {
  const key = 'auto_archive_duration'
  const minutes = body[key] == null ? undefined : checks.choice(body, key, ARCHIVE_MINUTES)
  const limits = { min: 0, max: MAX_SLOWMODE_S }
  const slowmodeS = checks.whole(body, 'rate_limit_per_user', 'rate_limit_per_user', limits)
  const invitable = checks.flag(body, 'invitable')
  return {
    ...(minutes === undefined ? {} : { autoArchiveMinutes: minutes }),
    ...(slowmodeS === undefined ? {} : { slowmodeS }),
    ...(invitable === undefined ? {} : { invitable }),
  }
}
