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

import type { Logger } from 'pino'
import type { OwnsGuild } from '../../config/shards.ts'
import { detached } from '../operations/detached.ts'
import { AbandonedJobs } from './abandoned-jobs.ts'
import { type JobContext, type JobOutcome, JobTakenError, RestartingError } from './job-context.ts'
import { type Claimed, JobLeases } from './job-leases.ts'
import { type Owner, thisProcess } from './job-owner.ts'
import { eventIdOf, isFinished, type Job, type JobRecord } from './job-record.ts'
import { RunningJobs, withinLimit } from './running-jobs.ts'
import type { Store } from '../store/types.ts'

/** How often to look for abandoned jobs. */
const RESUME_EVERY_MS = 15_000

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

export type JobsOptions = {
  readonly store: Store
  readonly log: Logger
  /** Called with the outcome of each job. */
  readonly count?: (outcome: JobOutcome) => void
  /** Whether a server's events come to this process; absent: all do. Others' jobs are left to theirs. */
  readonly ownsGuild?: OwnsGuild
  /** This process by default; tests set another one. */
  readonly owner?: Owner
  /** Milliseconds; 15,000 by default. Tests set less. */
  readonly resumeEveryMs?: number
  /** When an end that could not be stored is stored again, milliseconds; 5,000 by default. */
  readonly endAgainMs?: number
}

export class Jobs {
  readonly #options: JobsOptions
  readonly #leases: JobLeases
  readonly #running: RunningJobs
  #stopping = false
  #resuming: NodeJS.Timeout | undefined

  constructor(options: JobsOptions) {
    this.#options = options
    const { store, owner = thisProcess(), log, endAgainMs } = options
    this.#leases = new JobLeases(store, owner, log)
    this.#running = new RunningJobs(this.#leases, log, endAgainMs)
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
    const claimed = this.#stopping ? undefined : await this.#claim(job, record)
    if (claimed === undefined) {
      const isTaken = !this.#stopping || (await this.#leases.isTaken(job))
      throw isTaken
        ? new JobTakenError(`job ${job.id} is another process's`)
        : new RestartingError(false)
    }
    return this.#running.execute(claimed, work, (outcome) => this.#options.count?.(outcome))
  }

  /**
   * Looks for abandoned jobs, now and every `resumeEveryMs`, and passes each to a handler.
   *
   * @returns once the jobs of the first search are taken over. They may not be answered yet.
   */
  async resume(resume: JobHandler, giveUp: GiveUpHandler): Promise<void> {
    const { log, resumeEveryMs = RESUME_EVERY_MS, count, ownsGuild } = this.#options
    const abandoned = new AbandonedJobs({
      leases: this.#leases,
      log,
      ownsGuild,
      isStopping: () => this.#stopping,
      execute: async (claimed, step) => {
        const { job } = claimed.record
        count?.(step)
        try {
          await (step === 'resumed'
            ? this.#running.execute(claimed, (context) => resume(job, context), count)
            : this.#running.execute(claimed, (context) => giveUp(job, context, step)))
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

  /** A claim that fails may have been stored all the same; its person is told of the failure. */
  async #claim(job: Job, record: JobRecord): Promise<Claimed | undefined> {
    try {
      return await this.#leases.claim(job, record)
    } catch (error) {
      await this.#running.end(job, () => this.#leases.release(job))
      throw error
    }
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
    const { log } = this.#options
    for (const subject of subjects) {
      for await (const record of this.#leases.about(subject)) {
        const { job } = record
        const isLater = before !== undefined && BigInt(eventIdOf(job)) >= BigInt(before)
        if (isLater || this.#running.has(job.id)) {
          continue
        }
        const hasEnded = isFinished(record) || this.#running.hasEnded(job.id)
        const taken = hasEnded ? undefined : await this.#leases.take(job)
        if (taken !== undefined) {
          await this.#running.execute(taken, (context) =>
            withinLimit(log, () => tell(job, context)),
          )
        }
        await this.#leases.delete(job)
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
    await this.#running.stop(limitMs)
  }
}
