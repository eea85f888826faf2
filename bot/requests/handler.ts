/**
 * Handles a request: runs the model, publishes one answer and stores it. It works on plain data, so
 * the same code answers at once and after a restart.
 */

import type { FoundPicture } from '../../commands/picture.ts'
import { catalogFor, sentenceOf } from '../../commands/i18n/catalog.ts'
import { hasCode, InputError } from '../../config/errors.ts'
import { historyTo, type Conversation, withConversation, withTurn } from '../memory/conversation.ts'
import type { TrackedWork } from '../memory/deletions.ts'
import type { Delivery } from '../discord/reply.ts'
import { answerQuestion } from './answers.ts'
import { describePicture } from './captions.ts'
import { publishAnswer } from './publish.ts'
import { shownOrNamed } from '../messages/shown-files.ts'
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
        await this.#deps.eraser.deleteAnswer(request.place, key)
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
    const parts = await this.#eachPart(context, pictures, (picture, index) =>
      this.#describePicture(context, request, { picture, index }),
    )
    await publishAnswer(this.#deps, context, parts, {
      question: request.quoted ? request.question : null,
      style: request.style,
      note: omittedCount > 0 ? text.answer.leftOut(omittedCount) : undefined,
      ...(await shownOrNamed(this.#deps, context, request, parts)),
    })
  }

  /**
   * One part for each of several pictures. A bad file does not fail the others: its part says why
   * there is no answer or, where nobody asked, it is left out.
   *
   * @throws {InputError} if there is nothing but bad files.
   */
  async #eachPart<T>(
    { delivery, text, options, request: { asked } }: RequestContext,
    subjects: readonly T[],
    answer: (subject: T, index: number) => Promise<AnswerPart>,
    numbers: readonly (number | null)[] = [],
  ): Promise<AnswerPart[]> {
    const parts: AnswerPart[] = []
    const errors: InputError[] = []
    for (const [index, subject] of subjects.entries()) {
      const number = numbers[index] ?? (subjects.length === 1 ? null : index + 1)
      if (subjects.length > 1) {
        delivery.progress(text.waiting.partly(index, subjects.length))
      }
      try {
        parts.push({ ...(await answer(subject, index)), number })
      } catch (error) {
        if (!(error instanceof InputError) || isAboutQuestion(error) || options.signal?.aborted) {
          throw error
        }
        errors.push(error)
        if (asked) {
          parts.push(errorPart(sentenceOf(error, text), number))
        }
      }
    }
    const [first] = errors
    if (first && (subjects.length === 1 || parts.length === 0)) {
      throw first
    }
    return parts
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
    const { options, text } = context
    const answered =
      question === null
        ? null
        : await answerQuestion(model, image, { question, history: [], caption: '', text, options })
    const description =
      answered === null
        ? await describePicture(model, image, request.style, options)
        : { ...answered, lines: [answered.answer], asked: [] }
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
            ...(answered?.absent && { absent: true }),
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
      descriptions: answered || description.caption === '' ? [] : [description.caption],
      turns: turn ? [turn] : [],
      answers: [],
    }
    return {
      lines: description.lines,
      unsure: description.unsure,
      asked: description.asked,
      spoiler: picture.spoiler,
      conversation,
      turn: turn?.id ?? null,
      image,
      caption: description.caption,
      change: (record) => withConversation(record, conversation),
    }
  }

  async #ask(context: RequestContext, request: RequestOf<'ask'>): Promise<void> {
    const subjects = [request, ...request.others]
    const parts = await this.#eachPart(
      context,
      subjects,
      (subject, index) => this.#answerQuestion(context, request, { ...subject, index }),
      subjects.map(({ number }) => number),
    )
    await publishAnswer(this.#deps, context, parts, {
      question: request.quoted ? request.question : null,
      style: 'caption',
      note: subjects.length > 1 ? context.text.answer.chooseByNumber : undefined,
      named: request.named,
    })
  }

  /** The answer to a question in one of its conversations. */
  async #answerQuestion(
    context: RequestContext,
    request: RequestOf<'ask'>,
    { talk, turn: parent, index }: Pick<RequestOf<'ask'>, 'talk' | 'turn'> & { index: number },
  ): Promise<AnswerPart> {
    const { model, memory } = this.#deps
    const { place, question, asker, key } = request
    const conversation = await memory.conversation(place, talk, audienceOf(request))
    if (!conversation) {
      throw new InputError('conversation/unknown')
    }
    const image = await sourceOf(this.#deps, context, { ...conversation.picture, altText: null })
    const history = historyTo(conversation, parent)
    const about = { question, history, caption: conversation.descriptions.at(-1) ?? '' }
    const answered = await answerQuestion(model, image, { ...about, ...context })
    const { answer, absent, unsure, caption } = answered
    const turn = {
      id: index === 0 ? key : `${key}.${index}`,
      parent,
      question,
      answer,
      ...(absent && { absent }),
      by: asker,
      visibleTo: audienceOf(request),
      at: Date.now(),
    }
    const until = Date.now() + context.ttlMs
    return {
      lines: [answer],
      unsure,
      spoiler: conversation.picture.spoiler,
      conversation: { ...conversation, turns: [...conversation.turns, turn] },
      turn: turn.id,
      image,
      caption,
      change: (record) => withTurn(record, conversation.id, { turn, until }),
    }
  }

  /** A silent reply with alt text for someone's pictures. */
  async #altText(context: RequestContext, request: RequestOf<'alt-text'>): Promise<void> {
    const { pictures, numbers, ...rest } = request
    const look = {
      ...rest,
      kind: 'look' as const,
      pictures,
      style: 'alt' as const,
      question: null,
      quoted: false,
      named: false,
      shows: null,
    }
    const [first, ...others] = await this.#eachPart(
      context,
      pictures.slice(0, MAX_PICTURES),
      (picture, index) => this.#describePicture(context, look, { picture, index }),
      numbers,
    )
    if (first) {
      const altTextPart = { ...first, lines: [context.text.answer.altText(first.lines[0] ?? '')] }
      await publishAnswer(this.#deps, context, [altTextPart, ...others], {
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

/** Whether an error is the same for every picture, so that one sentence says it. */
function isAboutQuestion(error: InputError): boolean {
  return hasCode(error, 'text/too-long', 'text/empty-question')
}
