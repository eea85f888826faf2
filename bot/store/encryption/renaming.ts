/**
 * Renames the records whose names show what they should hide: those of an earlier version, or of a
 * store that was not encrypted. A name is changed by a copy and then a deletion, so a process that ends
 * in between loses nothing; the next one does the rest. Operations of the collection wait for the end.
 */

import type { Logger } from 'pino'
import type { Backend } from '../backends/backend.ts'
import type { Names } from './names.ts'
import { Pace } from '../pace.ts'
import type { CollectionSpec } from '../types.ts'

export class Renaming {
  readonly #backend: Pick<Backend, 'keys'>
  readonly #names: Names
  readonly #log: Logger
  readonly #works = new Map<string, () => Promise<void>>()
  readonly #running = new Map<string, Promise<void>>()
  #isStopped = false

  constructor(backend: Pick<Backend, 'keys'>, names: Names, log: Logger) {
    this.#backend = backend
    this.#names = names
    this.#log = log
  }

  /** Renames the records of a collection in the background, once. @param rename takes a name. */
  start<T>(spec: CollectionSpec<T>, rename: (name: string) => Promise<void>): void {
    if (spec.readableKeyParts === undefined || this.#works.has(spec.name)) {
      return
    }
    this.#works.set(spec.name, () => this.#renameAll(spec, rename))
    this.complete(spec.name).catch((error: unknown) => {
      if (!this.#isStopped) {
        this.#log.warn({ err: error, kind: spec.name }, 'records could not be renamed yet')
      }
    })
  }

  /** Waits until all records of a collection are renamed; after a failure it is tried again. */
  complete(name: string): Promise<void> {
    const work = this.#works.get(name)
    const running = this.#running.get(name) ?? work?.()
    if (running === undefined) {
      return Promise.resolve()
    }
    if (!this.#running.has(name)) {
      this.#running.set(name, running)
      running.catch(() => this.#running.delete(name))
    }
    return running
  }

  /** Waits for the record that is being renamed; the rest is left for the next process. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.allSettled(this.#running.values())
  }

  async #renameAll<T>(
    spec: CollectionSpec<T>,
    rename: (name: string) => Promise<void>,
  ): Promise<void> {
    const pace = new Pace()
    for await (const name of this.#backend.keys(`${spec.name}/`)) {
      if (this.#isStopped) {
        throw new Error('the store is closed')
      }
      await pace.step()
      if (this.#names.isExposed(spec, name)) {
        await rename(name)
      }
    }
  }
}
