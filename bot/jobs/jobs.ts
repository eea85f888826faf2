/**
 * Work that outlives the process: each request is stored before it is worked on.
 *
 * Each job is one record in the store, with a lease that its process renews. When the process is
 * killed, another one (usually the same bot, restarted) finds the record, takes it over by one
 * atomic update and answers. An answer that is sent twice shows once: an interaction's answer edits
 * its first reply, and a message's reply carries the job's nonce.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { InputError } from '../../config/errors.ts'
import { detached } from '../operations/detached.ts'
import { isGone, type Owner, thisProcess } from './job-owner.ts'
import { JOBS, type Job, type JobRecord } from './job-record.ts'
import type { Collection, Store } from '../store/types.ts'

/** A lease that is not renewed expires after this time. */
const LEASE_MS = 30_000
const RENEW_EVERY_MS = 10_000
/** How often to look for abandoned jobs. */
const RESUME_EVERY_MS = 15_000
/** A job is not retried after it was running in this number of processes that died. */
const MAX_ATTEMPTS = 3
/** A record stays for this time after its job expires, so that the expiry is counted. */
const KEEP_EXPIRED_MS = 60 * 60 * 1000

/**
 * How work on a job ended in this process (`answered`, `failed`, `handed-back`), or what this
 * process did with a job of another one (`resumed`, `expired`, `given-up`).
 */
export type JobOutcome = 'answered' | 'failed' | 'handed-back' | 'resumed' | 'expired' | 'given-up'

export type JobContext = {
  /** Aborted when the bot stops before the work is done, or another process has the job now. */
  readonly signal: AbortSignal
  /** Whether an earlier process started this job. It may have sent a part of the answer. */
  readonly resumed: boolean
  /** Send it with a new message and `enforceNonce`, so that Discord creates the message only once. */
  readonly nonce: string
}

/** Does a job that another process left. */
export type JobHandler = (job: Job, context: JobContext) => Promise<unknown>

/** The bot is stopping. The request is answered after the restart, or must be sent again. */
export class RestartingError extends InputError {
  /** Whether the job stays in the store and is answered later. */
  readonly comesLater: boolean

  constructor(comesLater: boolean) {
    super(comesLater ? 'restart/answer-later' : 'restart/ask-again')
    this.comesLater = comesLater
  }
}

/** Another process works on this job, so this process must not answer it. */
export class JobTakenError extends Error {
  override name = 'JobTakenError' as const
}

export type JobsOptions = {
  readonly store: Store
  readonly log: Logger
  /** Called with the outcome of each job. */
  readonly count?: (outcome: JobOutcome) => void
  /** This process by default; tests set another one. */
  readonly owner?: Owner
  /** Milliseconds; 15,000 by default. Tests set less. */
  readonly resumeEveryMs?: number
}

type Running = { readonly controller: AbortController; readonly done: Promise<unknown> }

export class Jobs {
  readonly #records: Collection<JobRecord>
  readonly #options: JobsOptions
  readonly #owner: Owner
  readonly #running = new Map<string, Running>()
  #stopping = false
  #resuming: NodeJS.Timeout | undefined

  constructor(options: JobsOptions) {
    this.#options = options
    this.#records = options.store.collection(JOBS)
    this.#owner = options.owner ?? thisProcess()
  }

  /** Number of jobs that this process works on. */
  get running(): number {
    return this.#running.size
  }

  /**
   * Stores the job, does the work, and deletes the job, whether the work succeeds or throws.
   *
   * @throws {RestartingError} if the bot is stopping.
   * @throws {JobTakenError} if another process has this job.
   * @throws what `work` throws.
   */
  async run<R>(job: Job, work: (context: JobContext) => Promise<R>): Promise<R> {
    if (this.#stopping) {
      throw new RestartingError(false)
    }
    const record = await this.#claim(job.id, (current) => current ?? { job, attempts: 0 }, job)
    if (record === undefined) {
      throw new JobTakenError(`job ${job.id} is another process's`)
    }
    return this.#execute(record, work)
  }

  /**
   * Looks for abandoned jobs, now and every `resumeEveryMs`, and passes each to the handler. An
   * error of the store is logged, and the search is retried at the next interval.
   *
   * @returns once the jobs of the first search are taken over. They may not be answered yet.
   */
  async resume(handler: JobHandler): Promise<void> {
    const { log, resumeEveryMs = RESUME_EVERY_MS } = this.#options
    const failure = 'abandoned jobs could not be looked for'
    try {
      await this.#resumeOnce(handler)
    } catch (error) {
      log.error({ err: error }, failure)
    }
    if (!this.#stopping) {
      this.#resuming = setTimeout(() => {
        detached(log, failure, () => this.resume(handler))
      }, resumeEveryMs).unref()
    }
  }

  /**
   * Refuses new jobs, and waits up to `limitMs` for the running ones. The rest is aborted and handed
   * back: it stays in the store without an owner, so that the next process can take it at once.
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

  async #resumeOnce(handler: JobHandler): Promise<void> {
    for await (const [id, record] of this.#records.entries()) {
      if (this.#stopping || !this.#isFree(record)) {
        continue
      }
      const claimed = await this.#claim(id, (current) => current, record.job)
      if (claimed !== undefined) {
        await this.#takeOver(claimed, handler)
      }
    }
  }

  async #takeOver(record: JobRecord, handler: JobHandler): Promise<void> {
    const { job, attempts } = record
    const outcome = nextStep(record)
    this.#options.count?.(outcome)
    this.#options.log.info({ job: job.id, attempts, outcome }, 'abandoned job')
    if (outcome !== 'resumed') {
      await this.#records.delete(job.id)
      return
    }
    // Not awaited: the next job does not wait for this answer.
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

  /** @returns the record with this process as its owner; undefined if it is absent or not free. */
  async #claim(
    id: string,
    choose: (current: JobRecord | undefined) => Pick<JobRecord, 'job' | 'attempts'> | undefined,
    { diesAt }: Job,
  ): Promise<JobRecord | undefined> {
    const ttlMs = Math.max(0, diesAt - Date.now()) + KEEP_EXPIRED_MS
    let claimed: JobRecord | undefined
    await this.#records.update(
      id,
      (current) => {
        const free = current === undefined || this.#isFree(current)
        const next = free ? choose(current) : undefined
        claimed = next && {
          job: next.job,
          attempts: next.attempts + 1,
          owner: this.#owner,
          leaseUntil: Date.now() + LEASE_MS,
        }
        return claimed ?? current
      },
      ttlMs,
    )
    return claimed
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

  /** Does the work, then deletes the job, or hands it back if it was aborted. */
  async #finish<R>(job: Job, signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    let result: R
    try {
      result = await unlessAborted(signal, work())
    } catch (error) {
      if (signal.aborted) {
        await this.#handBack(job)
        this.#options.count?.('handed-back')
        throw signal.reason
      }
      await this.#delete(job)
      this.#options.count?.('failed')
      throw error
    }
    await this.#delete(job)
    this.#options.count?.('answered')
    return result
  }

  /** Does not throw: the answer is sent, and an error of the store does not change that. */
  async #delete(job: Job): Promise<void> {
    try {
      await this.#records.delete(job.id)
    } catch (error) {
      this.#options.log.error({ err: error, job: job.id }, 'a finished job could not be deleted')
    }
  }

  /** Removes the job's owner, so that the next process can take it. If that fails, the lease expires. */
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
    const ttlMs = Math.max(0, job.diesAt - Date.now()) + KEEP_EXPIRED_MS
    return this.#records.update(
      job.id,
      (record) => (this.#isOurs(record) ? change(record) : record),
      ttlMs,
    )
  }
}

/** What to do with an abandoned job that this process has just taken over. */
function nextStep({ job, attempts }: JobRecord): 'resumed' | 'expired' | 'given-up' {
  if (job.diesAt <= Date.now()) {
    return 'expired'
  }
  return attempts > MAX_ATTEMPTS ? 'given-up' : 'resumed'
}

/** Rejects with the signal's reason at once, even if the work ignores the signal. */
function unlessAborted<R>(signal: AbortSignal, work: Promise<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}

/** Discord takes up to 25 characters; ids are shorter. */
function nonceOf({ id }: Job): string {
  return id.replaceAll(/[^0-9A-Za-z]/g, '').slice(-25)
}
