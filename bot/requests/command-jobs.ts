/**
 * Commands that ask the model nothing. Each is a job too while it runs, so that the person is told by
 * the next process if this one ends in between. Only a confirmed deletion is done again: the others
 * can change what other people have changed since.
 */

import {
  type Client,
  MessageFlags,
  MessageFlagsBitField,
  type RepliableInteraction,
  Routes,
} from 'discord.js'
import type { Logger } from 'pino'
import { z } from 'zod'
import { catalogFor } from '../../commands/i18n/catalog.ts'
import { InputError } from '../../config/errors.ts'
import { type Acknowledge, withDeferral } from '../discord/deferral.ts'
import { Delivery } from '../discord/reply.ts'
import { INTERACTION_LIFE_MS, type Job } from '../jobs/job-record.ts'
import { type JobContext, RestartingError } from '../jobs/job-context.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Deletions } from '../memory/deletions.ts'
import { tellFailure, ToldError } from '../messages/failures.ts'

/** Time reserved before the token expires, to tell the person. */
const MARGIN_MS = 30_000

const schema = z.object({
  kind: z.literal('command'),
  /** User id. */
  asker: z.string(),
  locale: z.string(),
  /** What is done again: `forget` deletes everything about the asker. */
  redo: z.literal('forget').nullable(),
})
type CommandRequest = z.infer<typeof schema>

/** How an interaction is acknowledged, and what the next process does again. */
export type Deferral = {
  readonly defer: () => Promise<unknown>
  readonly redo?: CommandRequest['redo']
}

type Deps = {
  readonly client: Pick<Client, 'rest'>
  readonly jobs: Jobs
  readonly deletions: Deletions
  readonly log: Logger
}

export class CommandJobs {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Whether a job is one of these. */
  owns({ request }: Job): boolean {
    return schema.safeParse(request).success
  }

  /**
   * Acknowledges an interaction once it is stored, then does the work, which answers it. The records
   * of a server that is left meanwhile are deleted after that.
   *
   * @throws {ToldError} if it failed and the person was told.
   */
  async run(
    interaction: RepliableInteraction,
    { defer, redo = null }: Deferral,
    work: () => Promise<void>,
  ): Promise<void> {
    const { id, applicationId, token, locale, user, guildId } = interaction
    const request: CommandRequest = { kind: 'command', asker: user.id, locale, redo }
    const answer = { to: 'interaction', applicationId, token } as const
    const diesAt = Date.now() + INTERACTION_LIFE_MS - 2 * MARGIN_MS
    // Not the person: this may be their own deletion, which waits for what depends on them.
    const finished =
      guildId === null
        ? work
        : () => this.#deps.deletions.finish({ startedBy: id, subjects: [`guild/${guildId}`] }, work)
    const job = { id, answer, request, diesAt, subjects: [`user/${user.id}`] }
    try {
      await withDeferral(defer, (acknowledge) =>
        this.#deps.jobs.run(job, (context) =>
          this.#perform(job, { context, acknowledge, work: finished }),
        ),
      )
    } catch (error) {
      if (error instanceof RestartingError && error.comesLater) {
        throw new ToldError('the bot restarts', { cause: error })
      }
      throw error
    }
  }

  /**
   * Ends a job that another process left: tells the person, unless they have their answer.
   *
   * @param forget deletes everything about a person that came before the given interaction.
   */
  async resume(
    job: Job,
    context: JobContext,
    forget: (userId: string, before: string) => Promise<unknown>,
  ): Promise<void> {
    const request = schema.parse(job.request)
    const delivery = this.#deliveryOf(job, context)
    try {
      if (request.redo === 'forget') {
        await forget(request.asker, job.id)
        await delivery.finish({ content: catalogFor(request.locale).privacy.deletedAll })
      } else if (await this.#isThinking(job)) {
        throw new InputError('request/interrupted')
      }
    } catch (error) {
      await this.#tell(error, request, delivery)
    }
  }

  async #perform(
    { request, ...job }: Job & { readonly request: CommandRequest },
    { context, acknowledge, work }: Performance,
  ): Promise<void> {
    const delivery = this.#deliveryOf({ ...job, request }, context)
    context.beforeHandBack((error) => this.#tell(error, request, delivery))
    let isDeferred = false
    try {
      await acknowledge()
      isDeferred = request.redo === null
      await work()
    } catch (error) {
      // The message of a button stays: the person can press it again, and is told beside it.
      if (!isDeferred || context.signal.aborted) {
        throw error
      }
      await this.#tell(error, request, delivery)
      throw new ToldError('a command failed', { cause: error })
    }
  }

  #tell(error: unknown, { locale }: CommandRequest, delivery: Delivery): Promise<void> {
    const { log } = this.#deps
    return tellFailure(error, { kind: 'look', locale, asked: true }, { delivery, log })
  }

  /** Whether the person still sees the bot thinking. */
  async #isThinking({ answer }: Job): Promise<boolean> {
    if (answer.to !== 'interaction') {
      return false
    }
    const route = Routes.webhookMessage(answer.applicationId, answer.token, '@original')
    const message = z
      .object({ flags: z.number().default(0) })
      .parse(await this.#deps.client.rest.get(route, { auth: false }))
    return new MessageFlagsBitField(message.flags).has(MessageFlags.Loading)
  }

  #deliveryOf({ answer, diesAt }: Job, { nonce, signal }: JobContext): Delivery {
    const retries = { until: diesAt + MARGIN_MS, signal }
    return new Delivery(this.#deps.client.rest, answer, { nonce, retries })
  }
}

type Performance = {
  readonly context: JobContext
  readonly acknowledge: Acknowledge
  readonly work: () => Promise<void>
}
