/** The record of a job in the store. */

import { z } from 'zod'
import type { CollectionSpec } from '../store/types.ts'

/** An interaction's token lives this long (Discord, receiving-and-responding). */
export const INTERACTION_LIFE_MS = 15 * 60 * 1000

const job = z.object({
  /** Id of the interaction or message that asks; `-unasked` is added if the bot answers by itself. */
  id: z.string().min(1),
  /** Where the answer goes. */
  answer: z.discriminatedUnion('to', [
    z.object({ to: z.literal('interaction'), applicationId: z.string(), token: z.string() }),
    z.object({ to: z.literal('message'), channelId: z.string(), messageId: z.string() }),
  ]),
  /** JSON data that the handler checks. */
  request: z.unknown(),
  /** After this time an answer is of no use; milliseconds since the epoch. */
  diesAt: z.number(),
  /** What the record is found by when one of these is deleted; records of earlier versions have none. */
  subjects: z.array(z.string()).optional(),
})

// Records of earlier versions also have `job.kind`, which is ignored.
const record = z.object({
  job,
  /** The process that works on the job; null: none. */
  owner: z.object({ host: z.string(), pid: z.number(), instance: z.string() }).nullable(),
  /** Milliseconds since the epoch. */
  leaseUntil: z.number(),
  /** Number of processes that ended after its pictures were handed to the model (`JobContext.begin`). */
  attempts: z.number(),
  /** The message that shows its progress; null: none, or the answer edits an interaction's response. */
  reply: z.string().nullable().default(null),
})

export type Job = z.infer<typeof job>

/** Snowflake of the interaction or the message that a job is for. */
export function eventIdOf({ id, answer }: Job): string {
  return answer.to === 'message' ? answer.messageId : id
}

/** The server that a job is for; undefined: a direct message, or a command that needs no server. */
export function guildOf({ subjects = [] }: Job): string | undefined {
  return subjects.map((subject) => /^guild\/(\d+)$/.exec(subject)?.[1]).find((id) => id)
}

export type JobRecord = z.infer<typeof record>

/** The owner of a finished job. No process is on this host, so none takes the job. */
const NOBODY = { host: 'finished', pid: 0, instance: 'finished' }

/** A finished job is found by its people and its message only, and names no channel or server. */
const REMEMBERED = /^(?:user|message)\//

/**
 * What stays of a finished job for a while, so that no process does it again: ids, no request and no
 * token. A process of an earlier version takes it for a job that another process has.
 */
export function finishedRecord({ id, answer, diesAt, subjects = [] }: Job): JobRecord {
  return {
    job: {
      id,
      answer: answer.to === 'interaction' ? { ...answer, token: '' } : { ...answer, channelId: '' },
      request: null,
      diesAt,
      subjects: subjects.filter((subject) => REMEMBERED.test(subject)),
    },
    owner: NOBODY,
    leaseUntil: Number.MAX_SAFE_INTEGER,
    attempts: 0,
    reply: null,
  }
}

export function isFinished({ owner }: JobRecord): boolean {
  return owner?.instance === NOBODY.instance
}

/** job-leases.ts sets the lifetime of each record. */
export const JOBS: CollectionSpec<JobRecord> = {
  name: 'jobs',
  whenNotAuthentic: 'skip',
  ttlMs: INTERACTION_LIFE_MS,
  decode: (data) => record.parse(data),
  index: ({ job: { subjects = [] } }) => subjects,
}
