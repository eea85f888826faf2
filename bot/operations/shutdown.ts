/** Ends the process cleanly on a signal, and within a time limit. */

import type { Logger } from 'pino'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** Additional time for leaving Discord and closing the model and the store. */
const CLOSING_MS = 10_000

export type Shutdown = {
  /** Stops everything; rejects if that fails. */
  readonly stop: () => Promise<void>
  /** How long running work may take to finish, milliseconds. */
  readonly limitMs: number
  readonly log: Logger
}

/**
 * Stops on the first SIGINT or SIGTERM. Exits at once on the second one, or if stopping takes too
 * long. Unanswered requests are in the store, so exiting early loses none of them.
 */
export function stopOnSignals({ stop, limitMs, log }: Shutdown): void {
  let stopping = false
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) {
      process.exit(130)
    }
    stopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => {
      log.error('stopping took too long')
      process.exit(1)
    }, limitMs + CLOSING_MS).unref()
    stop().then(
      () => {
        for (const name of SIGNALS) {
          process.off(name, onSignal)
        }
        return log.info('stopped')
      },
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  for (const name of SIGNALS) {
    process.on(name, onSignal)
  }
}

/** Exits on an uncaught error: the state is unknown, so the process must be restarted. */
export function endOnUncaught(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a bug ended the process')
    process.exit(1)
  })
}
