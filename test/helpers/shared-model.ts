/** The demo model, opened once for the test files of a process. To open it takes most of a bot's start. */

import { openConfiguredModel } from '../../inference/configured-model.ts'
import { readConfig } from '../../config/config.ts'
import type { Model } from '../../inference/contract/types.ts'

/** It is closed after this time without a user: the next file of the process has begun by then. */
const IDLE_MS = 1000

/** The settings of a bot with the demo model. Its matcher takes time to open, and few tests need it. */
export const DEMO_SETTINGS = {
  SIGHTSEER_MODEL: 'demo',
  SIGHTSEER_MATCHER: 'none',
  SIGHTSEER_STORE: 'memory:',
  SIGHTSEER_THREADS: '1',
  LOG_LEVEL: 'error',
}

let opening: Promise<Model> | null = null
let users = 0
let idle: NodeJS.Timeout | undefined

/**
 * Opens the demo model, or shares the one that is open, with what it has cached: a test that looks at
 * its counters opens one of its own.
 *
 * @returns an object of its own, whose methods a test can replace; to be closed.
 */
export async function openDemoModel(): Promise<Model> {
  clearTimeout(idle)
  users += 1
  opening ??= openConfiguredModel(readConfig(DEMO_SETTINGS))
  const model = await opening
  const close = async () => {
    users -= 1
    if (users === 0) {
      idle = setTimeout(() => {
        opening = null
        model.close().catch(fail)
      }, IDLE_MS)
    }
  }
  return { ...model, close }
}

function fail(error: unknown): never {
  throw error
}
