/** A request's end: its caller's signal, or its deadline. */

import { InputError } from '../../../config/errors.ts'
import type { Call } from '../backend.ts'

/** setTimeout takes no longer one. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Aborted with the caller's reason, or with `queue/deadline`.
 *
 * @throws {InputError} `queue/deadline` if it has passed.
 */
export function deadlineOf({ claim, signal }: Pick<Call, 'claim' | 'signal'>): Disposable & {
  readonly signal: AbortSignal
} {
  const remaining = claim.deadline - Date.now()
  if (remaining <= 0) {
    throw new InputError('queue/deadline')
  }
  const controller = new AbortController()
  const timer =
    remaining <= MAX_TIMEOUT_MS
      ? setTimeout(() => controller.abort(new InputError('queue/deadline')), remaining)
      : undefined
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
