/** The errors of inference/. The two every room shares are defined below all of them, in config/. */

import { InputError } from '../config/errors.ts'

export { ConfigError, InputError } from '../config/errors.ts'

/** The queue has no room for the request; the sentence asks its person to try again. */
export class QueueFullError extends InputError {
  constructor(message = 'Too many people are asking just now. Please try again in a moment.') {
    super(message)
  }
}

/** The request's deadline passed before its answer was there. */
export class TooLateError extends InputError {
  constructor(message = 'That took too long, so it was given up. Please try again.') {
    super(message)
  }
}

/** The inference thread died while the request waited; the next request starts a new one. */
export class WorkerCrashError extends Error {
  override name = 'WorkerCrashError' as const
}
