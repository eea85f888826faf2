/** The record of a case: its pictures, who decided what, and which steps were carried out. */

import { z } from 'zod'
import { DAY_MS } from '../../../config/durations.ts'
import { CASE_DECISIONS } from '../../discord/custom-id.ts'
import { printSchema } from '../hashes/postings.ts'
import { reasonSchema } from '../hashes/reasons.ts'

export const CASE_LIFE_MS = 180 * DAY_MS

/** Stands for the bot in `by`, where it acted without a person. */
export const ITSELF = 'sightseer'

export type Action = (typeof CASE_DECISIONS)[number]

const stepSchema = z.object({
  /** What is done; `delete` names its message after a slash. */
  id: z.string(),
  done: z.boolean(),
  /** Why it could not be done: a key of the catalog's problems. */
  problem: z
    .enum([
      'forbidden',
      'gone',
      'closed',
      'longer',
      'unlogged',
      'unready',
      'unread',
      'failed',
      'unsafe',
    ])
    .nullable(),
  /** When it was done, in milliseconds; older records do not say. */
  at: z.number().nullable().default(null),
})

export const caseSchema = z.object({
  /** The id of the message that opened it. */
  id: z.string(),
  /** What people call it: counted on each server, from 1. Older cases have none. */
  number: z.int().nullable().default(null),
  guildId: z.string(),
  memberId: z.string(),
  joinedAt: z.number().nullable(),
  createdAt: z.number(),
  locale: z.string(),
  copies: z.array(z.object({ channelId: z.string(), messageId: z.string() })),
  prints: z.array(printSchema),
  reasons: z.array(reasonSchema),
  /** The entry of the hash list that its picture matched; null: none. */
  matched: z.string().nullable(),
  /** The model's description of each picture; null: it does not know such. Empty until there is one. */
  captions: z.array(z.string().nullable()),
  /**
   * What was read in its pictures, cut to what the case shows. Null: nothing was read, or the message
   * that shows the pictures is gone: words are kept no longer than the evidence.
   */
  words: z
    .object({ text: z.string(), links: z.array(z.string()), codes: z.array(z.string()) })
    .nullable()
    .default(null),
  state: z.enum(['open', 'confirmed', 'dismissed', 'undone']),
  /** Whether later copies are removed too. */
  removes: z.boolean(),
  /** Whether the bot removed it without a decision of a person. */
  automatic: z.boolean(),
  steps: z.array(stepSchema),
  /** Its message in the log channel. */
  log: z.object({ channelId: z.string(), messageId: z.string() }).nullable(),
  /** Until when the member is timed out by this case. */
  timeoutUntil: z.number().nullable(),
  events: z.array(
    z.object({ at: z.number(), by: z.string(), what: z.enum([...CASE_DECISIONS, 'appeal']) }),
  ),
  /** What the member answered. */
  appeal: z.string().nullable(),
})

export type Case = Readonly<z.infer<typeof caseSchema>>
export type Step = Case['steps'][number]
export type Problem = NonNullable<Step['problem']>

/** What a step changes; `copies` are added to those of the record. */
export type StepChange = Partial<Pick<Case, 'log' | 'captions' | 'words' | 'copies'>>
