/**
 * Carries a store through a short outage of its database, such as a restart: operations wait and are
 * repeated, so that nobody's request fails and nothing is lost. After that they fail at once until the
 * database is back.
 */

import { setTimeout as wait } from 'node:timers/promises'
import {
  ClientOfflineError,
  ConnectionTimeoutError,
  ErrorReply,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
} from '@redis/client'
import type { Backend } from './backend.ts'

/** How long an outage may last. */
const OUTAGE_MS = 10_000
const RETRY_MS = 100

const REDIS_ERRORS = [
  ClientOfflineError,
  ConnectionTimeoutError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
]
/** Codes of Node for a connection, and of Postgres (connection exceptions, shutdown, start). */
const AWAY_CODES =
  /^(?:ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|08\w{3}|57P0[123])$/
/** Errors of pg that have no code. */
const AWAY_MESSAGES = /^(?:Connection terminated|timeout exceeded when trying to connect)/

/** Whether a database could not be reached, or is starting or ending: the same may succeed later. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false
  }
  const code: unknown = Reflect.get(error, 'code')
  return (
    REDIS_ERRORS.some((kind) => error instanceof kind) ||
    (error instanceof ErrorReply && /^(?:LOADING|MASTERDOWN) /.test(error.message)) ||
    (typeof code === 'string' && AWAY_CODES.test(code)) ||
    AWAY_MESSAGES.test(error.message) ||
    (error instanceof AggregateError && error.errors.every(isAway))
  )
}

/** Why a database cannot be used, for the operator. */
export function whyAway(error: unknown): string {
  if (error instanceof TimeoutError) {
    return 'it does not answer' // the error has no message
  }
  return error instanceof Error ? error.message || error.constructor.name : String(error)
}

/** Searches and `ping` are not repeated: they are by those who call them. @param outageMs default 10 s. */
export function throughOutages(backend: Backend, outageMs: number = OUTAGE_MS): Backend {
  let awaySince: number | null = null
  /** @param work told whether it may have been done already: its reply may have been lost. */
  const persist = async <R>(work: (again: boolean) => Promise<R>): Promise<R> => {
    for (let again = false; ; again = true) {
      try {
        const result = await work(again)
        awaySince = null
        return result
      } catch (error) {
        if (!isAway(error)) {
          throw error
        }
        awaySince ??= performance.now()
        if (performance.now() - awaySince > outageMs) {
          throw error
        }
        await wait(RETRY_MS)
      }
    }
  }
  return {
    ...backend,
    read: (key) => persist(() => backend.read(key)),
    write: (key, entry) => persist(() => backend.write(key, entry)),
    delete: (key) => persist(() => backend.delete(key)),
    swap: (key, expected, next) =>
      persist(
        async (again) =>
          (again && (await backend.read(key)) === next?.value) || backend.swap(key, expected, next),
      ),
    retag: (key, expected, tags) => persist(() => backend.retag(key, expected, tags)),
  }
}
