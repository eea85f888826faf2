/**
 * Resumes the jobs that other processes left.
 *
 * A picture may be what ended a process, so an attempt is counted before a job's pictures are handed
 * to the model. Jobs with attempts are suspects: they are resumed one at a time, so that a second end
 * is counted for the right one, and given up after MAX_ATTEMPTS. The others are resumed at once, those
 * that expire first before the rest: after a crash under load there are hundreds, and the store takes
 * time for each.
 *
 * The pictures of a server are reachable only for the process of its shard, so the others leave its jobs.
 */

import type { Logger } from 'pino'
import type { OwnsGuild } from '../../config/shards.ts'
import { detached } from '../operations/detached.ts'
import type { Claimed, JobLeases } from './job-leases.ts'
import { guildOf, type JobRecord } from './job-record.ts'

/** A job is not retried after this number of processes ended while the model had its pictures. */
const MAX_ATTEMPTS = 3
/** Jobs that are taken over at the same time, so that a slow store delays the others less. */
const BATCH = 16

/** What is done with an abandoned job. */
export type NextStep = 'resumed' | 'expired' | 'given-up'

type Deps = {
  readonly leases: JobLeases
  readonly log: Logger
  /** Does what the step says; resolves when the job has ended. */
  readonly execute: (claimed: Claimed, step: NextStep) => Promise<void>
  readonly ownsGuild: OwnsGuild | undefined
  readonly isStopping: () => boolean
}

export class AbandonedJobs {
  readonly #deps: Deps
  /** Whether a suspect is being resumed. */
  #hasSuspect = false

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * Takes over the abandoned jobs, of the suspects one. An error of the store is logged.
   *
   * @returns once they are taken over. They may not be answered yet.
   */
  async takeOver(): Promise<void> {
    try {
      await this.#takeOver()
    } catch (error) {
      this.#deps.log.error({ err: error }, 'abandoned jobs could not be looked for')
    }
  }

  async #takeOver(): Promise<void> {
    const { leases, isStopping } = this.#deps
    const suspects: JobRecord[] = []
    const others: JobRecord[] = []
    for await (const record of leases.abandoned()) {
      const guildId = guildOf(record.job)
      if (guildId !== undefined && this.#deps.ownsGuild?.(guildId) === false) {
        continue
      }
      const isSuspect = record.attempts > 0 && nextStep(record) === 'resumed'
      ;(isSuspect ? suspects : others).push(record)
    }
    others.sort(byExpiry)
    for (let start = 0; start < others.length && !isStopping(); start += BATCH) {
      await Promise.all(
        others.slice(start, start + BATCH).map(async ({ job }) => {
          const claimed = await leases.claim(job)
          if (claimed !== undefined) {
            this.#execute(claimed)
          }
        }),
      )
    }
    await this.#takeOverOne(suspects.toSorted(bySuspicion))
  }

  /** Takes over one suspect, unless one is being resumed; the next one follows when it has ended. */
  async #takeOverOne(suspects: readonly JobRecord[]): Promise<void> {
    if (this.#hasSuspect) {
      return
    }
    this.#hasSuspect = true
    let claimed: Claimed | undefined
    try {
      for (const { job } of suspects) {
        claimed ??= this.#deps.isStopping() ? undefined : await this.#deps.leases.claim(job)
      }
    } finally {
      this.#hasSuspect = claimed !== undefined
    }
    if (claimed !== undefined) {
      this.#execute(claimed, async () => {
        this.#hasSuspect = false
        await this.takeOver()
      })
    }
  }

  /** Not awaited: other jobs do not wait for this answer. */
  #execute(claimed: Claimed, ended: () => Promise<void> = async () => {}): void {
    const { job, attempts } = claimed.record
    const { log, execute } = this.#deps
    const step = nextStep(claimed.record)
    log.info({ job: job.id, attempts, outcome: step }, 'abandoned job')
    detached(log, 'an abandoned job failed', async () => {
      try {
        await execute(claimed, step)
      } finally {
        await ended()
      }
    })
  }
}

/** The likeliest to end the process comes last; among equals, the first to expire comes first. */
function bySuspicion(a: JobRecord, b: JobRecord): number {
  return a.attempts - b.attempts || byExpiry(a, b)
}

function byExpiry(a: JobRecord, b: JobRecord): number {
  return a.job.diesAt - b.job.diesAt
}

function nextStep({ job, attempts }: JobRecord): NextStep {
  if (job.diesAt <= Date.now()) {
    return 'expired'
  }
  return attempts >= MAX_ATTEMPTS ? 'given-up' : 'resumed'
}
