/** Hands over an answer: remembers it, suggests questions, lays it out and delivers it once. */

import { InputError } from '../config/errors.ts'
import { answerBody, type AnswerLayout } from './answers.ts'
import { historyTo } from './channel-record.ts'
import { type AnswerRecord, newKey } from './memory.ts'
import { propose } from './questions.ts'
import type { AnsweringParts, Part, Work } from './work.ts'

const SUGGESTIONS = 3
/** An answer does not wait longer than this for its suggestions; they are added later. */
const SUGGESTIONS_WAIT_MS = 700
/** SUPPRESS_NOTIFICATIONS: nobody is disturbed. */
const QUIET = 1 << 12

/** What failed once the answer was shown: nobody is told of it, and the answer stays. */
export class AfterAnswerError extends Error {
  override name = 'AfterAnswerError' as const
}

export class Handing {
  readonly #parts: AnsweringParts

  constructor(parts: AnsweringParts) {
    this.#parts = parts
  }

  /** Delivers the parts of an answer. */
  async deliver(
    work: Work,
    parts: readonly Part[],
    about: {
      readonly question: string | null
      readonly style: AnswerRecord['style']
      readonly note?: string | undefined
      readonly key?: string
      readonly suggested?: AnswerRecord['suggestions']
      readonly quiet?: boolean
    },
  ): Promise<void> {
    const { memory } = this.#parts
    const { request, text, delivery, ttlMs } = work
    // A part without a talk keeps its place, so that buttons count the pictures as people do.
    const kept = parts.map(({ talk, turn }) => ({ talk: talk?.id ?? '', turn }))
    const remembered = work.remembers && parts.some(({ talk }) => talk !== null)
    const key = remembered ? (about.key ?? newKey()) : null
    const layout = (suggestions: AnswerRecord['suggestions']): AnswerLayout => ({
      key,
      parts,
      question: about.question,
      suggestions,
      note: work.remembers ? about.note : text.answer.notRemembered,
      again: request.kind !== 'alt-text',
      repost: about.style === 'alt' && parts.some(({ talk }) => talk !== null),
    })
    const record = (suggestions: AnswerRecord['suggestions']): AnswerRecord => ({
      asker: request.asker,
      kind:
        request.kind === 'alt-text' ? 'alt' : kept.some(({ turn }) => turn) ? 'ask' : 'describe',
      style: about.style,
      hidden: request.hidden,
      parts: kept,
      suggestions: [...suggestions],
    })
    const flags = about.quiet ? { flags: QUIET } : {}
    if (key === null) {
      await delivery.finish({ ...answerBody(layout([]), text), ...flags })
      return
    }
    for (const { talk } of parts) {
      if (talk && request.kind !== 'again' && request.kind !== 'ask') {
        await memory.remember(request.place, talk, ttlMs)
      }
    }
    const known = about.suggested ?? (about.quiet ? [] : undefined)
    const coming = known ? Promise.resolve(known) : this.#suggest(work, parts)
    const soon = await Promise.race([coming, later(SUGGESTIONS_WAIT_MS)])
    await memory.keepAnswer(request.place, key, record(soon ?? []), ttlMs)
    const messageId = await delivery.finish({ ...answerBody(layout(soon ?? []), text), ...flags })
    await afterAnswer(async () => {
      await memory.noteMessage(request.place, messageId, key, ttlMs)
      if (soon === undefined) {
        const suggestions = await coming
        await memory.keepAnswer(request.place, key, record(suggestions), ttlMs)
        await delivery.revise(answerBody(layout(suggestions), text))
      }
    })
  }

  /** Questions to press, shared out among the pictures. Spoilers and troubles have none. */
  async #suggest(work: Work, parts: readonly Part[]): Promise<AnswerRecord['suggestions']> {
    const { model } = this.#parts
    const open = parts.some(({ spoiler }) => spoiler) ? [] : parts.slice(0, SUGGESTIONS)
    const share = parts.length === 1 ? SUGGESTIONS : 1
    const suggested: AnswerRecord['suggestions'] = []
    const { onPosition: _, ...options } = work.options
    for (const [part, { talk, turn, image, caption }] of open.entries()) {
      if (talk && image) {
        try {
          const situation = {
            caption: caption || (await model.describe(image, options)).text,
            history: historyTo(talk, turn),
            asked: talk.turns.map(({ question }) => question),
          }
          const found = await propose(model, image, { situation, count: share, request: options })
          suggested.push(...found.map(({ question }) => ({ part, question })))
        } catch (error) {
          // A full queue or a late hour must not cost the answer itself.
          if (!(error instanceof InputError)) {
            throw error
          }
        }
      }
    }
    return suggested
  }
}

/** @throws {AfterAnswerError} whose cause is what `work` throws. */
async function afterAnswer(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    throw new AfterAnswerError('an answer could not be finished', { cause })
  }
}

function later(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref()
  })
}
