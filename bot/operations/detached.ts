/**
 * Work that is not awaited, as listeners, timers and callbacks start it. Its errors are logged. They
 * never become unhandled rejections, which end the process.
 */

import type { Logger } from 'pino'

/**
 * Starts the work. Never throws or rejects.
 *
 * @param failure message of the log if the work fails.
 */
export function detached(log: Logger, failure: string, work: () => Promise<unknown>): void {
  Promise.try(work).catch((error: unknown) => log.error({ err: error }, failure))
}
