/**
 * Work that outlives the process: each request is stored before it is worked on.
 *
 * Each job is one record in the store, with a lease that its process renews. When the process is
 * killed, another one (usually the same bot, restarted) finds the record, takes it over by one
 * atomic update and answers. An answer that is sent twice shows once: an interaction's answer edits
 * its first reply, and a message's reply carries the job's nonce.
 *
 * Two processes can run side by side, as during an update, and both hear of everything. A finished job
 * is remembered for a while, so the one that hears of it later does not answer again.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { InputError } from '../../config/errors.ts'
import { detached } from '../operations/detached.ts'
import { AbandonedJobs, type NextStep } from './abandoned-jobs.ts'
import { type Claimed, JobLeases } from './job-leases.ts'
import { type Owner, thisProcess } from './job-owner.ts'
import { eventIdOf, isFinished, type Job } from './job-record.ts'
import type { Store } from '../store/types.ts'

const RENEW_EVERY_MS = 10_000
/** How often to look for abandoned jobs. */
const RESUME_EVERY_MS = 15_000
/** A job is handed back or deleted after this time, even if its person is not told yet: Discord may be away. */
const TELL_LIMIT_MS = 1_000

/**
 * How work on a job ended in this process (`answered`, `failed`, `handed-back`), or what this
 * process did with a job of another one (`resumed`, `expired`, `given-up`).
 */
export type JobOutcome = 'answered' | 'failed' | 'handed-back' | NextStep

export type JobContext = {
  /** Aborted when the bot stops before the work is done, or another process has the job now. */
  readonly signal: AbortSignal
  /** Whether an earlier process started this job. It may have sent a part of the answer. */
  readonly resumed: boolean
  /** Send it with a new message and `enforceNonce`, so that Discord creates the message only once. */
  readonly nonce: string
  /** The message that shows progress, if an earlier process posted one. */
  readonly reply: string | null
  /** Stores the message that shows progress, for the next process. */
  readonly posted: (messageId: string) => Promise<void>
  /** Counts an attempt, once. To be awaited before the model gets a picture of the job to decode. */
  readonly begin: () => Promise<void>
  /** Remembers the job as finished. Without it, nothing of the job is stored when its work has ended. */
  readonly finish: () => Promise<void>
  /** Sets what is done when the bot stops, before another process can have the job. */
  readonly beforeHandBack: (tell: (error: RestartingError) => Promise<void>) => void
}

/** What is deleted, and when: jobs for later events stay. */
export type Forgotten = {
  readonly subjects: readonly string[]
  /** Snowflake of the deletion, if its subjects can be used again afterwards. */
  readonly before?: string | undefined
}

/** Does a job that another process left. */
export type JobHandler = (job: Job, context: JobContext) => Promise<unknown>

/** Tells the person that an abandoned job has no answer. */
export type GiveUpHandler = (
  job: Job,
  context: JobContext,
  outcome: 'expired' | 'given-up',
) => Promise<unknown>

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
  readonly #options: JobsOptions
  readonly #leases: JobLeases
  readonly #running = new Map<string, Running>()
  #stopping = false
  #resuming: NodeJS.Timeout | undefined

  constructor(options: JobsOptions) {
    this.#options = options
    const { store, owner = thisProcess(), log } = options
    this.#leases = new JobLeases(store, owner, log)
  }

  /** Number of jobs that this process works on. */
  get running(): number {
    return this.#running.size
  }

  /**
   * Stores the job, does the work, and deletes the job, whether the work succeeds or throws.
   *
   * @throws {JobTakenError} if another process has this job, or has finished it.
   * @throws {RestartingError} if the bot is stopping.
   * @throws what `work` throws.
   */
  async run<R>(job: Job, work: (context: JobContext) => Promise<R>): Promise<R> {
    const record = { job, owner: null, leaseUntil: 0, attempts: 0, reply: null }
    const claimed = this.#stopping ? undefined : await this.#leases.claim(job, record)
    if (claimed === undefined) {
      const isTaken = !this.#stopping || (await this.#leases.isTaken(job))
      throw isTaken
        ? new JobTakenError(`job ${job.id} is another process's`)
        : new RestartingError(false)
    }
    return this.#execute(claimed, work, (outcome) => this.#options.count?.(outcome))
  }

  /**
   * Looks for abandoned jobs, now and every `resumeEveryMs`, and passes each to a handler.
   *
   * @returns once the jobs of the first search are taken over. They may not be answered yet.
   */
  async resume(resume: JobHandler, giveUp: GiveUpHandler): Promise<void> {
    const { log, resumeEveryMs = RESUME_EVERY_MS, count } = this.#options
    const abandoned = new AbandonedJobs({
      leases: this.#leases,
      log,
      isStopping: () => this.#stopping,
      execute: async (claimed, step) => {
        const { job } = claimed.record
        count?.(step)
        try {
          await (step === 'resumed'
            ? this.#execute(claimed, (context) => resume(job, context), count)
            : this.#execute(claimed, (context) => giveUp(job, context, step)))
        } catch (error) {
          if (!(error instanceof RestartingError)) {
            throw error
          }
        }
      },
    })
    const search = async () => {
      await abandoned.takeOver()
      if (!this.#stopping) {
        this.#resuming = setTimeout(
          () => detached(log, 'abandoned jobs could not be looked for', search),
          resumeEveryMs,
        ).unref()
      }
    }
    await search()
  }

  /** Whether a record depends on something. */
  async areStored(subject: string): Promise<boolean> {
    const { done } = await this.#leases.about(subject).next()
    return done !== true
  }

  /**
   * Something was deleted: deletes the jobs that depend on it and wait for a process, and what is
   * remembered of finished ones. The jobs of this process end by themselves (bot/memory/deletions.ts).
   *
   * @param tell tells the person of a job that waits.
   * @throws {RestartingError} if the bot stops meanwhile.
   */
  async forget({ subjects, before }: Forgotten, tell: JobHandler): Promise<void> {
    for (const subject of subjects) {
      for await (const record of this.#leases.about(subject)) {
        const { job } = record
        const isLater = before !== undefined && BigInt(eventIdOf(job)) >= BigInt(before)
        if (isLater || this.#running.has(job.id)) {
          continue
        }
        const taken = isFinished(record) ? undefined : await this.#leases.take(job)
        if (taken !== undefined) {
          await this.#execute(taken, (context) => this.#withinLimit(() => tell(job, context)))
        }
        await this.#leases.forget(job)
      }
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

  /** @param count called with how the work ended. */
  async #execute<R>(
    { record: { job, reply }, resumed }: Claimed,
    work: (context: JobContext) => Promise<R>,
    count: (outcome: JobOutcome) => void = () => {},
  ): Promise<R> {
    const controller = new AbortController()
    let begun: Promise<void> | undefined
    let isNoted = false
    let tell: ((error: RestartingError) => Promise<void>) | undefined
    const change = this.#leases.change.bind(this.#leases, job)
    const context: JobContext = {
      signal: controller.signal,
      resumed,
      nonce: nonceOf(job),
      reply,
      posted: (id) => change((record) => ({ ...record, reply: id })),
      begin: () => (begun ??= change((record) => ({ ...record, attempts: record.attempts + 1 }))),
      finish: async () => {
        isNoted = await this.#leases.finish(job)
      },
      beforeHandBack: (chosen) => (tell = chosen),
    }
    const renewing = setInterval(() => {
      const renew = () => this.#renew(job, controller)
      detached(this.#options.log, 'a lease could not be renewed', renew)
    }, RENEW_EVERY_MS).unref()
    const ending: Ending = {
      signal: controller.signal,
      count,
      handBack: async (reason) => {
        if (reason instanceof RestartingError) {
          await this.#withinLimit(async () => tell?.(reason))
        }
        await begun
        await this.#leases.handBack(job, begun !== undefined)
      },
      end: async () => {
        if (!isNoted) {
          await this.#leases.delete(job)
        }
      },
    }
    const running = unlessAborted(controller.signal, work(context))
    const done = this.#finish(running, ending).finally(() => {
      clearInterval(renewing)
      this.#running.delete(job.id)
    })
    this.#running.set(job.id, { controller, done })
    return done
  }

  /** Ends the job after its work, or hands it back if the work was aborted. */
  async #finish<R>(running: Promise<R>, { signal, handBack, end, count }: Ending): Promise<R> {
    let result: R
    try {
      result = await running
    } catch (error) {
      if (signal.aborted) {
        await handBack(signal.reason)
        count('handed-back')
        throw signal.reason
      }
      await end()
      count('failed')
      throw error
    }
    await end()
    count('answered')
    return result
  }

  /** An error is logged. */
  async #withinLimit(tell: () => Promise<unknown>): Promise<void> {
    const telling = tell().catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'a person could not be told')
    })
    await Promise.race([telling, wait(TELL_LIMIT_MS, undefined, { ref: false })])
  }

  async #renew(job: Job, controller: AbortController): Promise<void> {
    if (!(await this.#leases.renew(job)) && this.#running.has(job.id)) {
      controller.abort(new JobTakenError(`job ${job.id} is another process's now`))
    }
  }
}

/** How work ends. */
type Ending = {
  readonly signal: AbortSignal
  readonly handBack: (reason: unknown) => Promise<void>
  readonly end: () => Promise<void>
  readonly count: (outcome: JobOutcome) => void
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
