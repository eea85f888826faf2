/**
 * Accepts requests from interactions and messages. Each is stored as a job before it is
 * acknowledged and handled, so it survives a restart.
 */

import {
  type BaseInteraction,
  type Message,
  MessageFlags,
  type RepliableInteraction,
} from 'discord.js'
import { InputError } from '../../config/errors.ts'
import { type Acknowledge, withDeferral } from '../discord/deferral.ts'
import type { RequestHandler } from './handler.ts'
import {
  DeletedError,
  type Deletions,
  type Subject,
  type TrackedWork,
} from '../memory/deletions.ts'
import { INTERACTION_LIFE_MS, type Job } from '../jobs/job-record.ts'
import type { JobContext, Jobs } from '../jobs/jobs.ts'
import type { Place } from '../discord/place.ts'
import { newKey } from '../store/keys.ts'
import { errorCode, ERROR_CODES } from '../discord/api-errors.ts'
import type { QuestionCheck } from '../messages/question-check.ts'
import { type Request, type RequestFields, requestSchema } from './request.ts'

/** Time reserved for sending the answer before the token expires. */
const MARGIN_MS = 30_000
const MESSAGE_LIFE_MS = 10 * 60 * 1000

/** Keys that come from the interaction or the message. */
type Common = 'key' | 'asker' | 'place' | 'locale' | 'hidden'
/** A request without them. */
export type RequestInput = RequestFields extends infer Kind
  ? Kind extends RequestFields
    ? Omit<Kind, Common>
    : never
  : never

export class RequestIntake {
  readonly #jobs: Jobs
  readonly #handler: RequestHandler
  readonly #deletions: Deletions
  readonly #questionCheck: Pick<QuestionCheck, 'demandKnown'>

  constructor(
    jobs: Jobs,
    answering: RequestHandler,
    deletions: Deletions,
    questionCheck: Pick<QuestionCheck, 'demandKnown'>,
  ) {
    this.#jobs = jobs
    this.#handler = answering
    this.#deletions = deletions
    this.#questionCheck = questionCheck
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
    await this.#questionCheck.demandKnown(request)
    const job: Job = {
      id: interaction.id,
      answer: {
        to: 'interaction',
        applicationId: interaction.applicationId,
        token: interaction.token,
      },
      request,
      diesAt: Date.now() + INTERACTION_LIFE_MS - MARGIN_MS,
    }
    await this.#jobs.run(job, (context) =>
      this.#tracked(job, request, async (tracked) => {
        await acknowledge()
        await this.#handler.handle(request, job, { ...context, tracked })
      }),
    )
  }

  /** Handles the request of a message. */
  async submitMessage(message: Message, input: RequestInput, locale: string): Promise<void> {
    const { id, channelId, guildId, author } = message
    const place = { guildId, channelId }
    const common = { key: newKey(), asker: author.id, place, locale, hidden: false }
    const request = requestSchema.parse({ ...input, ...common })
    await this.#questionCheck.demandKnown(request)
    const job: Job = {
      id,
      answer: { to: 'message', channelId, messageId: id },
      request,
      diesAt: Date.now() + MESSAGE_LIFE_MS,
    }
    await this.#jobs.run(job, (context) => this.carryOut(job, context))
  }

  /** Goes on with a job that another process left. */
  async carryOut(job: Job, context: JobContext) {
    const request = requestSchema.parse(job.request)
    await this.#tracked(job, request, (tracked) =>
      this.#handler.handle(request, job, { ...context, tracked }),
    )
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
      await this.#deletions.track({ startedBy: job.id, subjects }, (tracked) => {
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
  #isAwaited({ id, answer }: Job, { place: { guildId, channelId } }: Request): boolean {
    const where: Subject[] = [`channel/${channelId}`]
    const asking: Subject[] = answer.to === 'message' ? [`message/${answer.messageId}`] : []
    const hasLeft = guildId !== null && this.#deletions.areDeleted([`guild/${guildId}`], id)
    return !hasLeft && !this.#deletions.areGone([...where, ...asking])
  }
}

/** What a request depends on; when any of it is deleted, the request is aborted. */
function subjectsOf({ answer }: Job, request: Request): Subject[] {
  const { asker, place } = request
  const pictures = 'pictures' in request ? request.pictures : []
  return [
    `channel/${place.channelId}`,
    `user/${asker}`,
    `member/${place.channelId}/${asker}`,
    ...(place.guildId === null ? [] : [`guild/${place.guildId}` as const]),
    ...(answer.to === 'message' ? [`message/${answer.messageId}` as const] : []),
    ...('talk' in request
      ? [request, ...request.others].map(({ talk }) => `conversation/${talk}` as const)
      : []),
    ...('answer' in request ? [`answer/${request.answer}` as const] : []),
    ...pictures.flatMap(({ source }): Subject[] =>
      source
        ? [`message/${source.messageId}`, `channel/${source.channelId}`, `user/${source.authorId}`]
        : [],
    ),
  ]
}

/**
 * Answers with a new message, which `work` asks for; the person sees the bot thinking meanwhile.
 *
 * @param hidden whether only the person sees the message; called when the first response is sent.
 */
export function withDeferredReply(
  interaction: RepliableInteraction,
  hidden: boolean | (() => boolean),
  work: (acknowledge: Acknowledge) => Promise<void>,
): Promise<void> {
  return withDeferral(
    () => defer(interaction, typeof hidden === 'boolean' ? hidden : hidden()),
    work,
  )
}

/**
 * Defers the reply. If Discord's response was lost, discord.js retries and gets "already
 * acknowledged". While the message still has the flag Loading, no other process has answered, so
 * this one does.
 */
async function defer(interaction: RepliableInteraction, hidden: boolean): Promise<void> {
  try {
    await interaction.deferReply(hidden ? { flags: MessageFlags.Ephemeral } : {})
  } catch (error) {
    if (errorCode(error) !== ERROR_CODES.alreadyAcknowledged) {
      throw error
    }
    const reply = await interaction.fetchReply()
    if (!reply.flags.has(MessageFlags.Loading)) {
      throw error
    }
    interaction.deferred = true
  }
}

/** Where an interaction was used. */
export function placeOf({
  guildId,
  channelId,
}: Pick<BaseInteraction, 'guildId' | 'channelId'>): Place {
  return { guildId, channelId: channelId ?? '' }
}
