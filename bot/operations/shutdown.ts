/** Ends the process cleanly on a signal, and within a time limit. */

import type { Logger } from 'pino'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** Additional time for leaving Discord and closing the model and the store. */
const CLOSING_MS = 10_000
/** After everything is closed; discord.js may still wait for a Discord that does not answer. */
const LINGERING_MS = 500
const PARENT_CHECK_MS = 1000

export type Shutdown = {
  /** Stops everything; rejects if that fails. */
  readonly stop: () => Promise<void>
  /** How long running work may take to finish, milliseconds. */
  readonly limitMs: number
  readonly log: Logger
  /** Whether the process was started by npm, which does not forward SIGTERM to it. */
  readonly endsWithParent?: boolean
}

/**
 * Stops on the first SIGINT or SIGTERM. Exits at once on the second one, or if stopping takes too
 * long. Unanswered requests are in the store, so exiting early loses none of them.
 */
export function stopOnSignals({ stop, limitMs, log, endsWithParent = false }: Shutdown): void {
  let stopping = false
  const onSignal = (signal: NodeJS.Signals | 'parent ended') => {
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
        log.info('stopped')
        return setTimeout(() => process.exit(), LINGERING_MS).unref()
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
  if (endsWithParent) {
    const { ppid } = process
    const check = setInterval(() => {
      if (process.ppid !== ppid) {
        clearInterval(check)
        onSignal('parent ended')
      }
    }, PARENT_CHECK_MS).unref()
  }
}

/** Exits on an uncaught error: the state is unknown, so the process must be restarted. */
export function endOnUncaught(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a bug ended the process')
    process.exit(1)
  })
}
