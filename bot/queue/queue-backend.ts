/**
 * The backend on other machines: requests go through BullMQ in Redis to the hosts that run
 * `npm run worker`.
 *
 * BullMQ carries names only. A request is beside its job, sealed, under a key that expires at its
 * deadline; answers come in a stream of this process, sealed too. What the stream cannot tell (that
 * Redis has lost a job, or that two hosts ended while they worked on it) is looked for every second.
 */

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { InputError } from '../../config/errors.ts'
import type {
  Call,
  InferenceBackend,
  Outcome,
  RequestKind,
  RequestOf,
} from '../../inference/backends/backend.ts'
import { type EngineRequest, imagesOf } from '../../inference/contract/requests.ts'
import type { ModelStats } from '../../inference/contract/types.ts'
import { detached } from '../operations/detached.ts'
import { AnswerStream } from './answer-stream.ts'
import { whileStarting } from './connection.ts'
import { readReports, REPORT_EVERY_MS, type SealedQueue, sumStats } from './hosts.ts'
import { JobQueues } from './job-queues.ts'
import { CONTROL, requestKey } from './keys.ts'
import {
  type Cards,
  type ControlMessage,
  pack,
  type QueuedRequest,
  withFiles,
} from './messages/messages.ts'
import { createPending, type Pending } from './pending.ts'
import { SharedFeatures } from './shared-features.ts'
import { type Priorities, Shares } from './shares.ts'

/** A request that cannot be sent for this long fails. */
const UNREACHABLE_AFTER_MS = 15_000
const RETRY_MS = 250
const LOOK_EVERY_MS = 1000
/** Looks without a job before it is sent again: its answer may be on its way. */
const UNSEEN_LOOKS = 3
/** How often a request is sent, at most: again where Redis has lost it. */
const MAX_SENT = 4
/** The deadline of a request that has none. */
const LONGEST_WAIT_MS = 50 * 60_000
/** What a host was told stays this long, for hosts that have lost their connection. */
const CONTROL_TTL_MS = 60 * 60_000
const NO_BYTES = new Uint8Array()
/** Requests that may wait, for each host. */
const QUEUE_LIMIT = 64

export type QueueBackendOptions = {
  readonly log: Logger
  /** Requests of all bots that may wait. Default: 64 for each host. */
  readonly queueLimit?: number | undefined
  /** How long Redis may be away before requests fail; milliseconds, 15,000 by default. Tests wait for less. */
  readonly unreachableAfterMs?: number | undefined
}

export class QueueBackend implements InferenceBackend {
  readonly card: Cards['card']
  readonly #queue: SealedQueue
  readonly #options: QueueBackendOptions
  readonly #jobs: JobQueues
  readonly #answers: AnswerStream
  readonly #shared: SharedFeatures
  readonly #shares = new Shares()
  readonly #pending = new Map<string, Pending>()
  readonly #timers: readonly NodeJS.Timeout[]
  #stats: ModelStats | null = null
  #hosts = 0
  #closed = false

  private constructor(queue: SealedQueue, cards: Cards, options: QueueBackendOptions) {
    const { log } = options
    this.card = cards.card
    this.#shared = new SharedFeatures(queue, cards, { log })
    this.#queue = queue
    this.#options = options
    this.#jobs = new JobQueues(queue.connection, log)
    this.#answers = new AnswerStream(queue, log, (message) => {
      this.#pending.get(message.id)?.receive(message)
    })
    const every = (ms: number, failure: string, work: () => Promise<void>) =>
      setInterval(() => queue.connection.isReady && detached(log, failure, work), ms).unref()
    this.#timers = [
      every(LOOK_EVERY_MS, 'requests at hosts could not be looked for', () => this.#look()),
      every(REPORT_EVERY_MS, 'hosts could not be looked for', () => this.#readReports()),
    ]
  }

  static async open(
    queue: SealedQueue,
    cards: Cards,
    options: QueueBackendOptions,
  ): Promise<QueueBackend> {
    const backend = new QueueBackend(queue, cards, options)
    const { connection } = queue
    try {
      await whileStarting(connection, () => backend.#jobs.ready(), 0)
      await whileStarting(connection, () => backend.#answers.open())
      await whileStarting(connection, () => backend.#readReports())
      return backend
    } catch (error) {
      await backend.close()
      throw error
    }
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
    const keys = missingFiles(request)
    if (keys.length > 0) {
      return { kind: 'missing', keys }
    }
    const id = randomUUID()
    const { pending, outcome } = createPending({
      id,
      kind,
      call,
      sealed: this.#seal(id, request, call),
    })
    outcome.catch(() => {}) // awaited below, once it is sent
    const abort = () => pending.fail(call.signal?.reason)
    call.signal?.addEventListener('abort', abort, { once: true })
    const deadline = setTimeout(
      () => pending.fail(new InputError('queue/deadline')),
      remainingMs(call),
    )
    this.#pending.set(id, pending)
    try {
      await Promise.race([outcome, this.#enqueue(pending)])
      return await outcome
    } finally {
      clearTimeout(deadline)
      call.signal?.removeEventListener('abort', abort)
      this.#pending.delete(id)
      this.#discard(pending)
    }
  }

  async forget(keys: readonly string[]): Promise<void> {
    if (keys.length > 0 && !this.#closed) {
      await this.#persist(async () => {
        await this.#shared.forget(keys)
        await this.#tellHosts({ type: 'forget', keys: [...keys] })
      })
    }
  }

  stats(): ModelStats | null {
    return this.#stats
  }

  async close(): Promise<void> {
    if (this.#closed) {
      return
    }
    this.#closed = true
    this.#timers.forEach(clearInterval)
    for (const pending of this.#pending.values()) {
      pending.fail(new Error('the model was closed'))
    }
    await delay(0) // they discard what they have in Redis
    await this.#answers.close()
    await this.#jobs.close()
    await this.#queue.connection.close()
  }

  #seal(id: string, request: EngineRequest, { claim, cacheable, onStep }: Call): Buffer {
    const files = new Map(imagesOf(request).map(({ key, bytes }) => [key, bytes ?? NO_BYTES]))
    const queued: QueuedRequest = {
      bot: this.#answers.bot,
      request: withFiles(request, () => null),
      claim: { ...claim, deadline: Infinity }, // its key expires; clocks of machines differ
      cacheable,
      steps: onStep !== undefined,
      files: [...files].map(([key, { length }]) => ({ key, bytes: length })),
    }
    return this.#queue.sealer.seal(pack(queued, [...files.values()]), requestKey(id))
  }

  /** @throws {InputError} if there is no room, or Redis cannot be reached. */
  async #enqueue(pending: Pending): Promise<void> {
    const { call, id, queue } = pending
    await this.#persist(async () => {
      const limit = this.#options.queueLimit ?? QUEUE_LIMIT * Math.max(1, this.#hosts)
      const room = queue === 'awaited' ? limit : limit / 2
      if ((await this.#jobs.waiting(queue)) >= room) {
        throw new InputError('queue/full')
      }
    })
    if (!this.#pending.has(id)) {
      return // it has ended meanwhile
    }
    const priorities = this.#shares.add(id, call.claim)
    this.#reorder(priorities, id)
    await this.#send(pending, priorities.get(id) ?? 1)
  }

  /** Sends a request, or sends it again. */
  async #send(pending: Pending, priority: number): Promise<void> {
    const { id, sealed, queue, call } = pending
    pending.sent += 1
    pending.unseen = 0
    await this.#persist(async () => {
      const ttl = String(remainingMs(call))
      await Promise.all([
        this.#queue.connection.command('SET', requestKey(id), sealed, 'PX', ttl),
        this.#jobs.add(queue, id, priority),
      ])
    })
  }

  /** Retries until Redis is there again. @throws {InputError} if that takes too long. */
  async #persist(work: () => Promise<void>): Promise<void> {
    const done = new AbortController()
    const { log, unreachableAfterMs = UNREACHABLE_AFTER_MS } = this.#options
    const late = delay(unreachableAfterMs, null, { signal: done.signal }).then(() => {
      throw new InputError('host/unavailable')
    })
    late.catch(() => {}) // awaited in each attempt
    try {
      for (;;) {
        try {
          await Promise.race([work(), late])
          return
        } catch (error) {
          if (error instanceof InputError || this.#closed) {
            throw error
          }
          if (error instanceof Error && error.message.startsWith('OOM')) {
            throw new InputError('queue/full', null, { cause: error })
          }
          log.debug({ err: error }, 'the queue is away')
          await Promise.race([delay(RETRY_MS), late])
        }
      }
    } finally {
      done.abort()
    }
  }

  /** Deletes what Redis has of a request that has ended, and ends it at its host. */
  #discard(pending: Pending): void {
    const { id, queue, call, sent, isAnswered } = pending
    if (sent === 0) {
      return
    }
    this.#reorder(this.#shares.remove(id, call.claim))
    const { log } = this.#options
    detached(log, 'a request could not be removed from the queue; it expires', () =>
      this.#persist(async () => {
        await this.#queue.connection.command('UNLINK', requestKey(id))
        if (!isAnswered) {
          await Promise.all([this.#tellHosts({ type: 'cancel', id }), this.#jobs.remove(queue, id)])
        }
      }),
    )
  }

  #reorder(priorities: Priorities, except?: string): void {
    for (const [id, priority] of priorities) {
      const pending = id === except ? undefined : this.#pending.get(id)
      if (pending !== undefined && pending.sent > 0 && !pending.isRunning) {
        this.#jobs.changePriority(pending.queue, id, priority)
      }
    }
  }

  async #tellHosts(message: ControlMessage): Promise<void> {
    const sealed = this.#queue.sealer.seal(pack(message), CONTROL)
    const oldest = String(Date.now() - CONTROL_TTL_MS)
    await this.#queue.connection.command('XADD', CONTROL, 'MINID', '~', oldest, '*', 'm', sealed)
  }

  /** Tells those who wait how many go first, and finds requests that no host will answer. */
  async #look(): Promise<void> {
    await Promise.all([...this.#pending.values()].map((pending) => this.#lookAt(pending)))
  }

  async #lookAt(pending: Pending): Promise<void> {
    if (pending.sent === 0) {
      return
    }
    const { id, queue, call } = pending
    const state = await this.#jobs.stateOf(queue, id)
    if (!this.#pending.has(id) || pending.isAnswered) {
      return
    }
    if (state.kind === 'waiting' && state.ahead !== pending.ahead) {
      call.onPosition?.(state.ahead)
    }
    pending.ahead = state.kind === 'waiting' ? state.ahead : null
    pending.isRunning = state.kind === 'active'
    if (state.kind === 'waiting' || state.kind === 'active') {
      pending.unseen = 0
      return
    }
    pending.unseen += 1
    if (pending.unseen < UNSEEN_LOOKS) {
      return
    }
    const { log } = this.#options
    if (state.kind === 'failed' || pending.sent >= MAX_SENT) {
      log.error(
        { reason: state.kind === 'failed' ? state.reason : 'lost' },
        'hosts gave a request up',
      )
      pending.fail(new InputError('queue/given-up'))
      return
    }
    log.warn('the queue has lost a request, which is sent again')
    await this.#send(pending, this.#shares.priorityOf(id, call.claim))
  }

  async #readReports(): Promise<void> {
    const reports = await readReports(this.#queue)
    this.#hosts = reports.length
    this.#stats = sumStats(reports)
  }
}

function remainingMs({ claim }: Call): number {
  return Math.max(1, Math.ceil(Math.min(LONGEST_WAIT_MS, claim.deadline - Date.now())))
}

/** Keys of pictures whose files are needed and were not sent along. */
function missingFiles(request: EngineRequest): string[] {
  return imagesOf(request)
    .filter(({ bytes }) => bytes === null)
    .map(({ key }) => key)
}
