/**
 * The main thread's end of the inference thread: starts it, sends requests, gives back results.
 *
 * A thread that dies rejects what waited for it with WorkerCrashError; the next request starts a
 * new one. The thread is never terminated while it may be running a session.
 */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { EngineRequest, EngineResult } from './engine/requests.ts'
import { WorkerCrashError } from './errors.ts'
import { type FromThread, fromPlainError, type ThreadData, type ToThread } from './messages.ts'
import type { ModelCard } from './model-card.ts'
import type { Step } from './types.ts'

type Waiting = {
  resolve(result: EngineResult): void
  reject(error: unknown): void
  onStep(step: Step): void
}

export type RequestHandling = {
  readonly signal?: AbortSignal | undefined
  readonly onStep?: ((step: Step) => void) | undefined
}

/** The thread's own file; tests put another in its place. */
export const WORKER_FILE = new URL('worker.ts', import.meta.url)

export class InferenceThread {
  readonly #data: ThreadData
  readonly #file: URL
  readonly #waiting = new Map<number, Waiting>()
  #worker: Promise<Worker> | null = null
  #nextId = 1
  #closed: Promise<void> | null = null

  constructor(data: ThreadData, file: URL = WORKER_FILE) {
    this.#data = data
    this.#file = file
  }

  /** Starts the thread and opens the model on it. @throws {ConfigError} if it cannot be opened. */
  async start(): Promise<ModelCard> {
    const started = this.#launch()
    this.#worker = started.then(({ worker }) => worker)
    // A failed start is told here; the next request tries again.
    this.#worker.catch(() => (this.#worker = null))
    return (await started).card
  }

  /**
   * Sends a request and waits for its result. The bytes in it are moved, not copied.
   *
   * @throws the signal's reason once it is aborted; WorkerCrashError if the thread dies.
   */
  async request(
    request: EngineRequest,
    transfer: readonly ArrayBuffer[],
    { signal, onStep }: RequestHandling,
  ): Promise<EngineResult> {
    signal?.throwIfAborted()
    if (this.#closed) {
      throw new Error('the model is closed')
    }
    if (!this.#worker) {
      await this.start()
    }
    const worker = await this.#worker!
    signal?.throwIfAborted()
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<EngineResult>()
    this.#waiting.set(id, { resolve, reject, onStep: onStep ?? (() => {}) })
    const abort = () => {
      this.#waiting.delete(id)
      send(worker, { type: 'cancel', id })
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    send(worker, { type: 'request', id, request }, transfer)
    try {
      return await promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Waits for the run in flight, rejects what still waits, ends the thread. */
  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  async #end(): Promise<void> {
    const worker = await this.#worker?.catch(() => null)
    this.#rejectAll(new Error('the model was closed'))
    if (worker && worker.threadId !== -1) {
      const ended = once(worker, 'exit')
      send(worker, { type: 'close' })
      await ended
    }
    this.#worker = null
  }

  async #launch(): Promise<{ worker: Worker; card: ModelCard }> {
    const worker = new Worker(this.#file, { workerData: this.#data, name: 'inference' })
    const { promise, resolve, reject } = Promise.withResolvers<ModelCard>()
    let cause: unknown
    worker.on('message', (message: FromThread) => {
      if (message.type === 'ready') {
        resolve(message.card)
      } else if (message.type === 'unusable') {
        reject(fromPlainError(message.error))
      } else if (message.type !== 'closed') {
        this.#receive(message)
      }
    })
    worker.on('error', (error) => {
      cause = error
    })
    worker.once('exit', (code) => {
      const reason = cause instanceof Error ? cause.message : `exit code ${code}`
      const error = new WorkerCrashError(`The inference thread ended unexpectedly: ${reason}`, {
        cause,
      })
      reject(error)
      this.#worker = null
      this.#rejectAll(error)
    })
    return { worker, card: await promise }
  }

  #receive(message: Extract<FromThread, { readonly id: number }>): void {
    const waiting = this.#waiting.get(message.id) // absent once aborted
    if (message.type === 'step') {
      waiting?.onStep(message.step)
      return
    }
    this.#waiting.delete(message.id)
    if (message.type === 'result') {
      waiting?.resolve(message.result)
    } else {
      waiting?.reject(fromPlainError(message.error))
    }
  }

  #rejectAll(error: Error): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const one of waiting) {
      one.reject(error)
    }
  }
}

function send(worker: Worker, message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
  worker.postMessage(message, [...transfer])
}
