/**
 * What an answer looks like: a part for each picture, suggested questions, and the buttons.
 *
 * The buttons carry a version, the key of the answer's record, and an action, so they work after a
 * restart. The answer about a spoiler is a spoiler too, and suggests nothing: a button cannot hide
 * its text.
 */

import { ButtonStyle, ComponentType } from 'discord.js'
import {
  codeBlock,
  MAX_CONTENT,
  plainLines,
  plainParagraphs,
  plainText,
  quoted,
  quotedParagraphs,
  shortened,
} from '../../commands/answer-text.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { SPOILER_PREFIX } from '../discord/spoilers.ts'
import { answerCustomId } from '../discord/custom-id.ts'
import type { Body, PostedFile } from '../discord/reply.ts'
import type { Words } from '../pictures/words.ts'

/** Discord's limits. */
const MAX_LABEL = 80

/** For a line that the model is unsure, or saw frames, in UTF-16 units. */
const NOTE_ROOM = 60

/** Before each detail. */
const BULLET = '• '

/** Of the file with words that a message has no room for. */
const WORDS_FILE = 'words.txt'
/** Of the file with a long text of the model. */
const ANSWER_FILE = 'answer.txt'

export type PartLayout = {
  /**
   * The model's text; the first line is the answer, the others are details. Above words, the bot's own
   * sentences.
   */
  readonly lines: readonly string[]
  readonly spoiler: boolean
  /** Words that stand in the picture, shown below the lines. */
  readonly words?: Words | undefined
  /** Whether the model found its own text improbable, which a quiet line says. */
  readonly unsure?: boolean | undefined
  /** How many frames of a moving picture the model saw, which a quiet line says; 0: a still. */
  readonly frames?: number | undefined
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
  /** That answers come in another language than the person's; a quiet line at the end. */
  readonly language?: string | null
  /** Where the rest of long words is. */
  readonly fileNote?: string | undefined
  /** Whether the first part has one text about all of them, without a number. */
  readonly together?: boolean
  readonly again: boolean
  readonly repost?: boolean
}

/**
 * What each part of an answer may take, in UTF-16 units; the rest is for what is around them.
 *
 * @returns Infinity where all of them fit.
 */
function roomOf(parts: readonly PartLayout[], text: Catalog): number {
  const lengths = parts.map((part) => partText(part, Infinity, text).length)
  return fairShare(lengths, MAX_CONTENT - 400)
}

/** The most that each of several texts may take of a total: the short ones leave room for the others. */
function fairShare(lengths: readonly number[], total: number): number {
  let rest = total
  for (const [i, length] of lengths.toSorted((a, b) => a - b).entries()) {
    const share = Math.floor(rest / (lengths.length - i))
    if (length > share) {
      return share
    }
    rest -= length
  }
  return Infinity
}

/** The message body of an answer. */
export function answerBody(layout: AnswerLayout, text: Catalog): Body {
  const { key, question, note } = layout
  const parts = inMessage(layout.together ? oneOf(layout.parts) : layout.parts)
  const room = roomOf(parts, text)
  const partTexts = parts.map((part, index) => {
    const body = partText(part, room, text)
    const number = numberOf(parts, index)
    return number === null ? body : text.answer.part(number, body)
  })
  const quote = question === null ? [] : [text.answer.asked(quoted(question, 150))]
  const about = layout.picture ? [layout.picture] : []
  const language = layout.language ? `-# ${layout.language}` : undefined
  const notes = [layout.fileNote, note, language].filter((one) => one !== undefined)
  const content = [...quote, ...about, ...partTexts, ...notes].join('\n')
  return {
    content: content.slice(0, MAX_CONTENT),
    components: key === null ? [] : rows(layout, key, text),
  }
}

/**
 * The parts as a message shows them. Only the text of a single one keeps its line breaks: other lines
 * could look like parts or details that they are not.
 */
function inMessage(parts: readonly PartLayout[]): readonly PartLayout[] {
  return parts.map((part) => ({
    ...part,
    lines: part.lines.map((line, index) =>
      parts.length === 1 && index === 0 ? line : plainText(line),
    ),
  }))
}

/** The text about all pictures, hidden if one of them is. */
export function oneOf(parts: readonly PartLayout[]): PartLayout[] {
  const spoiler = parts.some((part) => part.spoiler)
  return parts.slice(0, 1).map((part) => ({ ...part, spoiler }))
}

/**
 * The file with all words of an answer, read in pictures or the model's own, where the message shows a
 * part of them; else null.
 */
export function wordsFile(parts: readonly PartLayout[], text: Catalog): PostedFile | null {
  const shown = inMessage(parts)
  const room = roomOf(shown, text)
  const cut = shown.map((part) => {
    const { words, spoiler } = part
    return words
      ? wordsText(words, { spoiler, room }, text).isCut
      : linesShare(part, room) < Infinity
  })
  if (!cut.includes(true)) {
    return null
  }
  const texts = parts.flatMap(({ words, lines }, index) => {
    const number = numberOf(parts, index)
    const whole = words
      ? plainLines([...words.lines, ...words.codes])
      : lines.map((line) => plainParagraphs(line)).join('\n')
    return words || cut[index] ? [`${number === null ? '' : `${number}.\n`}${whole}\n`] : []
  })
  const isSpoiler = parts.some(({ spoiler }) => spoiler)
  return {
    name: `${isSpoiler ? SPOILER_PREFIX : ''}${parts.some(({ words }) => words) ? WORDS_FILE : ANSWER_FILE}`,
    // The mark says UTF-8 to programs that would take it for another encoding.
    bytes: new TextEncoder().encode(`\uFEFF${texts.join('\n')}`),
    description: '',
  }
}

/** The number that a part is shown with; null: none. */
export function numberOf(
  parts: readonly { readonly number?: number | null }[],
  index: number,
): number | null {
  return parts[index]?.number ?? (parts.length === 1 ? null : index + 1)
}

function partText(part: PartLayout, room: number, text: Catalog): string {
  const { lines, spoiler, words, unsure = false, frames = 0 } = part
  if (words) {
    const more = words.complete ? [] : [`-# ${text.answer.moreText}`]
    return [...lines, wordsText(words, { spoiler, room }, text).shown, ...more].join('\n')
  }
  const [first = '', ...details] = lines
  const before = spoiler ? '||' : ''
  const notes = [
    ...(unsure ? [text.answer.unsure] : []),
    ...(frames > 0 ? [text.answer.frames(frames)] : []),
  ]
  const after = [before, ...notes.map((note) => `-# ${note}`)].join('\n')
  const shown = [first || text.answer.nothing, ...details]
  const share = linesShare({ ...part, lines: shown }, room)
  return `${before}${shown.map((line) => quotedWithin(line, share)).join(`\n${BULLET}`)}${after}`
}

/** The most that each line may take of the room, in UTF-16 units; Infinity where all fit. */
function linesShare({ lines, spoiler, unsure, frames }: PartLayout, room: number): number {
  const notes = (unsure ? NOTE_ROOM : 0) + (frames ? NOTE_ROOM : 0)
  const around = (spoiler ? 4 : 0) + notes + lines.length * BULLET.length
  return fairShare(
    lines.map((line) => quotedParagraphs(line).length),
    room - around,
  )
}

/** As much of a line as fits `share` UTF-16 units with what escaping adds. */
function quotedWithin(line: string, share: number): string {
  let length = Math.max(1, share)
  let shown = quotedParagraphs(line, length)
  while (shown.length > share && length > 1) {
    // Escaping at most doubles a text, so at least half of the excess has to go.
    length = Math.max(1, length - Math.ceil((shown.length - share) / 2))
    shown = quotedParagraphs(line, length)
  }
  return shown
}

type Placing = {
  readonly spoiler: boolean
  /** In UTF-16 units. */
  readonly room: number
}

type Placed = { readonly shown: string; readonly isCut: boolean }

/** The words of a picture, and below them what its codes say. */
function wordsText({ lines, codes }: Words, placing: Placing, { answer }: Catalog): Placed {
  if (codes.length === 0) {
    return linesText(lines, placing)
  }
  const { spoiler, room } = placing
  const label = `-# ${answer.codes}\n`
  const below = linesText(codes, { spoiler, room: Math.floor(room / 2) - label.length - 1 })
  const shownCodes = `${label}${below.shown}`
  if (lines.length === 0) {
    return { ...below, shown: shownCodes }
  }
  const above = linesText(lines, { spoiler, room: room - shownCodes.length - 1 })
  return { shown: `${above.shown}\n${shownCodes}`, isCut: above.isCut || below.isCut }
}

/** Lines in a code block or, behind a spoiler, as lines that format nothing. */
function linesText(lines: readonly string[], { spoiler, room }: Placing): Placed {
  if (!spoiler) {
    const { block, isCut } = codeBlock(lines, room)
    return { shown: block, isCut }
  }
  const text = lines.map((line) => quoted(line)).join('\n')
  const most = room - '||||'.length
  return { shown: `||${shortened(text, most)}||`, isCut: text.length > most }
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
