/**
 * The records of jobs, each with a lease of the process that works on it. A process changes only
 * records that it owns.
 */

import type { Logger } from 'pino'
import { isGone, type Owner } from './job-owner.ts'
import { finishedRecord, JOBS, type Job, type JobRecord } from './job-record.ts'
import type { Collection, Store } from '../store/types.ts'

/** A lease that is not renewed expires after this time. */
const LEASE_MS = 30_000
/** A record stays for this time after its job expires, so that the expiry is counted and told. */
const KEEP_EXPIRED_MS = 60 * 60 * 1000
/** A process hears an event this long after another one at most: its connection was interrupted. */
const FINISHED_MS = 2 * 60 * 1000

/** A record that this process owns now. */
export type Claimed = { readonly record: JobRecord; readonly resumed: boolean }

export class JobLeases {
  readonly #records: Collection<JobRecord>
  readonly #owner: Owner
  readonly #log: Logger

  constructor(store: Store, owner: Owner, log: Logger) {
    this.#records = store.collection(JOBS)
    this.#owner = owner
    this.#log = log
  }

  /** The records that no living process works on. */
  async *abandoned(): AsyncGenerator<JobRecord, void> {
    for await (const [, record] of this.#records.entries()) {
      if (this.#isFree(record)) {
        yield record
      }
    }
  }

  /** The records that depend on something, also those of finished jobs. */
  async *about(subject: string): AsyncGenerator<JobRecord, void> {
    for await (const [, record] of this.#records.entriesWith(subject)) {
      yield record
    }
  }

  /**
   * Makes this process the owner of a job.
   *
   * @param created the record of a new job; absent: the job must have a record.
   * @returns undefined if another process works on it, or it has no record.
   */
  async claim(job: Job, created?: JobRecord): Promise<Claimed | undefined> {
    let claimed: Claimed | undefined
    await this.#records.update(
      job.id,
      (current) => {
        const isFree = current === undefined || this.#isFree(current)
        const chosen = isFree ? (current ?? created) : undefined
        const record = chosen && { ...chosen, ...this.#lease() }
        claimed = record && { record, resumed: current !== undefined }
        return record ?? current
      },
      ttlOf(job),
    )
    return claimed
  }

  /**
   * Makes this process the owner of a job, also if another one works on it: that one notices when it
   * renews its lease.
   *
   * @returns undefined if it has no record.
   */
  async take(job: Job): Promise<Claimed | undefined> {
    let claimed: Claimed | undefined
    await this.#records.update(
      job.id,
      (current) => {
        const record = current && { ...current, ...this.#lease() }
        claimed = record && { record, resumed: true }
        return record
      },
      ttlOf(job),
    )
    return claimed
  }

  /** Whether a living process works on the job, or one finished it a short time ago. */
  async isTaken(job: Job): Promise<boolean> {
    const record = await this.#records.get(job.id)
    return record !== undefined && !this.#isFree(record)
  }

  /** @returns whether this process still owns the job. */
  async renew(job: Job): Promise<boolean> {
    const record = await this.#update(job, (ours) => ({ ...ours, ...this.#lease() }))
    return this.#isOurs(record)
  }

  /** Changes the record; an error of the store is logged, because the answer does not depend on it. */
  async change(job: Job, change: (record: JobRecord) => JobRecord): Promise<void> {
    try {
      await this.#update(job, change)
    } catch (error) {
      this.#log.error({ err: error, job: job.id }, 'a job could not be updated')
    }
  }

  /**
   * Removes the owner, so that the next process can take the job. If that fails, the lease expires.
   *
   * @param begun whether this process counted an attempt. It ended well, so it does not count.
   */
  handBack(job: Job, begun: boolean): Promise<void> {
    return this.change(job, (record) => ({
      ...record,
      attempts: record.attempts - Number(begun),
      owner: null,
    }))
  }

  /** Replaces the record by what is kept of a finished job, also if another process has it by now. */
  async finish(job: Job): Promise<void> {
    await this.#records.set(job.id, finishedRecord(job), FINISHED_MS)
  }

  /** As `finish`, unless the record was deleted meanwhile, with its person for example. */
  async finishLater(job: Job): Promise<void> {
    const finished = finishedRecord(job)
    await this.#records.update(job.id, (record) => record && finished, FINISHED_MS)
  }

  async delete(job: Job): Promise<void> {
    await this.#records.delete(job.id)
  }

  /** Deletes the record if it is this process's. */
  async release(job: Job): Promise<void> {
    await this.#records.update(job.id, (record) => (this.#isOurs(record) ? undefined : record))
  }

  #lease(): Pick<JobRecord, 'owner' | 'leaseUntil'> {
    return { owner: this.#owner, leaseUntil: Date.now() + LEASE_MS }
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

  #update(job: Job, change: (record: JobRecord) => JobRecord): Promise<JobRecord | undefined> {
    return this.#records.update(
      job.id,
      (record) => (this.#isOurs(record) ? change(record) : record),
      ttlOf(job),
    )
  }
}

function ttlOf({ diesAt }: Job): number {
  return Math.max(0, diesAt - Date.now()) + KEEP_EXPIRED_MS
}
