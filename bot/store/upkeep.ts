/**
 * Tags the records that have no tags: those of an earlier version, which knew none. The database says
 * which ones these are, so a process that ends in between loses nothing.
 *
 * A process of an earlier version may run beside this one for a while, until it has been replaced.
 * Until then searches look for untagged records first; in Redis, which has no index of them, at most
 * twice a minute.
 */

import type { Logger } from 'pino'
import { MINUTE_MS } from '../../config/durations.ts'
import type { Backend } from './backends/backend.ts'
import { readAll } from './batches.ts'
import { KeyedMutex } from './keyed-mutex.ts'

/** How long processes of an earlier version may write to the same store. */
const OVERLAP_MS = 15 * MINUTE_MS

/** @returns the tags of a value; undefined if it cannot be read. */
export type Tagger = (key: string, value: string) => Promise<readonly string[] | undefined>

type UpkeepBackend = Pick<Backend, 'read' | 'retag' | 'untagged' | 'untaggedForMs'>

export class Upkeep {
  readonly #backend: UpkeepBackend
  readonly #log: Logger
  readonly #startedAt = performance.now()
  readonly #started = new Set<string>()
  /** Collections whose records are all tagged, and stay so. */
  readonly #complete = new Set<string>()
  /** When collections were last found to be all tagged. */
  readonly #checkedAt = new Map<string, number>()
  readonly #running = new KeyedMutex()
  #isStopped = false

  constructor(backend: UpkeepBackend, log: Logger) {
    this.#backend = backend
    this.#log = log
  }

  /** Tags the untagged records of a collection in the background, once. */
  start(name: string, tagger: Tagger): void {
    if (this.#started.has(name)) {
      return
    }
    this.#started.add(name)
    this.complete(name, tagger).catch((error: unknown) => {
      if (!this.#isStopped) {
        this.#log.warn({ err: error, kind: name }, 'records could not be indexed yet') // a search does it
      }
    })
  }

  /** Tags all untagged records of a collection. */
  async complete(name: string, tagger: Tagger): Promise<void> {
    if (!this.#complete.has(name)) {
      await this.#running.run(name, () => this.#tagAll(name, tagger))
    }
  }

  /** Waits for the record that is being tagged; the rest is left for the next process. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#running.settle()
  }

  async #tagAll(name: string, tagger: Tagger): Promise<void> {
    const now = performance.now()
    if (now - (this.#checkedAt.get(name) ?? -Infinity) < this.#backend.untaggedForMs) {
      return
    }
    for await (const [key, value] of readAll(this.#backend, this.#backend.untagged(`${name}/`))) {
      if (this.#isStopped) {
        throw new Error('the store is closed')
      }
      const tags = value === undefined ? undefined : await tagger(key, value)
      if (value !== undefined && tags !== undefined) {
        await this.#backend.retag(key, value, tags)
      }
    }
    this.#checkedAt.set(name, now)
    if (now - this.#startedAt > OVERLAP_MS) {
      this.#complete.add(name)
    }
  }
}
