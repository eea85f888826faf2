/**
 * Carries out what people ask: looks, answers, remembers, and delivers one answer.
 *
 * Works on plain requests, so the same code answers at once and after a restart.
 */

import type { FoundPicture } from '../../commands/picture.ts'
import { catalogueFor, sentenceOf } from '../../commands/i18n/catalogue.ts'
import { InputError } from '../../config/errors.ts'
import { historyTo, type Talk, withTalk, withTurn } from '../memory/conversation.ts'
import type { TrackedWork } from '../memory/deletions.ts'
import { Delivery } from '../discord/reply.ts'
import { describePicture } from './captions.ts'
import { Handing } from './publish.ts'
import type { Job } from '../jobs/job-record.ts'
import type { JobContext } from '../jobs/jobs.ts'
import { isDeleted } from '../discord/api-errors.ts'
import { postAgain } from './repost-with-alt-text.ts'
import type { Request, RequestOf } from './request.ts'
import { Rewording } from './regenerate.ts'
import {
  type AnsweringParts,
  apology,
  audienceOf,
  optionsOf,
  type Part,
  sourceOf,
  type Work,
} from './context.ts'

/** Pictures looked at for one answer. */
export const MAX_PICTURES = 10

export class Answering {
  readonly #parts: AnsweringParts
  readonly #handing: Handing
  readonly #rewording: Rewording

  constructor(parts: AnsweringParts) {
    this.#parts = parts
    this.#handing = new Handing(parts)
    this.#rewording = new Rewording(parts, this.#handing)
  }

  /**
   * Carries out a request and delivers its answer.
   *
   * @throws {InputError} with what the person should know; nothing was delivered then.
   */
  async carryOut(
    request: Request,
    job: Job,
    { signal, nonce, resumed, tracked }: JobContext & { readonly tracked: TrackedWork },
  ): Promise<void> {
    const { client, settings, people, pictures } = this.#parts
    const delivery = new Delivery(client.rest, job.answer, nonce)
    if (request.kind === 'again') {
      delivery.mute()
    }
    try {
      await delivery.start()
      const text = catalogueFor(request.locale)
      const work: Work = {
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
        remembers: !(await people.isOut(request.asker)),
        sources: [],
      }
      if (!this.#parts.isOpen() && request.kind !== 'repost') {
        delivery.progress(text.waiting.loading)
      }
      try {
        await this.#counted(work)
      } finally {
        await pictures.settle(work.sources, work.remembers && !tracked.signal.aborted)
      }
    } catch (error) {
      if (tracked.delivered) {
        throw error // the answer stays
      }
      if (tracked.signal.aborted) {
        await delivery.withdraw().catch(() => {}) // gone with what was deleted
      } else if (request.kind === 'again' ? isDeleted(error) : resumed && !signal.aborted) {
        // Before it ended, an earlier process may have remembered what is not delivered now.
        tracked.end()
        const key = request.kind === 'again' ? request.answer : request.key
        await this.#parts.forgetting.answer(request.place, key)
      }
      throw error
    } finally {
      await delivery.stop()
    }
  }

  /** Counts what is asked for; what does not come is not counted. */
  async #counted(work: Work): Promise<void> {
    const { people, settings } = this.#parts
    const { asker, place, kind } = work.request
    const { dailyLimit } = await settings.of(place.guildId)
    if (kind === 'alt-text' || kind === 'repost' || dailyLimit === null) {
      return this.#carry(work)
    }
    await work.tracked.write(() => people.count(place.guildId, asker, dailyLimit))
    try {
      await this.#carry(work)
    } catch (error) {
      await people.uncount(place.guildId, asker)
      throw error
    }
  }

  async #carry(work: Work): Promise<void> {
    const { request } = work
    switch (request.kind) {
      case 'look':
        return this.#look(work, request)
      case 'ask':
        return this.#ask(work, request)
      case 'again':
        return this.#rewording.again(work, request)
      case 'repost':
        return postAgain(this.#parts, work, request)
      case 'alt-text':
        return this.#altText(work, request)
    }
  }

  async #look(work: Work, request: RequestOf<'look'>): Promise<void> {
    const { text } = work
    const pictures = request.pictures.slice(0, MAX_PICTURES)
    const left = request.pictures.length - pictures.length
    const parts: Part[] = []
    for (const [index, picture] of pictures.entries()) {
      if (pictures.length > 1) {
        work.delivery.progress(text.waiting.partly(parts.length, pictures.length))
      }
      try {
        parts.push(await this.#lookAt(work, request, { picture, index }))
      } catch (error) {
        // One bad file of several is said in its place; what stops them all is thrown.
        if (
          pictures.length === 1 ||
          !(error instanceof InputError) ||
          work.options.signal?.aborted
        ) {
          throw error
        }
        parts.push(apology(sentenceOf(error, text)))
      }
    }
    await this.#handing.deliver(work, parts, {
      question: request.quoted ? request.question : null,
      style: request.style,
      note: left > 0 ? text.answer.leftOut(left) : undefined,
    })
  }

  async #lookAt(
    work: Work,
    request: RequestOf<'look'>,
    { picture, index }: { readonly picture: FoundPicture; readonly index: number },
  ): Promise<Part> {
    await this.#mayLookAt(picture, request.asker)
    const { model } = this.#parts
    const image = await sourceOf(this.#parts, work, picture)
    const { question } = request
    const described =
      question === null
        ? await describePicture(model, image, request.style, work.options)
        : { caption: '', lines: [(await model.ask(image, question, work.options)).text] }
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
            answer: described.lines[0] ?? '',
            by: request.asker,
            visibleTo,
            at: now,
          }
    const { altText: _, ...kept } = picture
    const talk: Talk = {
      id,
      picture: { ...kept, hash: image.key },
      by: request.asker,
      visibleTo,
      at: now,
      until: now + work.ttlMs,
      descriptions: described.caption === '' ? [] : [described.caption],
      turns: turn ? [turn] : [],
      answers: [],
    }
    return {
      lines: described.lines,
      spoiler: picture.spoiler,
      talk,
      turn: turn?.id ?? null,
      image,
      caption: described.caption,
      change: (record) => withTalk(record, talk),
    }
  }

  async #ask(work: Work, request: RequestOf<'ask'>): Promise<void> {
    const { model, memory } = this.#parts
    const { place, question, asker } = request
    const talk = await memory.talk(place, request.talk, audienceOf(request))
    if (!talk) {
      throw new InputError('conversation/unknown')
    }
    const image = await sourceOf(this.#parts, work, { ...talk.picture, altText: null })
    const history = historyTo(talk, request.turn)
    const { text: answer } = await model.ask(image, question, { ...work.options, history })
    const turn = {
      id: request.key,
      parent: request.turn,
      question,
      answer,
      by: asker,
      visibleTo: audienceOf(request),
      at: Date.now(),
    }
    const until = Date.now() + work.ttlMs
    const part: Part = {
      lines: [answer],
      spoiler: talk.picture.spoiler,
      talk: { ...talk, turns: [...talk.turns, turn] },
      turn: turn.id,
      image,
      caption: talk.descriptions.at(-1) ?? '',
      change: (record) => withTurn(record, talk.id, { turn, until }),
    }
    await this.#handing.deliver(work, [part], {
      question: request.quoted ? question : null,
      style: 'caption',
    })
  }

  /** A quiet reply with alternative text for someone's pictures. */
  async #altText(work: Work, request: RequestOf<'alt-text'>): Promise<void> {
    const parts: Part[] = []
    for (const [index, picture] of request.pictures.slice(0, MAX_PICTURES).entries()) {
      const look = {
        ...request,
        kind: 'look' as const,
        style: 'alt' as const,
        question: null,
        quoted: false,
      }
      parts.push(await this.#lookAt(work, look, { picture, index }))
    }
    const [first, ...rest] = parts
    if (first) {
      const marked = { ...first, lines: [work.text.answer.altText(first.lines[0] ?? '')] }
      await this.#handing.deliver(work, [marked, ...rest], {
        question: null,
        style: 'alt',
        quiet: true,
      })
    }
  }

  /** @throws {InputError} if the picture's author opted out and is not the one who asks. */
  async #mayLookAt({ source }: FoundPicture, asker: string): Promise<void> {
    if (source && source.authorId !== asker && (await this.#parts.people.isOut(source.authorId))) {
      throw new InputError('image/opted-out')
    }
  }
}
