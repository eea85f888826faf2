/**
 * Handles a request: runs the model, publishes one answer and stores it. It works on plain data, so
 * the same code answers at once and after a restart.
 */

import type { FoundPicture } from '../../commands/picture.ts'
import { catalogFor, sentenceOf } from '../../commands/i18n/catalog.ts'
import { InputError } from '../../config/errors.ts'
import { historyTo, type Conversation, withConversation, withTurn } from '../memory/conversation.ts'
import type { TrackedWork } from '../memory/deletions.ts'
import { Delivery } from '../discord/reply.ts'
import { describePicture } from './captions.ts'
import { publishAnswer } from './publish.ts'
import type { Job } from '../jobs/job-record.ts'
import type { JobContext } from '../jobs/jobs.ts'
import { isDeleted } from '../discord/api-errors.ts'
import { repostWithAltText } from './repost-with-alt-text.ts'
import type { Request, RequestOf } from './request.ts'
import { regenerate } from './regenerate.ts'
import {
  type RequestDeps,
  errorPart,
  audienceOf,
  optionsOf,
  type AnswerPart,
  sourceOf,
  type RequestContext,
} from './context.ts'

/** Pictures described in one answer, at most. */
export const MAX_PICTURES = 10

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
    { signal, nonce, resumed, tracked }: JobContext & { readonly tracked: TrackedWork },
  ): Promise<void> {
    const { client, settings, users, pictures } = this.#deps
    const delivery = new Delivery(client.rest, job.answer, nonce)
    if (request.kind === 'again') {
      delivery.mute()
    }
    try {
      await delivery.start()
      const text = catalogFor(request.locale)
      const context: RequestContext = {
        request,
        delivery,
        tracked,
        text,
        options: optionsOf(request, job, {
          signal: AbortSignal.any([signal, tracked.signal]),
          delivery,
          text,
        }),
        ttlMs: await settings.ttlMs(request.place.guildId),
        stores: !(await users.hasOptedOut(request.asker)),
        sources: [],
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
      if (tracked.delivered) {
        throw error // the answer stays
      }
      if (tracked.signal.aborted) {
        await delivery.withdraw().catch(() => {}) // its subject was deleted
      } else if (request.kind === 'again' ? isDeleted(error) : resumed && !signal.aborted) {
        // An earlier process may have stored an answer that cannot be delivered now.
        tracked.end()
        const key = request.kind === 'again' ? request.answer : request.key
        await this.#deps.eraser.deleteAnswer(request.place, key)
      }
      throw error
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
        return this.#describePictures(context, request)
      case 'ask':
        return this.#ask(context, request)
      case 'again':
        return regenerate(this.#deps, context, request)
      case 'repost':
        return repostWithAltText(this.#deps, context, request)
      case 'alt-text':
        return this.#altText(context, request)
    }
  }

  async #describePictures(context: RequestContext, request: RequestOf<'look'>): Promise<void> {
    const { text } = context
    const pictures = request.pictures.slice(0, MAX_PICTURES)
    const omittedCount = request.pictures.length - pictures.length
    const parts: AnswerPart[] = []
    for (const [index, picture] of pictures.entries()) {
      if (pictures.length > 1) {
        context.delivery.progress(text.waiting.partly(parts.length, pictures.length))
      }
      try {
        parts.push(await this.#describePicture(context, request, { picture, index }))
      } catch (error) {
        // With several pictures, a bad file is reported in its own part. Other errors end the
        // request.
        if (
          pictures.length === 1 ||
          !(error instanceof InputError) ||
          context.options.signal?.aborted
        ) {
          throw error
        }
        parts.push(errorPart(sentenceOf(error, text)))
      }
    }
    await publishAnswer(this.#deps, context, parts, {
      question: request.quoted ? request.question : null,
      style: request.style,
      note: omittedCount > 0 ? text.answer.leftOut(omittedCount) : undefined,
    })
  }

  async #describePicture(
    context: RequestContext,
    request: RequestOf<'look'>,
    { picture, index }: { readonly picture: FoundPicture; readonly index: number },
  ): Promise<AnswerPart> {
    await this.#assertMayDescribe(picture, request.asker)
    const { model } = this.#deps
    const image = await sourceOf(this.#deps, context, picture)
    const { question } = request
    const description =
      question === null
        ? await describePicture(model, image, request.style, context.options)
        : { caption: '', lines: [(await model.ask(image, question, context.options)).text] }
    const id = `${request.key}.${index}`
    const now = Date.now()
    const visibleTo = audienceOf(request)
    const turn =
      question === null
        ? null
        : {
            id,
            parent: null,
            question,
            answer: description.lines[0] ?? '',
            by: request.asker,
            visibleTo,
            at: now,
          }
    const { altText: _, ...pictureRecord } = picture
    const conversation: Conversation = {
      id,
      picture: { ...pictureRecord, hash: image.key },
      by: request.asker,
      visibleTo,
      at: now,
      until: now + context.ttlMs,
      descriptions: description.caption === '' ? [] : [description.caption],
      turns: turn ? [turn] : [],
      answers: [],
    }
    return {
      lines: description.lines,
      spoiler: picture.spoiler,
      conversation,
      turn: turn?.id ?? null,
      image,
      caption: description.caption,
      change: (record) => withConversation(record, conversation),
    }
  }

  async #ask(context: RequestContext, request: RequestOf<'ask'>): Promise<void> {
    const { model, memory } = this.#deps
    const { place, question, asker } = request
    const conversation = await memory.conversation(place, request.talk, audienceOf(request))
    if (!conversation) {
      throw new InputError('conversation/unknown')
    }
    const image = await sourceOf(this.#deps, context, { ...conversation.picture, altText: null })
    const history = historyTo(conversation, request.turn)
    const { text: answer } = await model.ask(image, question, { ...context.options, history })
    const turn = {
      id: request.key,
      parent: request.turn,
      question,
      answer,
      by: asker,
      visibleTo: audienceOf(request),
      at: Date.now(),
    }
    const until = Date.now() + context.ttlMs
    const part: AnswerPart = {
      lines: [answer],
      spoiler: conversation.picture.spoiler,
      conversation: { ...conversation, turns: [...conversation.turns, turn] },
      turn: turn.id,
      image,
      caption: conversation.descriptions.at(-1) ?? '',
      change: (record) => withTurn(record, conversation.id, { turn, until }),
    }
    await publishAnswer(this.#deps, context, [part], {
      question: request.quoted ? question : null,
      style: 'caption',
    })
  }

  /** A silent reply with alt text for someone's pictures. */
  async #altText(context: RequestContext, request: RequestOf<'alt-text'>): Promise<void> {
    const parts: AnswerPart[] = []
    for (const [index, picture] of request.pictures.slice(0, MAX_PICTURES).entries()) {
      const lookRequest = {
        ...request,
        kind: 'look' as const,
        style: 'alt' as const,
        question: null,
        quoted: false,
      }
      parts.push(await this.#describePicture(context, lookRequest, { picture, index }))
    }
    const [first, ...rest] = parts
    if (first) {
      const altTextPart = { ...first, lines: [context.text.answer.altText(first.lines[0] ?? '')] }
      await publishAnswer(this.#deps, context, [altTextPart, ...rest], {
        question: null,
        style: 'alt',
        quiet: true,
      })
    }
  }

  /** @throws {InputError} if the picture's author opted out and is not the one who asks. */
  async #assertMayDescribe({ source }: FoundPicture, asker: string): Promise<void> {
    if (
      source &&
      source.authorId !== asker &&
      (await this.#deps.users.hasOptedOut(source.authorId))
    ) {
      throw new InputError('image/opted-out')
    }
  }
}
