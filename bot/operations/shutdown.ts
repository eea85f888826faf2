/** Ends the process in order when it is told to, and in any case. */

import type { Logger } from 'pino'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** What leaving Discord, closing the model and the store may take on top. */
const CLOSING_MS = 10_000

export type Shutdown = {
  /** Stops everything; rejects if that fails. */
  readonly stop: () => Promise<void>
  /** How long finishing what runs may take, milliseconds. */
  readonly limitMs: number
  readonly log: Logger
}

/**
 * Stops at the first SIGINT or SIGTERM, and leaves at once at the second or when stopping takes too
 * long. What was not answered is written down, so leaving early loses nothing.
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

/** A bug that nothing caught: the state is unknown, so the process ends and is to be restarted. */
export function endOnUncaught(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a bug ended the process')
    process.exit(1)
  })
}
