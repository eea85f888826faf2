/**
 * Work that outlives the process: what is asked is written down before it is worked on.
 *
 * Each job is one record in the store, held by a lease that its process renews. When the process
 * is killed, another one (usually the same bot, restarted) finds the record, takes it over by one
 * atomic update and answers. Answers are sent such that sending them twice shows them once: an
 * interaction's answer is an edit of its first reply, and a message's reply carries the job's nonce.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { InputError } from '../../config/errors.ts'
import { detached } from '../operations/detached.ts'
import { isGone, type Owner, thisProcess } from './job-owner.ts'
import { JOBS, type Job, type JobRecord } from './job-record.ts'
import type { Space, Store } from '../store/types.ts'

/** Without renewal, a job is free for others after this long. */
const LEASE_MS = 30_000
const RENEW_EVERY_MS = 10_000
/** How often abandoned jobs are looked for. */
const RESUME_EVERY_MS = 15_000
/** A job that ended its process this often is not tried again. */
const MAX_ATTEMPTS = 3
/** Kept this long after it died, so that it is counted rather than silently gone. */
const KEPT_AFTER_DEATH_MS = 60 * 60 * 1000

/** What became of a job: `answered` and `failed` here, the others were left by another process. */
export type JobOutcome = 'answered' | 'failed' | 'handed-back' | 'resumed' | 'expired' | 'given-up'

export type JobContext = {
  /** Aborted when the bot stops before the work is done, or another process has the job now. */
  readonly signal: AbortSignal
  /** Whether an earlier process began it; what it showed may be there already. */
  readonly resumed: boolean
  /** To be sent with a new message, with `enforceNonce`, so that it is never there twice. */
  readonly nonce: string
}

export type JobHandlers = Readonly<
  Record<string, (job: Job, context: JobContext) => Promise<unknown>>
>

/** The bot is stopping; what was asked is answered after the restart, or must be asked again. */
export class RestartingError extends InputError {
  /** Whether the job stays written down and is answered later. */
  readonly comesLater: boolean

  constructor(comesLater: boolean) {
    super(comesLater ? 'restart/answer-later' : 'restart/ask-again')
    this.comesLater = comesLater
  }
}

/** Another process works on this very job: nothing is left to do or to say here. */
export class JobTakenError extends Error {
  override name = 'JobTakenError' as const
}

export type JobsOptions = {
  readonly store: Store
  readonly log: Logger
  /** Told what became of each job. */
  readonly count?: (outcome: JobOutcome, kind: string) => void
  /** Who we are; tests name others. */
  readonly owner?: Owner
  /** Tests wait for less. */
  readonly resumeEveryMs?: number
}

type Running = { readonly controller: AbortController; readonly done: Promise<unknown> }

export class Jobs {
  readonly #records: Space<JobRecord>
  readonly #options: JobsOptions
  readonly #owner: Owner
  readonly #running = new Map<string, Running>()
  #stopping = false
  #resuming: NodeJS.Timeout | undefined

  constructor(options: JobsOptions) {
    this.#options = options
    this.#records = options.store.space(JOBS)
    this.#owner = options.owner ?? thisProcess()
  }

  /** How many jobs this process works on. */
  get running(): number {
    return this.#running.size
  }

  /**
   * Writes the job down, does the work, and crosses it out, whether the work succeeds or throws.
   *
   * @throws {RestartingError} if the bot is stopping.
   * @throws {JobTakenError} if another process has this job.
   * @throws what `work` throws.
   */
  async run<R>(job: Job, work: (context: JobContext) => Promise<R>): Promise<R> {
    if (this.#stopping) {
      throw new RestartingError(false)
    }
    const record = await this.#claim(job.id, (old) => old ?? { job, attempts: 0 }, job)
    if (record === undefined) {
      throw new JobTakenError(`job ${job.id} is another process's`)
    }
    return this.#execute(record, work)
  }

  /**
   * Looks for jobs that a process left behind, now and from time to time, and gives each to the
   * handler of its kind. While the store is away, that is logged, and they are looked for later.
   *
   * @returns once those found now have been taken over (not: answered).
   */
  async resume(handlers: JobHandlers): Promise<void> {
    const { log, resumeEveryMs = RESUME_EVERY_MS } = this.#options
    const failure = 'abandoned jobs could not be looked for'
    try {
      await this.#resumeOnce(handlers)
    } catch (error) {
      log.error({ err: error }, failure)
    }
    if (!this.#stopping) {
      this.#resuming = setTimeout(() => {
        detached(log, failure, () => this.resume(handlers))
      }, resumeEveryMs).unref()
    }
  }

  /**
   * Takes nothing new, waits for what runs, and after `limitMs` hands the rest back: it is aborted
   * and stays written down, free for the next process at once.
   */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#resuming)
    const all = () => Promise.allSettled([...this.#running.values()].map(({ done }) => done))
    await Promise.race([all(), wait(limitMs, undefined, { ref: false })])
    for (const { controller } of this.#running.values()) {
      controller.abort(new RestartingError(true))
    }
    await all()
  }

  async #resumeOnce(handlers: JobHandlers): Promise<void> {
    for await (const [id, found] of this.#records.entries()) {
      if (this.#stopping || !this.#isFree(found)) {
        continue
      }
      const record = await this.#claim(id, (old) => old, found.job)
      if (record !== undefined) {
        await this.#takeOver(record, handlers)
      }
    }
  }

  async #takeOver(record: JobRecord, handlers: JobHandlers): Promise<void> {
    const { job, attempts } = record
    const handler = handlers[job.kind]
    const outcome: JobOutcome =
      job.diesAt <= Date.now()
        ? 'expired'
        : attempts > MAX_ATTEMPTS || handler === undefined
          ? 'given-up'
          : 'resumed'
    this.#options.count?.(outcome, job.kind)
    this.#options.log.info({ job: job.id, kind: job.kind, attempts, outcome }, 'abandoned job')
    if (outcome !== 'resumed' || handler === undefined) {
      await this.#records.delete(job.id)
      return
    }
    // Not awaited: the next job need not wait for this one's answer.
    detached(this.#options.log, 'an abandoned job failed', async () => {
      try {
        await this.#execute(record, (context) => handler(job, context))
      } catch (error) {
        if (!(error instanceof RestartingError)) {
          throw error
        }
      }
    })
  }

  /** @returns the record as ours, or undefined if there is none or it is another's. */
  async #claim(
    id: string,
    choose: (old: JobRecord | undefined) => Pick<JobRecord, 'job' | 'attempts'> | undefined,
    { diesAt }: Job,
  ): Promise<JobRecord | undefined> {
    const ttlMs = Math.max(0, diesAt - Date.now()) + KEPT_AFTER_DEATH_MS
    let taken: JobRecord | undefined
    await this.#records.update(
      id,
      (old) => {
        const chosen = old === undefined || this.#isFree(old) ? choose(old) : undefined
        taken = chosen && {
          job: chosen.job,
          attempts: chosen.attempts + 1,
          owner: this.#owner,
          leaseUntil: Date.now() + LEASE_MS,
        }
        return taken ?? old
      },
      ttlMs,
    )
    return taken
  }

  #isFree({ owner, leaseUntil }: JobRecord): boolean {
    if (owner?.instance === this.#owner.instance) {
      return false
    }
    return owner === null || leaseUntil <= Date.now() || isGone(owner, this.#owner)
  }

  #isOurs(record: JobRecord | undefined): record is JobRecord {
    return record?.owner?.instance === this.#owner.instance
  }

  async #execute<R>(record: JobRecord, work: (context: JobContext) => Promise<R>): Promise<R> {
    const { job, attempts } = record
    const controller = new AbortController()
    const context = { signal: controller.signal, resumed: attempts > 1, nonce: nonceOf(job) }
    const renewing = setInterval(() => {
      const renew = () => this.#renew(job, controller)
      detached(this.#options.log, 'a lease could not be renewed', renew)
    }, RENEW_EVERY_MS).unref()
    const done = this.#finish(job, controller.signal, () => work(context)).finally(() => {
      clearInterval(renewing)
      this.#running.delete(job.id)
    })
    this.#running.set(job.id, { controller, done })
    return done
  }

  /** Does the work, then crosses the job out, or frees it where it is handed back. */
  async #finish<R>(job: Job, signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    const count = (outcome: JobOutcome) => this.#options.count?.(outcome, job.kind)
    let result: R
    try {
      result = await unlessAborted(signal, work())
    } catch (error) {
      if (signal.aborted) {
        await this.#handBack(job)
        count('handed-back')
        throw signal.reason
      }
      await this.#crossOut(job)
      count('failed')
      throw error
    }
    await this.#crossOut(job)
    count('answered')
    return result
  }

  /** The answer is there: that the store cannot be told so is no failure of it. */
  async #crossOut(job: Job): Promise<void> {
    try {
      await this.#records.delete(job.id)
    } catch (error) {
      this.#options.log.error(
        { err: error, job: job.id },
        'a finished job could not be crossed out',
      )
    }
  }

  /** Frees the job for the next process. If that fails, its lease ends by itself. */
  async #handBack(job: Job): Promise<void> {
    try {
      await this.#update(job, (record) => ({ ...record, owner: null }))
    } catch (error) {
      this.#options.log.error({ err: error, job: job.id }, 'a job could not be handed back')
    }
  }

  async #renew(job: Job, controller: AbortController): Promise<void> {
    const record = await this.#update(job, (ours) => ({
      ...ours,
      leaseUntil: Date.now() + LEASE_MS,
    }))
    if (!this.#isOurs(record) && this.#running.has(job.id)) {
      controller.abort(new JobTakenError(`job ${job.id} is another process's now`))
    }
  }

  #update(job: Job, change: (record: JobRecord) => JobRecord): Promise<JobRecord | undefined> {
    const ttlMs = Math.max(0, job.diesAt - Date.now()) + KEPT_AFTER_DEATH_MS
    return this.#records.update(
      job.id,
      (record) => (this.#isOurs(record) ? change(record) : record),
      ttlMs,
    )
  }
}

/** The result, or the signal's reason at once: work that does not heed it is not waited for. */
function unlessAborted<R>(signal: AbortSignal, work: Promise<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}

/** Discord takes 25 characters; ids are shorter. */
function nonceOf({ id }: Job): string {
  return id.replaceAll(/[^0-9A-Za-z]/g, '').slice(-25)
}
