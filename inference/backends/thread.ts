/**
 * The backend on a thread of this process: starts the thread, sends requests, gives back results.
 *
 * A thread that dies rejects what waited for it with WorkerCrashError; the next request starts a
 * new one. The thread is never terminated while it may be running a session.
 */

import { Worker } from 'node:worker_threads'
import { fromPlainError } from '../../config/plain-error.ts'
import { WorkerCrashError } from '../contract/errors.ts'
import { imagesOf } from '../contract/requests.ts'
import type { CachedImage } from '../engine/feature-cache.ts'
import type { ModelCard } from '../package/model-card.ts'
import type { ModelStats } from '../contract/types.ts'
import type { Call, InferenceBackend, Outcome, RequestKind, RequestOf } from './backend.ts'
import {
  type FromThread,
  fromThreadSchema,
  resultSchemas,
  type ThreadData,
  type ToThread,
} from './protocol.ts'

/** The thread's own file; tests put another in its place. */
export const WORKER_FILE = new URL('thread-entry.ts', import.meta.url)

/**
 * Starts a thread and opens a model on it.
 *
 * @throws {ConfigError} if the model cannot be opened.
 */
export async function openThread(
  data: ThreadData,
  file: URL = WORKER_FILE,
): Promise<InferenceBackend> {
  const thread = new InferenceThread(data, file)
  const card = await thread.opened
  return new ThreadBackend(thread, card, () => new InferenceThread(data, file))
}

/** A thread that is there whenever a request needs it. */
class ThreadBackend implements InferenceBackend {
  readonly card: ModelCard
  readonly #start: () => InferenceThread
  #thread: InferenceThread
  #closed: Promise<void> | null = null

  constructor(thread: InferenceThread, card: ModelCard, start: () => InferenceThread) {
    this.#thread = thread
    this.card = card
    this.#start = start
  }

  async submit<Kind extends RequestKind>(
    kind: Kind,
    request: RequestOf<Kind>,
    call: Call,
  ): Promise<Outcome<Kind>> {
    call.signal?.throwIfAborted()
    if (this.#closed) {
      throw new Error('the model is closed')
    }
    if (this.#thread.ended) {
      this.#thread = this.#start()
    }
    const thread = this.#thread
    await thread.opened
    return thread.submit(kind, request, call)
  }

  async forget(keys: readonly string[]): Promise<void> {
    if (!this.#closed) {
      await this.#thread.forget(keys)
    }
  }

  async cached(keys: readonly string[]): Promise<readonly CachedImage[]> {
    return this.#closed ? [] : this.#thread.cached(keys)
  }

  take(entries: readonly CachedImage[]): void {
    if (!this.#closed) {
      this.#thread.take(entries)
    }
  }

  stats(): ModelStats | null {
    return this.#thread.stats
  }

  /** Waits for the run in flight, rejects what still waits, ends the thread. */
  close(): Promise<void> {
    this.#closed ??= this.#thread.close()
    return this.#closed
  }
}

type Pending = Pick<Call, 'onStep' | 'onPosition'> & {
  /** Rejects where the result is not of the request's kind. */
  done(result: unknown): void
  missing(keys: readonly string[]): void
  reject(error: unknown): void
}

/** One worker thread, from its start to its end. */
class InferenceThread {
  /** The model's card once the model is open. */
  readonly opened: Promise<ModelCard>
  /** Whether the thread takes no more requests: it died, or its model cannot be opened. */
  ended = false
  stats: ModelStats | null = null
  readonly #worker: Worker
  readonly #exited = Promise.withResolvers<void>()
  readonly #pending = new Map<number, Pending>()
  readonly #forgetting = new Map<number, PromiseWithResolvers<void>>()
  readonly #asked = new Map<number, (entries: readonly CachedImage[]) => void>()
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
    this.#worker.on('message', (received: unknown) => {
      const { data: message, error } = fromThreadSchema.safeParse(received)
      if (error) {
        this.#rejectAll(unexpected(error))
        this.#rejectForgetting(unexpected(error)) // the thread goes on, so nothing says it is done
      } else if (message.type === 'ready') {
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
      this.#resolveForgetting()
      this.#exited.resolve()
    })
  }

  async submit<Kind extends RequestKind>(
    kind: Kind,
    request: RequestOf<Kind>,
    call: Call,
  ): Promise<Outcome<Kind>> {
    const { claim, cacheable, signal, onStep, onPosition } = call
    signal?.throwIfAborted()
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<Outcome<Kind>>()
    const abort = () => {
      this.#pending.delete(id)
      this.#send({ type: 'cancel', id })
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    const schema = resultSchemas[kind]
    const done = (received: unknown) => {
      const { data: result, error } = schema.safeParse(received)
      return error ? reject(unexpected(error)) : resolve({ kind: 'done', result })
    }
    const missing = (keys: readonly string[]) => resolve({ kind: 'missing', keys })
    this.#pending.set(id, { done, missing, reject, onStep, onPosition })
    try {
      const steps = onStep !== undefined
      const message = { type: 'request', id, request, claim, cacheable, steps } as const
      this.#send(message, transferable(request))
      if (this.ended) {
        this.#rejectAll(new WorkerCrashError('The inference thread has ended.'))
      }
      return await promise
    } finally {
      this.#pending.delete(id)
      signal?.removeEventListener('abort', abort)
    }
  }

  /**
   * Resolves once it is done, or the thread has ended and its memory is freed.
   *
   * @throws {TypeError} if an unexpected message leaves open whether it was done.
   */
  async forget(keys: readonly string[]): Promise<void> {
    await this.opened.catch(() => {})
    if (this.ended) {
      return
    }
    const id = this.#nextId++
    const settled = Promise.withResolvers<void>()
    this.#forgetting.set(id, settled)
    try {
      this.#send({ type: 'forget', id, keys })
      await settled.promise
    } finally {
      this.#forgetting.delete(id)
    }
  }

  /** @returns nothing where the thread has ended. */
  async cached(keys: readonly string[]): Promise<readonly CachedImage[]> {
    if (this.ended) {
      return []
    }
    const id = this.#nextId++
    const { promise, resolve } = Promise.withResolvers<readonly CachedImage[]>()
    this.#asked.set(id, resolve)
    try {
      this.#send({ type: 'cached', id, keys })
      return await Promise.race([promise, this.#exited.promise.then(() => [])])
    } finally {
      this.#asked.delete(id)
    }
  }

  take(entries: readonly CachedImage[]): void {
    this.#send({ type: 'take', id: this.#nextId++, entries })
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
      this.#forgetting.get(message.id)?.resolve()
      return
    }
    if (message.type === 'cached') {
      this.#asked.get(message.id)?.(message.entries)
      return
    }
    const pending = this.#pending.get(message.id) // absent once aborted
    if (message.type === 'step' || message.type === 'position') {
      try {
        if (message.type === 'step') {
          pending?.onStep?.(message.step)
        } else {
          pending?.onPosition?.(message.ahead)
        }
      } catch (error) {
        this.#pending.delete(message.id)
        this.#send({ type: 'cancel', id: message.id })
        pending?.reject(error)
      }
      return
    }
    this.#pending.delete(message.id)
    if (message.type === 'result') {
      pending?.done(message.result)
    } else if (message.type === 'missing') {
      pending?.missing(message.keys)
    } else {
      const error = fromPlainError(message.error)
      pending?.reject(error)
      this.#forgetting.get(message.id)?.reject(error)
    }
  }

  #rejectAll(error: Error): void {
    const all = [...this.#pending.values()]
    this.#pending.clear()
    for (const pending of all) {
      pending.reject(error)
    }
  }

  #resolveForgetting(): void {
    for (const { resolve } of this.#forgetting.values()) {
      resolve()
    }
  }

  #rejectForgetting(error: Error): void {
    for (const { reject } of this.#forgetting.values()) {
      reject(error)
    }
  }

  #send(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer])
  }
}

function unexpected(cause: Error): TypeError {
  return new TypeError(`unexpected message from the inference thread: ${cause.message}`, { cause })
}

/** The files of a request's pictures, which move to the thread instead of being copied. */
function transferable(request: RequestOf<RequestKind>): ArrayBuffer[] {
  const buffers = imagesOf(request).map(({ bytes }) => bytes?.buffer)
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer)
}
