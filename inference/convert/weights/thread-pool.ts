/** Runs the tasks of a conversion on a few threads, in order, one at a time on each. */

import { availableParallelism } from 'node:os'
import { Tinypool } from 'tinypool'
import { ConfigError } from '../../../config/errors.ts'
import type { Task, TaskResult } from './convert-worker.ts'

/** With more threads the disk is the limit. Each uses a few tens of megabytes. */
const MAX_THREADS = 8

export class ThreadPool {
  readonly #pool: Tinypool
  readonly #closed = new AbortController()

  constructor(threads: number = Math.min(MAX_THREADS, availableParallelism())) {
    this.#pool = new Tinypool({
      filename: new URL('./convert-worker.ts', import.meta.url).href,
      name: 'run',
      minThreads: threads,
      maxThreads: threads,
      // Not the options of this process: some of them, such as --input-type, forbid a file.
      execArgv: [],
    })
  }

  /**
   * Runs a task when a thread is free.
   *
   * @returns the sha256 of a hash task in hex; null for a chunk.
   * @throws {ConfigError} with the task's problems; the reason of `close` once it was called.
   */
  async run(task: Task): Promise<string | null> {
    this.#closed.signal.throwIfAborted()
    const running: Promise<TaskResult> = this.#pool.run(task)
    const { result, problems } = await running.catch((error: unknown) => {
      this.#closed.signal.throwIfAborted()
      throw error
    })
    if (problems !== undefined) {
      throw new ConfigError(problems)
    }
    return result
  }

  /** Rejects waiting tasks and ends the threads. */
  async close(reason: unknown = new Error('the conversion has ended')): Promise<void> {
    this.#closed.abort(reason)
    await this.#pool.destroy()
  }
}
