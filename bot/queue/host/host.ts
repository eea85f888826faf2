/**
 * A host: takes requests from the queue and carries them out with its model, until it is stopped.
 *
 * A host that is killed loses its locks, and another one takes its requests over: once, so that a
 * request which kills its hosts cannot kill all of them. One whose model hangs ends itself.
 */

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createNodeRedisClient, type Job, Worker } from 'bullmq'
import type { Logger } from 'pino'
import { ConfigError } from '../../../config/errors.ts'
import type { OpenBackends } from '../../../inference/model.ts'
import { packageCard } from '../../../inference/package/model-card.ts'
import { detached } from '../../operations/detached.ts'
import { whileStarting } from '../connection.ts'
import { carryOut, EndedError, handBack, HandedBackError } from './host-job.ts'
import {
  checkKey,
  digestOf,
  readReports,
  REPORT_EVERY_MS,
  type SealedQueue,
  sendReport,
  withdrawReport,
  writeCards,
} from '../hosts.ts'
import { SharedFeatures } from '../shared-features.ts'
import { CONTROL, PREFIX, type QueueName, QUEUES } from '../keys.ts'
import { type Cards, type ControlMessage, controlSchema, unpack } from '../messages/messages.ts'

/** A host that has not renewed its locks for this long is taken for dead. */
const LOCK_MS = 15_000
const STALLED_EVERY_MS = 5000
const RETRY_MS = 1000
/** A model that shows no sign of work for this long hangs. */
const HANG_MS = 180_000
/** How long a stop waits for each thing that Redis has to answer. */
const CLOSE_MS = 3000
/** Without Redis for this long, a host may have missed what is to be deleted. */
const AWAY_MS = 30 * 60_000

export type HostOptions = {
  readonly queue: SealedQueue
  readonly model: OpenBackends
  /** Requests that the model carries out at once; it takes two more, so that it need not wait. */
  readonly sequences: number
  readonly log: Logger
  /** Called if the host cannot go on; the process must end without waiting for its model. */
  readonly onFatal: (reason: string) => void
  /** Tests set less. */
  readonly hangMs?: number
}

export class Host {
  readonly #options: HostOptions
  readonly #id = randomUUID()
  readonly #cards: Cards
  readonly #shared: SharedFeatures
  readonly #workers: readonly Worker[]
  readonly #running = new Map<string, AbortController>()
  readonly #ended = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #control: Promise<void>
  #stopping = false
  #aliveAt = Date.now()
  #reportedAt = Date.now()

  private constructor(options: HostOptions, cards: Cards) {
    const { sequences, log, queue } = options
    this.#options = options
    this.#cards = cards
    this.#shared = new SharedFeatures(queue, cards, { backend: options.model.backend, log })
    const places: Readonly<Record<QueueName, number>> = {
      awaited: sequences + 2,
      background: Math.max(1, Math.floor(sequences / 2)),
    }
    this.#control = this.#followControl()
    this.#control.catch((error: unknown) => {
      log.fatal({ err: error }, 'what bots tell is not read any more')
      options.onFatal('control')
    })
    this.#workers = QUEUES.map((name) => {
      const worker = new Worker(name, (job, token) => this.#take(job, token ?? ''), {
        connection: createNodeRedisClient(queue.connection.client),
        prefix: PREFIX,
        concurrency: places[name],
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_EVERY_MS,
        maxStalledCount: 1,
        runRetryDelay: RETRY_MS,
      })
      worker.on('error', (error) => log.debug({ err: error }, 'the queue has a problem'))
      worker.on('stalled', () => log.warn('a request was taken over from a host that has ended'))
      return worker
    })
    this.#timer = setInterval(() => this.#check(), REPORT_EVERY_MS)
  }

  /** @throws {ConfigError} if the queue has another key, or its hosts run another model. */
  static async start(options: HostOptions): Promise<Host> {
    const { queue, model, log } = options
    const starting = <T>(work: () => Promise<T>) => whileStarting(queue.connection, work)
    await starting(() => checkKey(queue))
    const cards = {
      card: packageCard(model.backend.card),
      matcher: model.matching && packageCard(model.matching.card),
    }
    const others = await starting(() => readReports(queue))
    if (others.some((report) => report.cards !== digestOf(cards))) {
      throw new ConfigError([
        `Other workers of this queue run another model than ${cards.card.name}. Stop them first, or use another database of Redis (redis://HOST/1).`,
      ])
    }
    await starting(() => writeCards(queue, cards))
    const host = new Host(options, cards)
    try {
      // BullMQ tries once, and a worker that is not ready takes no requests.
      const ready = host.#workers.map((worker) => worker.waitUntilReady())
      await whileStarting(queue.connection, () => Promise.all(ready), 0)
      await starting(() => host.#report())
    } catch (error) {
      await host.#abandon()
      throw error
    }
    log.info({ model: cards.card.name }, 'ready for requests')
    return host
  }

  /** Requests that it works on. */
  get running(): number {
    return this.#running.size
  }

  /**
   * Takes no more requests, waits up to `limitMs` for those at work, and hands the rest back. Ends within
   * seconds after that even if Redis is gone.
   */
  async stop(limitMs: number): Promise<void> {
    if (this.#stopping) {
      return
    }
    this.#stopping = true
    clearInterval(this.#timer)
    await within(CLOSE_MS, () => this.#workers.map((worker) => worker.pause(true)))
    const until = Date.now() + limitMs
    while (this.#running.size > 0 && Date.now() < until) {
      await delay(50)
    }
    for (const work of this.#running.values()) {
      work.abort(new HandedBackError('the host stops'))
    }
    const { log, queue } = this.#options
    const isAway = !queue.connection.isReady // then BullMQ must not wait for it
    if (!(await within(CLOSE_MS, () => this.#workers.map((worker) => worker.close(isAway))))) {
      log.warn('the queue did not answer: requests that were not handed back are taken over')
    }
    await within(CLOSE_MS, () => [this.#shared.settle()])
    this.#ended.abort()
    await this.#control
    await within(CLOSE_MS, () => [withdrawReport(queue, this.#id)])
  }

  /** Ends what has begun of a start that failed. */
  async #abandon(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#timer)
    this.#ended.abort()
    await Promise.allSettled(this.#workers.map((worker) => worker.close(true)))
    await this.#control
  }

  async #take(job: Job, token: string): Promise<void> {
    if (this.#stopping) {
      return handBack(job, token) // it was fetched meanwhile
    }
    const id = job.id ?? ''
    const work = new AbortController()
    if (this.#running.size === 0) {
      this.#aliveAt = Date.now()
    }
    this.#running.set(id, work)
    const { queue, model } = this.#options
    const alive = () => (this.#aliveAt = Date.now())
    try {
      await carryOut({ queue, model, alive, shared: this.#shared }, job, token, work)
    } finally {
      this.#running.delete(id)
    }
  }

  /** Reports, and looks whether the model and Redis are there. */
  #check(): void {
    const { log, hangMs = HANG_MS, onFatal } = this.#options
    detached(log, 'the host could not report', () => this.#report())
    if (this.#running.size > 0 && Date.now() - this.#aliveAt > hangMs) {
      log.fatal({ requests: this.#running.size }, 'the model hangs')
      onFatal('hang')
    } else if (Date.now() - this.#reportedAt > AWAY_MS) {
      log.fatal('the queue has been away for too long')
      onFatal('away')
    }
  }

  async #report(): Promise<void> {
    const { queue, model } = this.#options
    const stats = model.backend.stats()
    await sendReport(queue, this.#id, { cards: digestOf(this.#cards), stats })
    this.#reportedAt = Date.now()
  }

  async #followControl(): Promise<void> {
    const { queue, log } = this.#options
    const { connection, sealer } = queue
    for await (const { body } of connection.follow(CONTROL, null, this.#ended.signal)) {
      try {
        await this.#obey(unpack(sealer.open(body, CONTROL), controlSchema).value)
      } catch (error) {
        log.error({ err: error }, 'what a bot told could not be done')
      }
    }
  }

  async #obey(message: ControlMessage): Promise<void> {
    if (message.type === 'cancel') {
      this.#running.get(message.id)?.abort(new EndedError('cancelled'))
      return
    }
    const { backend, matching } = this.#options.model
    const places = new Set([backend, ...(matching === null ? [] : [matching.backend])])
    await Promise.all([...places].map((place) => place.forget(message.keys)))
    await this.#shared.forget(message.keys)
  }
}

/**
 * Waits for work that Redis has to answer, which may be gone for good.
 *
 * @returns whether it ended in time; if not, nothing waits for it any more.
 */
async function within(ms: number, work: () => readonly Promise<unknown>[]): Promise<boolean> {
  const ended = Promise.all(work()).then(
    () => true,
    () => false,
  )
  return Promise.race([ended, delay(ms, false, { ref: false })])
}
