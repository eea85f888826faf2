/** `Again`: says the same in other words, where the model has others. */

import { InputError } from '../../config/errors.ts'
import { historyTo, type Talk, withDescription, withTurn } from '../memory/conversation.ts'
import { describeDifferently, freely, inStyle, TEMPERATURES } from './captions.ts'
import type { Handing } from './publish.ts'
import type { AnswerRecord } from '../memory/records.ts'
import { plain } from './suggestions.ts'
import type { RequestOf } from './request.ts'
import {
  type AnsweringParts,
  apology,
  audienceOf,
  type Part,
  sourceOf,
  unchanged,
  type Work,
} from './context.ts'

export class Rewording {
  readonly #parts: AnsweringParts
  readonly #handing: Handing

  constructor(parts: AnsweringParts, handing: Handing) {
    this.#parts = parts
    this.#handing = handing
  }

  /** Rewords an answer in its place. */
  async again(work: Work, request: RequestOf<'again'>): Promise<void> {
    const { memory } = this.#parts
    const { place } = request
    const answer = await memory.answer(place, request.answer, request.asker)
    if (!answer) {
      throw new InputError('conversation/unknown')
    }
    const parts: Part[] = []
    let changed = false
    for (const { talk: talkId, turn } of answer.parts) {
      const talk = await memory.talk(place, talkId, audienceOf(request))
      if (!talk) {
        parts.push(apology(work.text.errors['conversation/unknown']))
        continue
      }
      const part = await this.#reword(work, answer, { talk, turn })
      changed ||= part !== null
      parts.push(part ?? (await this.#asItWas(work, answer, { talk, turn })))
    }
    if (!changed) {
      throw new InputError('answer/no-other')
    }
    const asked =
      parts.length === 1 ? parts[0]?.talk?.turns.find(({ id }) => id === parts[0]?.turn) : undefined
    await this.#handing.deliver(work, parts, {
      question: asked?.question ?? null,
      style: answer.style,
      key: request.answer,
      suggested: answer.suggestions,
    })
  }

  /** Other words for one part; null if the model has none. */
  async #reword(
    work: Work,
    { style }: AnswerRecord,
    { talk, turn }: { readonly talk: Talk; readonly turn: string | null },
  ): Promise<Part | null> {
    const { model } = this.#parts
    const until = Date.now() + work.ttlMs
    const image = await sourceOf(this.#parts, work, { ...talk.picture, altText: null })
    const asked = talk.turns.find(({ id }) => id === turn)
    const base = { spoiler: talk.picture.spoiler, turn, image }
    if (!asked) {
      const said = talk.descriptions
      const other = await describeDifferently(model, image, { said, style, options: work.options })
      if (!other) {
        return null
      }
      const { lines, caption } = other
      const change: Part['change'] = (record) =>
        withDescription(record, talk.id, { text: caption, until })
      return { ...base, lines, talk, caption, change }
    }
    const history = historyTo(talk, asked.parent)
    for (const temperature of TEMPERATURES) {
      const options = { ...work.options, ...freely(temperature), history }
      const { text: answer } = await model.ask(image, asked.question, options)
      if (answer !== '' && plain(answer) !== plain(asked.answer)) {
        const turn = { ...asked, answer }
        const change: Part['change'] = (record) => withTurn(record, talk.id, { turn, until })
        return { ...base, lines: [answer], talk, caption: '', change }
      }
    }
    return null
  }

  /** A part that has no other words, as it was. */
  async #asItWas(
    work: Work,
    { style }: AnswerRecord,
    { talk, turn }: { readonly talk: Talk; readonly turn: string | null },
  ): Promise<Part> {
    const image = await sourceOf(this.#parts, work, { ...talk.picture, altText: null })
    const asked = talk.turns.find(({ id }) => id === turn)
    const caption = talk.descriptions.at(-1) ?? ''
    const { lines } = asked
      ? { lines: [asked.answer] }
      : await inStyle(this.#parts.model, image, { caption, style, options: work.options })
    return { lines, spoiler: talk.picture.spoiler, talk, turn, image, caption, change: unchanged }
  }
}
