/**
 * Accepts requests from interactions and messages. Each is stored as a job before it is
 * acknowledged and handled, so it survives a restart.
 */

import type { Client, Message, RepliableInteraction, User } from 'discord.js'
import type { Logger } from 'pino'
import { z } from 'zod'
import { InputError } from '../../config/errors.ts'
import type { Acknowledge } from '../discord/deferral.ts'
import type { RequestHandler } from './handler.ts'
import {
  DeletedError,
  type Deletions,
  type Subject,
  type TrackedWork,
} from '../memory/deletions.ts'
import { eventIdOf, INTERACTION_LIFE_MS, type Job } from '../jobs/job-record.ts'
import { type JobContext, RestartingError } from '../jobs/job-context.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { placeOf } from '../discord/place.ts'
import { newKey } from '../store/keys.ts'
import { Delivery } from '../discord/reply.ts'
import type { Typing } from '../messages/typing.ts'
import { tellFailure, ToldError } from '../messages/failures.ts'
import type { QuestionCheck } from '../messages/question-check.ts'
import { type Request, type RequestInput, requestSchema } from './request.ts'
import { recordSubjectsOf, subjectsOf } from './subjects.ts'

/**
 * Time reserved before the token expires. An interaction whose job is resumed later than that is told
 * to ask again; a start under load and one search for abandoned jobs fit into it.
 */
const TELL_MS = 120_000
/** An answer is not retried in the last part of that time. */
const MARGIN_MS = 30_000
const MESSAGE_LIFE_MS = 10 * 60 * 1000

/** What is needed of a message that asks. */
type AskingMessage = Pick<Message, 'id' | 'channelId' | 'guildId'> & {
  readonly author: Pick<User, 'id'>
}

type Deps = {
  readonly client: Pick<Client, 'rest' | 'user'>
  readonly jobs: Jobs
  readonly handler: RequestHandler
  readonly deletions: Deletions
  readonly questionCheck: Pick<QuestionCheck, 'demandKnown'>
  readonly typing: Typing
  readonly log: Logger
}

/** What a person is told whose job ends without an answer. */
const GIVEN_UP = {
  expired: 'request/expired',
  'given-up': 'request/given-up',
  deleted: 'conversation/deleted',
} as const

/** Of a stored request, what telling its person needs; also of one that cannot be read. */
const addressing = z
  .object({
    kind: z.enum(['look', 'ask', 'again', 'repost', 'alt-text']).catch('look'),
    locale: z.string().catch('en-US'),
    asked: z.boolean().catch(true),
    key: z.string().optional().catch(undefined),
  })
  .catch({ kind: 'look', locale: 'en-US', asked: true, key: undefined })

export class RequestIntake {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Handles the request of an interaction, and acknowledges it once the job is stored. */
  async submitInteraction(
    interaction: RepliableInteraction,
    input: RequestInput,
    { hidden, acknowledge }: { readonly hidden: boolean; readonly acknowledge: Acknowledge },
  ): Promise<void> {
    const request = requestSchema.parse({
      ...input,
      key: newKey(),
      asker: interaction.user.id,
      place: placeOf(interaction),
      locale: interaction.locale,
      hidden,
    })
    await this.#deps.questionCheck.demandKnown(request)
    const { id, applicationId, token } = interaction
    const answer = { to: 'interaction', applicationId, token } as const
    const diesAt = Date.now() + INTERACTION_LIFE_MS - TELL_MS
    await this.#run({ id, answer, request, diesAt }, request, acknowledge)
  }

  /**
   * Handles the request of a message.
   *
   * @throws {ToldError} if it failed, but the person was told.
   */
  async submitMessage(message: AskingMessage, input: RequestInput, locale: string): Promise<void> {
    const { id, channelId, guildId, author } = message
    const place = { guildId, channelId }
    const common = { key: newKey(), asker: author.id, place, locale, hidden: false }
    const request = requestSchema.parse({ ...input, ...common })
    await this.#deps.questionCheck.demandKnown(request)
    const job: Job = {
      // An edit can ask about a message that the bot answers by itself: two answers, two jobs.
      id: request.asked ? id : `${id}-unasked`,
      answer: { to: 'message', channelId, messageId: id },
      request,
      diesAt: Date.now() + MESSAGE_LIFE_MS,
    }
    await this.#run(job, request)
  }

  /** @throws {ToldError} if it failed, or waits for the next process, and the person was told. */
  async #run(job: Job, request: Request, acknowledge?: Acknowledge): Promise<void> {
    const whole = { ...job, subjects: recordSubjectsOf(job, request) }
    try {
      await this.#deps.jobs.run(whole, (context) => {
        const delivery = this.#deliveryOf(whole, context)
        return this.#perform(whole, request, { context, delivery, acknowledge })
      })
    } catch (error) {
      // A rewording is told beside the answer, which stays.
      if (error instanceof RestartingError && error.comesLater && request.kind !== 'again') {
        throw new ToldError('the bot restarts', { cause: error })
      }
      throw error
    }
  }

  /** Goes on with a job that another process left. @throws {ToldError} as `submitMessage` does. */
  async carryOut(job: Job, context: JobContext): Promise<void> {
    const delivery = this.#deliveryOf(job, context)
    const request = requestSchema.safeParse(job.request)
    if (request.success) {
      return this.#perform(job, request.data, { context, delivery })
    }
    // Another version of the bot stored it.
    const error = new InputError('restart/ask-again', null, { cause: request.error })
    await tellFailure(error, addressing.parse(job.request), { delivery, log: this.#deps.log })
    throw new ToldError('a stored request cannot be read', { cause: error })
  }

  /** Tells the person that a job which another process left has no answer. */
  async giveUp(job: Job, context: JobContext, why: keyof typeof GIVEN_UP): Promise<void> {
    const request = addressing.parse(job.request)
    const error = new InputError(GIVEN_UP[why])
    const delivery = this.#deliveryOf(job, context)
    await tellFailure(error, request, { delivery, log: this.#deps.log })
  }

  #deliveryOf(job: Job, { nonce, reply, posted, signal, resumed }: JobContext): Delivery {
    const { client, typing } = this.#deps
    const authorId = client.user?.id
    const { key } = addressing.parse(job.request)
    // An expired job is told that for a while.
    const reserved = job.answer.to === 'interaction' ? TELL_MS - MARGIN_MS : 0
    const until = Math.max(job.diesAt + reserved, Date.now() + MARGIN_MS)
    return new Delivery(client.rest, job.answer, {
      nonce,
      reply,
      earlier: resumed && authorId !== undefined ? { authorId, nonce, key } : undefined,
      posted,
      typing,
      retries: { until, signal },
    })
  }

  /**
   * Handles a request. A failure is told before the job ends, so a process that is killed in between
   * leaves nobody waiting.
   *
   * @throws {ToldError} if it failed and the person was told.
   */
  async #perform(
    job: Job,
    request: Request,
    { context, delivery, acknowledge = async () => {} }: Performance,
  ): Promise<void> {
    const { handler, log } = this.#deps
    let isAcknowledged = false
    // The next process edits this sentence into the answer.
    context.beforeHandBack((error) => tellFailure(error, request, { delivery, log }))
    try {
      await this.#tracked(job, request, async (tracked) => {
        await acknowledge()
        isAcknowledged = true
        await handler.handle(request, job, { ...context, tracked, delivery })
      })
    } catch (error) {
      // A rewording that failed is told beside the answer, which stays.
      const isTold = isAcknowledged && request.kind !== 'again' && !context.signal.aborted
      if (!isTold) {
        throw error
      }
      await tellFailure(error, request, { delivery, log })
      throw new ToldError('a request failed', { cause: error })
    } finally {
      if (!context.signal.aborted) {
        const subjects = recordSubjectsOf(job, request)
        await this.#deps.deletions.write({ startedBy: eventIdOf(job), subjects }, context.finish)
      }
    }
  }

  /**
   * Runs work that is aborted when one of its subjects is deleted.
   *
   * @throws {InputError} that says so, if someone still waits for the answer.
   */
  async #tracked(
    job: Job,
    request: Request,
    work: (tracked: TrackedWork) => Promise<void>,
  ): Promise<void> {
    let isDelivered = false
    try {
      const subjects = subjectsOf(job, request)
      await this.#deps.deletions.track({ startedBy: eventIdOf(job), subjects }, (tracked) => {
        const done = work(tracked)
        tracked.signal.addEventListener('abort', () => (isDelivered = tracked.delivered))
        return done
      })
    } catch (error) {
      if (!(error instanceof DeletedError)) {
        throw error
      }
      if (isDelivered) {
        return
      }
      throw this.#isAwaited(job, request)
        ? new InputError('conversation/deleted', null, { cause: error })
        : error
    }
  }

  /** Whether the place of the answer still exists. */
  #isAwaited(job: Job, { place: { guildId, channelId } }: Request): boolean {
    const { answer } = job
    const where: Subject[] = [`channel/${channelId}`]
    const asking: Subject[] = answer.to === 'message' ? [`message/${answer.messageId}`] : []
    const hasLeft =
      guildId !== null && this.#deps.deletions.areDeleted([`guild/${guildId}`], eventIdOf(job))
    return !hasLeft && !this.#deps.deletions.areGone([...where, ...asking])
  }
}

type Performance = {
  readonly context: JobContext
  readonly delivery: Delivery
  readonly acknowledge?: Acknowledge | undefined
}
