/**
 * Records of an encrypted store that are not authentic: unencrypted or of an earlier format, changed,
 * moved from another record, or encrypted with a key that is not known. Somebody who can write to the
 * database may have put them there, so they are never taken for data. They are never taken for absent
 * either: an opt-out, a deletion or a setting would be lost silently.
 */

import type { Logger } from 'pino'
import { LRUCache } from 'lru-cache'

/** Records whose names are remembered, so that each is logged once. */
const MAX_LOGGED = 1000

export class NotAuthenticError extends Error {
  override name = 'NotAuthenticError' as const
}

/** Tells the operator of such records. */
export class NotAuthenticLog {
  readonly #log: Logger
  readonly #logged = new LRUCache<string, true>({ max: MAX_LOGGED })

  constructor(log: Logger) {
    this.#log = log
  }

  /** @param key of the record; it is not logged, since it has ids of people. @returns what to throw. */
  error(collection: string, key: string, cause: unknown): NotAuthenticError {
    if (!this.#logged.has(key)) {
      this.#logged.set(key, true)
      this.#log.error(
        { kind: collection, reason: cause instanceof Error ? cause.message : 'unknown' },
        'a record is not authentic and is not used; "npm run store -- check" lists such records',
      )
    }
    return new NotAuthenticError(`a ${collection} record is not authentic`, { cause })
  }
}
