/** What the work on a job is given, and how it ends. */

import { InputError } from '../../config/errors.ts'
import type { NextStep } from './abandoned-jobs.ts'

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
