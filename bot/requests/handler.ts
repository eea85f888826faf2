/**
 * Handles a request: runs the model, publishes one answer and stores it. It works on plain data, so
 * the same code answers at once and after a restart.
 */

import { catalogFor } from '../../commands/i18n/catalog.ts'
import { hasCode, InputError } from '../../config/errors.ts'
import type { TrackedWork } from '../memory/deletions.ts'
import type { Delivery } from '../discord/reply.ts'
import type { Job } from '../jobs/job-record.ts'
import type { JobContext } from '../jobs/job-context.ts'
import { isDeleted } from '../discord/api-errors.ts'
import { repostWithAltText } from './kinds/repost-with-alt-text.ts'
import { languageRequest } from './answer-language.ts'
import type { Request } from './request.ts'
import { askQuestion } from './kinds/ask.ts'
import { describePictures, writeAltText } from './kinds/look.ts'
import { regenerate } from './kinds/regenerate.ts'
import { type RequestDeps, optionsOf, type RequestContext } from './context.ts'

type HandlerContext = Pick<JobContext, 'signal' | 'resumed' | 'begin'> & {
  readonly tracked: TrackedWork
  readonly delivery: Delivery
}

export class RequestHandler {
  readonly #deps: RequestDeps

  constructor(deps: RequestDeps) {
    this.#deps = deps
  }

  /**
   * Handles a request and delivers its answer.
   *
   * @throws {InputError} with an error for the person; nothing was delivered then.
   */
  async handle(
    request: Request,
    job: Job,
    { signal, resumed, begin, tracked, delivery }: HandlerContext,
  ): Promise<void> {
    const { settings, users, pictures } = this.#deps
    if (request.kind === 'again') {
      delivery.mute()
    }
    try {
      delivery.start()
      const text = catalogFor(request.locale)
      const { maxTokens } = await settings.of(request.place.guildId)
      const context: RequestContext = {
        request,
        delivery,
        tracked,
        text,
        options: {
          ...optionsOf(request, job, {
            signal: AbortSignal.any([signal, tracked.signal]),
            delivery,
            text,
          }),
          ...(maxTokens !== null && { maxNewTokens: maxTokens }),
        },
        inLanguage: languageRequest(this.#deps.model.card, request.locale),
        ttlMs: await settings.ttlMs(request.place.guildId),
        resumed,
        stores: !(await users.hasOptedOut(request.asker)),
        sources: [],
        begin,
      }
      if (!this.#deps.isOpen() && request.kind !== 'repost') {
        delivery.progress(text.waiting.loading)
      }
      try {
        await this.#countAndDispatch(context)
      } finally {
        await pictures.settle(context.sources, context.stores && !tracked.signal.aborted)
      }
    } catch (error) {
      if (tracked.delivered && !(tracked.signal.aborted && !request.asked)) {
        throw error // the answer stays
      }
      if (tracked.signal.aborted) {
        await delivery.withdraw().catch(() => {}) // its subject was deleted
      } else if (request.kind === 'again' ? isDeleted(error) : resumed && !signal.aborted) {
        // An earlier process may have stored an answer that cannot be delivered now.
        tracked.end()
        const key = request.kind === 'again' ? request.answer : request.key
        await this.#deps.eraser.messages.deleteAnswer(request.place, key)
      }
      throw hasCode(error, 'text/too-long')
        ? new InputError('question/too-long', null, { cause: error })
        : error
    } finally {
      await delivery.stop()
    }
  }

  /**
   * Counts the request against the daily limit. A failed request does not count; one that the next
   * process resumes is counted again there.
   */
  async #countAndDispatch(context: RequestContext): Promise<void> {
    const { users, settings } = this.#deps
    const { asker, place, kind } = context.request
    const { dailyLimit } = await settings.of(place.guildId)
    if (kind === 'alt-text' || kind === 'repost' || dailyLimit === null) {
      return this.#dispatch(context)
    }
    await context.tracked.write(() => users.countAnswer(place.guildId, asker, dailyLimit))
    try {
      await this.#dispatch(context)
    } catch (error) {
      const { tracked, options } = context
      const isHandedBack = options.signal?.aborted === true && !tracked.signal.aborted
      if (!tracked.delivered || isHandedBack) {
        await users.uncountAnswer(place.guildId, asker)
      }
      throw error
    }
  }

  async #dispatch(context: RequestContext): Promise<void> {
    const { request } = context
    switch (request.kind) {
      case 'look':
        return describePictures(this.#deps, context, request)
      case 'ask':
        return askQuestion(this.#deps, context, request)
      case 'again':
        return regenerate(this.#deps, context, request)
      case 'repost':
        return repostWithAltText(this.#deps, context, request)
      case 'alt-text':
        return writeAltText(this.#deps, context, request)
    }
  }
}
