/** Who hears of what the store does. */

import type { Logger } from 'pino'

export type StoreObserver = {
  readonly log: Logger
  /** Called after each operation with its name and its duration in seconds. */
  readonly observe?: (operation: string, seconds: number) => void
  /** Called after each `get` with the collection's name and whether there was a record. */
  readonly observeGet?: (collection: string, hit: boolean) => void
}
