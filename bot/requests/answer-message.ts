/**
 * What an answer looks like: a part for each picture, suggested questions, and the buttons.
 *
 * The buttons carry a version, the key of the answer's record, and an action, so they work after a
 * restart. The answer about a spoiler is a spoiler too, and suggests nothing: a button cannot hide
 * its text.
 */

import { ButtonStyle, ComponentType } from 'discord.js'
import { MAX_CONTENT, plainText, quoted } from '../../commands/answer-text.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { answerCustomId } from '../discord/custom-id.ts'
import type { Body } from '../discord/reply.ts'

/** Discord's limits. */
const MAX_LABEL = 80

export type PartLayout = {
  /** The model's text; the first line is the answer, the others are details. */
  readonly lines: readonly string[]
  readonly spoiler: boolean
  /** Whether the model found its own text improbable, which a quiet line says. */
  readonly unsure?: boolean | undefined
  /**
   * The picture's number, where the answer is about some of several. Without it, the parts of an
   * answer are numbered in order.
   */
  readonly number?: number | null
}

export type AnswerLayout = {
  readonly key: string | null
  readonly parts: readonly PartLayout[]
  readonly suggestions: readonly { readonly part: number; readonly question: string }[]
  /** Shown above the answer. */
  readonly question: string | null
  /** The line that says which picture it is about; shown above the answer. */
  readonly picture?: string | null
  /** Shown below it; the bot's own words. */
  readonly note?: string | undefined
  readonly again: boolean
  readonly repost?: boolean
}

/** The message body of an answer. */
export function answerBody(layout: AnswerLayout, text: Catalog): Body {
  const { key, parts, question, note } = layout
  const room = Math.floor((MAX_CONTENT - 400) / parts.length)
  const partTexts = parts.map((part, index) => {
    const body = partText(part, room, text)
    const number = numberOf(parts, index)
    return number === null ? body : text.answer.part(number, body)
  })
  const quote = question === null ? [] : [text.answer.asked(quoted(question, 150))]
  const about = layout.picture ? [layout.picture] : []
  const content = [...quote, ...about, ...partTexts, ...(note === undefined ? [] : [note])].join(
    '\n',
  )
  return {
    content: content.slice(0, MAX_CONTENT),
    components: key === null ? [] : rows(layout, key, text),
  }
}

/** The number that a part is shown with; null: none. */
export function numberOf(
  parts: readonly { readonly number?: number | null }[],
  index: number,
): number | null {
  return parts[index]?.number ?? (parts.length === 1 ? null : index + 1)
}

function partText(
  { lines, spoiler, unsure = false }: PartLayout,
  room: number,
  text: Catalog,
): string {
  const [first = '', ...details] = lines
  const share = Math.floor(room / lines.length / 2) // escaping at most doubles it
  const whole = [
    quoted(first || text.answer.nothing, details.length === 0 ? room / 2 : share),
    ...details.map((line) => `• ${quoted(line, share)}`),
  ].join('\n')
  const shown = spoiler ? `||${whole}||` : whole
  return unsure ? `${shown}\n-# ${text.answer.unsure}` : shown
}

function rows(
  { parts, suggestions, again, repost = false }: AnswerLayout,
  key: string,
  text: Catalog,
) {
  const hidden = parts.some(({ spoiler }) => spoiler)
  const questions = (hidden ? [] : suggestions).map(({ part, question }, number) =>
    button(
      answerCustomId(key, 'question', number),
      parts.length === 1 ? question : `${numberOf(parts, part)}: ${question}`,
    ),
  )
  const { buttons } = text
  const rest = [
    button(answerCustomId(key, 'ask'), buttons.ask),
    ...(again ? [button(answerCustomId(key, 'again'), buttons.again)] : []),
    ...(repost ? [button(answerCustomId(key, 'repost'), buttons.repost)] : []),
    button(answerCustomId(key, 'delete'), buttons.delete),
  ]
  return [questions, rest].filter((row) => row.length > 0).map(actionRow)
}

function button(id: string, label: string) {
  return {
    type: ComponentType.Button,
    style: ButtonStyle.Secondary,
    custom_id: id,
    label: plainText(label, MAX_LABEL),
  }
}

function actionRow(components: readonly object[]) {
  return { type: ComponentType.ActionRow, components }
}
