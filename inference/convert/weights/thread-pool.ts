/** Runs the tasks of a conversion on a few threads, in order, one at a time on each. */

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { ConfigError } from '../../errors.ts'
import type { Task, TaskAnswer } from './convert-worker.ts'

/** More threads than this wait for the disk. Each holds a few tens of megabytes. */
const MAX_THREADS = 8

type Waiting = {
  readonly task: Task
  readonly resolve: (result: string | null) => void
  readonly reject: (error: unknown) => void
}

export class ThreadPool {
  #workers: Worker[] = []
  #idle: Worker[] = []
  #queue: Waiting[] = []
  #running = new Map<Worker, Waiting>()
  #failure: unknown

  constructor(threads: number = Math.min(MAX_THREADS, availableParallelism())) {
    for (let i = 0; i < threads; i++) {
      // Not the options of this process: some of them, such as --input-type, forbid a file.
      const worker = new Worker(new URL('./convert-worker.ts', import.meta.url), { execArgv: [] })
      worker.on('message', (answer: TaskAnswer) => this.#finish(worker, answer))
      worker.on('error', (error) => this.#fail(error))
      this.#workers.push(worker)
      this.#idle.push(worker)
    }
  }

  /** @returns what the task gave: a hash, or null. */
  run(task: Task): Promise<string | null> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure)
        return
      }
      this.#queue.push({ task, resolve, reject })
      this.#next()
    })
  }

  /** Rejects what waits, and ends the threads. */
  async close(reason: unknown = new Error('the conversion has ended')): Promise<void> {
    this.#fail(reason)
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #next(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0) {
      const worker = this.#idle.pop()!
      const waiting = this.#queue.shift()!
      this.#running.set(worker, waiting)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
      worker.postMessage(waiting.task)
    }
  }

  #finish(worker: Worker, answer: TaskAnswer): void {
    const waiting = this.#running.get(worker)
    this.#running.delete(worker)
    this.#idle.push(worker)
    if (answer.problems === undefined) {
      waiting?.resolve(answer.result)
    } else {
      waiting?.reject(new ConfigError(answer.problems))
    }
    this.#next()
  }

  #fail(reason: unknown): void {
    this.#failure ??= reason
    for (const waiting of [...this.#running.values(), ...this.#queue]) {
      waiting.reject(reason)
    }
    this.#running.clear()
    this.#queue = []
  }
}
