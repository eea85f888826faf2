/** What the log and the metrics say of the servers of a model, and whether one can be used. */

import type { Logger } from 'pino'
import type { HostEvent } from '../../inference/contract/options.ts'
import type { Metrics } from './metrics.ts'

export class ModelHosts {
  readonly #log: Logger
  readonly #metrics: Pick<Metrics, 'host'>
  readonly #up = new Map<string, boolean>()

  constructor(log: Logger, metrics: Pick<Metrics, 'host'>) {
    this.#log = log
    this.#metrics = metrics
  }

  readonly listen = (event: HostEvent): void => {
    const { host } = event
    switch (event.type) {
      case 'up':
        this.#log.info({ host }, 'a server of the model can be used')
        this.#note(host, true)
        break
      case 'down':
        this.#log.warn({ host, reason: event.reason }, 'a server of the model cannot be used')
        this.#note(host, false)
        break
      default:
        this.#log.warn({ host, reason: event.reason }, 'a request failed on a server of the model')
    }
  }

  /** Also where the model is on no servers. */
  areUsable(): boolean {
    return this.#up.size === 0 || [...this.#up.values()].includes(true)
  }

  #note(host: string, up: boolean): void {
    this.#up.set(host, up)
    this.#metrics.host(host, up)
  }
}
