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
export type JobRecord = z.infer<typeof record>

/** jobs.ts sets the lifetime of each record: until an hour after its job expires. */
export const JOBS: CollectionSpec<JobRecord> = {
  name: 'jobs',
  whenNotAuthentic: 'skip',
  ttlMs: INTERACTION_LIFE_MS,
  decode: (data) => record.parse(data),
}
