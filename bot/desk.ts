/**
 * Takes requests in: from an interaction, or from a message. Each is written down as a job before
 * it is acknowledged and carried out, so it survives the process.
 */

import {
  type BaseInteraction,
  type Message,
  MessageFlags,
  type RepliableInteraction,
} from 'discord.js'
import { type Acknowledge, acknowledging } from './acknowledging.ts'
import type { Answering } from './answering.ts'
import { INTERACTION_LIFE_MS, type Job } from './job-record.ts'
import type { Jobs } from './jobs.ts'
import type { Place } from './memory.ts'
import { codeOf, PLATFORM } from './platform-errors.ts'
import { type Request, requestSchema } from './requests.ts'

/** The kind of all our jobs; the request in them says more. */
export const JOB_KIND = 'answer'
/** What is left of the token's life for sending the answer. */
const MARGIN_MS = 30_000
const MESSAGE_LIFE_MS = 10 * 60 * 1000

/** Keys that every request has from where it came. */
type Common = 'asker' | 'place' | 'locale' | 'hidden'
/** A request without them. */
export type Wish = Request extends infer Kind
  ? Kind extends Request
    ? Omit<Kind, Common>
    : never
  : never

export class Desk {
  readonly #jobs: Jobs
  readonly #answering: Answering

  constructor(jobs: Jobs, answering: Answering) {
    this.#jobs = jobs
    this.#answering = answering
  }

  /** Carries out what an interaction asks, and acknowledges that once it is written down. */
  async fromInteraction(
    use: RepliableInteraction,
    wish: Wish,
    { hidden, acknowledge }: { readonly hidden: boolean; readonly acknowledge: Acknowledge },
  ): Promise<void> {
    const request = {
      ...wish,
      asker: use.user.id,
      place: placeOf(use),
      locale: use.locale,
      hidden,
    } as Request
    const job: Job = {
      id: use.id,
      kind: JOB_KIND,
      answer: { to: 'interaction', applicationId: use.applicationId, token: use.token },
      request,
      diesAt: Date.now() + INTERACTION_LIFE_MS - MARGIN_MS,
    }
    await this.#jobs.run(job, async (context) => {
      await acknowledge()
      await this.resume(job, context)
    })
  }

  /** Carries out what a message asks. */
  async fromMessage(message: Message, wish: Wish, locale: string): Promise<void> {
    const { id, channelId, guildId, author } = message
    const place = { guildId, channelId }
    const request = { ...wish, asker: author.id, place, locale, hidden: false } as Request
    const job: Job = {
      id,
      kind: JOB_KIND,
      answer: { to: 'message', channelId, messageId: id },
      request,
      diesAt: Date.now() + MESSAGE_LIFE_MS,
    }
    await this.#jobs.run(job, (context) => this.resume(job, context))
  }

  /** Goes on with a job that another process left. */
  async resume(job: Job, context: { readonly signal: AbortSignal; readonly nonce: string }) {
    await this.#answering.carryOut(requestSchema.parse(job.request), job, context)
  }
}

/**
 * Answers with a new message, which `work` asks for; the person sees the bot thinking meanwhile.
 *
 * @param hidden whether only the person sees the message; called when the first response is sent.
 */
export function replying(
  use: RepliableInteraction,
  hidden: boolean | (() => boolean),
  work: (acknowledge: Acknowledge) => Promise<void>,
): Promise<void> {
  return acknowledging(() => defer(use, typeof hidden === 'boolean' ? hidden : hidden()), work)
}

/**
 * Lets the bot be seen thinking.
 *
 * Where Discord's response to that was lost, discord.js asks again and is told that it was done
 * already. As long as the bot is still seen thinking, nobody has answered: that is for us to do.
 */
async function defer(use: RepliableInteraction, hidden: boolean): Promise<void> {
  try {
    await use.deferReply(hidden ? { flags: MessageFlags.Ephemeral } : {})
  } catch (error) {
    if (codeOf(error) !== PLATFORM.alreadyAcknowledged) {
      throw error
    }
    const reply = await use.fetchReply()
    if (!reply.flags.has(MessageFlags.Loading)) {
      throw error
    }
    use.deferred = true
  }
}

/** Where an interaction was used. */
export function placeOf({
  guildId,
  channelId,
}: Pick<BaseInteraction, 'guildId' | 'channelId'>): Place {
  return { guildId, channelId: channelId ?? '' }
}
