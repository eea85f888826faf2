/**
 * The main thread's end of the inference thread: starts it, sends requests, gives back results.
 *
 * A thread that dies rejects what waited for it with WorkerCrashError; the next request starts a
 * new one. The thread is never terminated while it may be running a session.
 */

import { Worker } from 'node:worker_threads'
import type { EngineRequest, EngineResult } from '../engine/requests.ts'
import { WorkerCrashError } from '../errors.ts'
import {
  type FromThread,
  fromPlainError,
  type RequestClaim,
  type ThreadData,
  type ToThread,
} from './protocol.ts'
import type { ModelCard } from '../package/model-card.ts'
import type { ModelStats, Step } from '../types.ts'

/** What became of a request; one whose picture is missing is to be sent again with its file. */
export type Reply =
  | { readonly kind: 'result'; readonly result: EngineResult }
  | { readonly kind: 'missing' }

export type RequestHandling = {
  /** Asked when the request is sent: whether what is computed for it may be cached. */
  readonly cacheable: () => boolean
  readonly signal?: AbortSignal | undefined
  readonly onStep?: ((step: Step) => void) | undefined
  readonly onPosition?: ((ahead: number) => void) | undefined
}

/** The thread's own file; tests put another in its place. */
export const WORKER_FILE = new URL('thread-entry.ts', import.meta.url)

/** A thread that is there whenever a request needs it. */
export class InferenceThread {
  readonly #data: ThreadData
  readonly #file: URL
  #current: OneThread | null = null
  #closed: Promise<void> | null = null

  constructor(data: ThreadData, file: URL = WORKER_FILE) {
    this.#data = data
    this.#file = file
  }

  /** Starts the thread and opens the model on it. @throws {ConfigError} if it cannot be opened. */
  start(): Promise<ModelCard> {
    return this.#living().opened
  }

  /**
   * Sends a request and waits for its result. The bytes in it are moved, not copied.
   *
   * @throws the signal's reason once it is aborted; WorkerCrashError if the thread dies.
   */
  async request(
    request: EngineRequest,
    transfer: readonly ArrayBuffer[],
    claim: RequestClaim,
    handling: RequestHandling,
  ): Promise<Reply> {
    handling.signal?.throwIfAborted()
    if (this.#closed) {
      throw new Error('the model is closed')
    }
    const thread = this.#living()
    await thread.opened
    return thread.request(request, transfer, claim, handling)
  }

  /** Has the thread delete what was computed from pictures. */
  async forget(keys: readonly string[]): Promise<void> {
    const thread = this.#current // where there is none, or a dead one, there is nothing to delete
    if (thread && !this.#closed) {
      await thread.forget(keys)
    }
  }

  /** What the thread counted last; null before it is open. */
  stats(): ModelStats | null {
    return this.#current?.stats ?? null
  }

  /** Waits for the run in flight, rejects what still waits, ends the thread. */
  close(): Promise<void> {
    this.#closed ??= this.#current?.close() ?? Promise.resolve()
    return this.#closed
  }

  #living(): OneThread {
    if (!this.#current || this.#current.ended) {
      this.#current = new OneThread(this.#data, this.#file)
    }
    return this.#current
  }
}

type Waiting = {
  resolve(reply: Reply): void
  reject(error: unknown): void
  onStep?: ((step: Step) => void) | undefined
  onPosition?: ((ahead: number) => void) | undefined
}

/** One worker thread, from its start to its end. */
class OneThread {
  /** The model's card once the model is open. */
  readonly opened: Promise<ModelCard>
  /** Whether the thread takes no more requests: it died, or its model cannot be opened. */
  ended = false
  stats: ModelStats | null = null
  readonly #worker: Worker
  readonly #exited = Promise.withResolvers<void>()
  readonly #waiting = new Map<number, Waiting>()
  readonly #forgetting = new Map<number, () => void>()
  #nextId = 1

  constructor(data: ThreadData, file: URL) {
    const { promise, resolve, reject } = Promise.withResolvers<ModelCard>()
    this.opened = promise
    this.opened.catch(() => {}) // every user of `opened` is told; nobody need be waiting just now
    // ONNX Runtime (1.29 and later) would send telemetry, keep a database in the home folder, and
    // end the process on a command line of 15 kB or more: microsoft/onnxruntime,
    // onnxruntime/core/platform/posix/telemetry.cc. It reads this when the thread loads it.
    process.env['ORT_DISABLE_TELEMETRY'] = '1'
    this.#worker = new Worker(file, { workerData: data, name: 'inference' })
    this.#worker.on('message', (message: FromThread) => {
      if (message.type === 'ready') {
        resolve(message.card)
      } else if (message.type === 'unusable') {
        this.ended = true
        reject(fromPlainError(message.error))
      } else if (message.type === 'stats') {
        this.stats = message.stats
      } else if (message.type !== 'closed') {
        this.#receive(message)
      }
    })
    let cause: unknown
    this.#worker.on('error', (error) => {
      cause = error
    })
    this.#worker.once('exit', (code) => {
      const reason = cause instanceof Error ? cause.message : `exit code ${code}`
      const message = `The inference thread ended unexpectedly: ${reason}`
      const error = new WorkerCrashError(message, { cause })
      this.ended = true
      reject(error)
      this.#rejectAll(error)
      this.#exited.resolve()
    })
  }

  async request(
    request: EngineRequest,
    transfer: readonly ArrayBuffer[],
    claim: RequestClaim,
    { signal, onStep, onPosition, cacheable }: RequestHandling,
  ): Promise<Reply> {
    signal?.throwIfAborted()
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const abort = () => {
      this.#waiting.delete(id)
      this.#send({ type: 'cancel', id })
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    this.#waiting.set(id, { resolve, reject, onStep, onPosition })
    this.#send({ type: 'request', id, request, claim, cacheable: cacheable() }, transfer)
    if (this.ended) {
      this.#rejectAll(new WorkerCrashError('The inference thread has ended.'))
    }
    try {
      return await promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Settles once it is done, or the thread has ended and all is gone. */
  async forget(keys: readonly string[]): Promise<void> {
    await this.opened.catch(() => {})
    if (this.ended) {
      return
    }
    const id = this.#nextId++
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#forgetting.set(id, resolve)
    this.#send({ type: 'forget', id, keys })
    await promise
  }

  async close(): Promise<void> {
    await this.opened.catch(() => {})
    this.ended = true
    this.#rejectAll(new Error('the model was closed'))
    this.#send({ type: 'close' })
    await this.#exited.promise
  }

  #receive(message: Extract<FromThread, { readonly id: number }>): void {
    if (message.type === 'forgotten') {
      this.#forgetting.get(message.id)?.()
      this.#forgetting.delete(message.id)
      return
    }
    const waiting = this.#waiting.get(message.id) // absent once aborted
    if (message.type === 'step' || message.type === 'position') {
      try {
        if (message.type === 'step') {
          waiting?.onStep?.(message.step)
        } else {
          waiting?.onPosition?.(message.ahead)
        }
      } catch (error) {
        this.#waiting.delete(message.id)
        this.#send({ type: 'cancel', id: message.id })
        waiting?.reject(error)
      }
      return
    }
    this.#waiting.delete(message.id)
    if (message.type === 'result') {
      waiting?.resolve({ kind: 'result', result: message.result })
    } else if (message.type === 'missing') {
      waiting?.resolve({ kind: 'missing' })
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
    for (const resolve of this.#forgetting.values()) {
      resolve()
    }
    this.#forgetting.clear()
  }

  #send(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer])
  }
}
