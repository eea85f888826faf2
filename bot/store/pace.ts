/** Lets other work run during a walk over many records. */

import { setImmediate } from 'node:timers/promises'

/** How long a walk runs before it yields. */
const SLICE_MS = 8

export class Pace {
  #since = performance.now()

  /** Yields to the event loop if the walk, with the work of its caller, has run for a while. */
  async step(): Promise<void> {
    if (performance.now() - this.#since > SLICE_MS) {
      await setImmediate()
      this.#since = performance.now()
    }
  }
}
