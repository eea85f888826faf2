/**
 * Work that nobody awaits: what listeners, timers and callbacks start. An error of it is logged; it
 * never becomes an unhandled rejection, which would end the process.
 */

import type { Logger } from 'pino'

/**
 * Starts the work; neither throws nor rejects.
 *
 * @param failure what the log says if the work fails.
 */
export function detached(log: Logger, failure: string, work: () => Promise<unknown>): void {
  Promise.try(work).catch((error: unknown) => log.error({ err: error }, failure))
}
