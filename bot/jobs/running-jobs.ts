/** The jobs that this process works on. Each renews its lease until it has ended or is handed back. */

import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { detached } from '../operations/detached.ts'
import { Recovery } from '../operations/recovery.ts'
import { type JobContext, type JobOutcome, JobTakenError, RestartingError } from './job-context.ts'
import type { Claimed, JobLeases } from './job-leases.ts'
import type { Job } from './job-record.ts'

const RENEW_EVERY_MS = 10_000
/** A job is handed back or deleted after this time, even if its person is not told yet: Discord may be away. */
const TELL_LIMIT_MS = 1_000
/** An end that could not be stored is stored again after this time. */
const END_AGAIN_MS = 5_000

type Running = { readonly controller: AbortController; readonly done: Promise<unknown> }

export class RunningJobs {
  readonly #leases: JobLeases
  readonly #log: Logger
  readonly #running = new Map<string, Running>()
  /** How to end jobs whose end could not be stored; left like that, the next process does them again. */
  readonly #unended = new Map<string, () => Promise<void>>()
  readonly #recovery: Recovery

  /** @param endAgainMs default 5,000; tests set less. */
  constructor(leases: JobLeases, log: Logger, endAgainMs: number = END_AGAIN_MS) {
    this.#leases = leases
    this.#log = log
    this.#recovery = new Recovery({
      work: () => this.#endAgain(),
      log,
      failure: 'the end of jobs could still not be stored',
      retryAfterMs: endAgainMs,
    })
  }

  get size(): number {
    return this.#running.size
  }

  has(id: string): boolean {
    return this.#running.has(id)
  }

  /** Whether a job has ended here, which is not stored yet. */
  hasEnded(id: string): boolean {
    return this.#unended.has(id)
  }

  /** Waits for them for a time; the rest is aborted and handed back. */
  async stop(limitMs: number): Promise<void> {
    const all = () => Promise.allSettled([...this.#running.values()].map(({ done }) => done))
    await Promise.race([all(), wait(limitMs, undefined, { ref: false })])
    for (const { controller } of this.#running.values()) {
      controller.abort(new RestartingError(true))
    }
    await all()
    this.#recovery.stop()
    await withinLimit(this.#log, () => this.#endAgain(), 'the end of jobs could not be stored')
  }

  /** Ends a job in the store, later if that fails: what its person is shown does not depend on it. */
  async end(job: Job, end: () => Promise<void>, later: () => Promise<void> = end): Promise<void> {
    try {
      await end()
      this.#unended.delete(job.id)
    } catch (error) {
      this.#log.error({ err: error, job: job.id }, 'the end of a job could not be stored yet')
      this.#unended.set(job.id, later)
      this.#recovery.later()
    }
  }

  /**
   * Does the work on a job that this process owns.
   *
   * @param count called with how the work ended.
   * @throws what `work` throws; the reason of the abort, if the job was handed back.
   */
  async execute<R>(
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
        isNoted = true
        const later = () => this.#leases.finishLater(job)
        await this.end(job, () => this.#leases.finish(job), later)
      },
      beforeHandBack: (chosen) => (tell = chosen),
    }
    const renewing = setInterval(() => {
      const renew = () => this.#renew(job, controller)
      detached(this.#log, 'a lease could not be renewed', renew)
    }, RENEW_EVERY_MS).unref()
    const ending: Ending = {
      signal: controller.signal,
      count,
      handBack: async (reason) => {
        if (reason instanceof RestartingError) {
          await withinLimit(this.#log, async () => tell?.(reason))
        }
        await begun
        await this.#leases.handBack(job, begun !== undefined)
      },
      end: async () => {
        if (!isNoted) {
          await this.end(job, () => this.#leases.delete(job))
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

  async #endAgain(): Promise<void> {
    for (const [id, end] of this.#unended) {
      await end()
      this.#unended.delete(id)
    }
  }

  async #renew(job: Job, controller: AbortController): Promise<void> {
    if (!(await this.#leases.renew(job)) && this.#running.has(job.id)) {
      controller.abort(new JobTakenError(`job ${job.id} is another process's now`))
    }
  }
}

/** Waits for the work for a second at most. An error is logged. */
export async function withinLimit(
  log: Logger,
  work: () => Promise<unknown>,
  failure: string = 'a person could not be told',
): Promise<void> {
  const working = work().catch((error: unknown) => {
    log.error({ err: error }, failure)
  })
  await Promise.race([working, wait(TELL_LIMIT_MS, undefined, { ref: false })])
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
