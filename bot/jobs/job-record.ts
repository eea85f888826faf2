/** What is written down of a job, and how it is read back. */

import { z } from 'zod'
import type { SpaceKind } from '../store/types.ts'

/** An interaction's token lives this long (Discord, receiving-and-responding). */
export const INTERACTION_LIFE_MS = 15 * 60 * 1000

const job = z.object({
  /** The id of the interaction or message that asks. */
  id: z.string().min(1),
  /** Which handler goes on with it after a restart. */
  kind: z.string().min(1),
  /** Where the answer goes. */
  answer: z.discriminatedUnion('to', [
    z.object({ to: z.literal('interaction'), applicationId: z.string(), token: z.string() }),
    z.object({ to: z.literal('message'), channelId: z.string(), messageId: z.string() }),
  ]),
  /** What is asked: JSON data that the handler of its kind checks. */
  request: z.unknown(),
  /** When an answer is of no use any more, milliseconds since the epoch. */
  diesAt: z.number(),
})

const record = z.object({
  job,
  /** The process that works on it; null: free. */
  owner: z.object({ host: z.string(), pid: z.number(), instance: z.string() }).nullable(),
  leaseUntil: z.number(),
  /** How many processes have begun it. */
  attempts: z.number(),
})

export type Job = z.infer<typeof job>
export type JobRecord = z.infer<typeof record>

/** A record outlives its job by an hour at most; jobs.ts gives each its own end. */
export const JOBS: SpaceKind<JobRecord> = {
  name: 'jobs',
  ttlMs: INTERACTION_LIFE_MS,
  decode: (data) => record.parse(data),
}
