/**
 * Reads a checkpoint's chat template and takes the format of a conversation from it: rendered once, for
 * made-up turns, when the checkpoint is converted. A package has the format alone, or its family's usual one
 * where the template gives none.
 */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Template } from '@huggingface/jinja'
import {
  type ChatPrompts,
  INSTRUCTIONS,
  type Instructions,
  openingFor,
  PLACEHOLDER,
} from './chat-prompts.ts'
import { isObject, type Json, readJson } from './read-json.ts'

/** The first is the one of newer transformers; the second has it as the field of this name. */
export const TEMPLATE_FILES = ['chat_template.jinja', 'chat_template.json'] as const
const FIELD = 'chat_template'
const TOKENIZER_CONFIG = 'tokenizer_config.json'

export type ChatFormat = Omit<ChatPrompts, keyof Instructions>

/**
 * Why a checkpoint's chat template is not followed, or not in all. `file` is the template's name, `fault` what is
 * wrong with it in English.
 *
 * - `missing`: there is none
 * - `fails`: it cannot be read, or rendered
 * - `irregular`: it does not write turns one after the other
 * - `no-picture`: it does not write `<image>` once, before the first question, as that of a language model alone
 * - `one-picture`: it is followed, except that further pictures are written in a way that is not known here, or not at all
 */
export type TemplateGap =
  | { readonly reason: 'missing' }
  | { readonly reason: 'fails'; readonly file: string; readonly fault: string }
  | { readonly reason: 'irregular' | 'no-picture' | 'one-picture'; readonly file: string }

export type ChatReading = {
  /** Null: the family's usual one is to be taken. */
  readonly format: ChatFormat | null
  /** Null: the template is followed. */
  readonly gap: TemplateGap | null
}

/** What stands for the texts of a system turn and of three turns; no template changes such words. */
const SYSTEM = 'xsystemx'
const QUESTIONS = ['xqonex', 'xqtwox', 'xqthreex'] as const
const ANSWERS = ['xaonex', 'xatwox'] as const

const PICTURE = { type: 'image' }

type Message = { readonly role: string; readonly content: unknown }

/**
 * The prompts of a card: the format of a checkpoint's template, or else the usual one.
 *
 * @param folders to look for a template in, in this order.
 */
export function readChatPrompts(
  folders: readonly string[],
  usual: ChatPrompts,
): { readonly prompts: ChatPrompts; readonly templateGap: TemplateGap | null } {
  const { format, gap } = readChatFormat(folders)
  return { prompts: format === null ? usual : { ...INSTRUCTIONS, ...format }, templateGap: gap }
}

/**
 * The format of a conversation about a picture, and of its opening with several.
 *
 * @param folders to look for a template in, in this order.
 */
export function readChatFormat(folders: readonly string[]): ChatReading {
  for (const folder of folders) {
    const found = findTemplate(folder)
    if (found !== null) {
      const { file, template, tokens } = found
      return template === null
        ? { format: null, gap: { reason: 'fails', file, fault: found.fault } }
        : chatFormatOf(template, tokens, file)
    }
  }
  return { format: null, gap: { reason: 'missing' } }
}

/**
 * @param tokens the texts of special tokens, such as `bos_token`, by their names in templates.
 * @param file that the template is from.
 */
export function chatFormatOf(
  template: string,
  tokens: Readonly<Record<string, string>>,
  file: string,
): ChatReading {
  try {
    const compiled = new Template(template)
    const render = (messages: readonly Message[]) =>
      compiled.render({ messages, add_generation_prompt: true, ...tokens })
    const format = formatFrom(render)
    if (format === null) {
      return { format, gap: { reason: 'irregular', file } }
    }
    const later = [format.answer, format.next, format.generationPrompt]
    if (!hasPlaces(format.opening, 1) || later.some((text) => !hasPlaces(text, 0))) {
      return { format: null, gap: { reason: 'no-picture', file } }
    }
    return format.furtherPicture === undefined
      ? { format, gap: { reason: 'one-picture', file } }
      : { format, gap: null }
  } catch (error) {
    // Steps that are not known here, or a fault of the template.
    const fault = error instanceof Error ? error.message : String(error)
    return { format: null, gap: { reason: 'fails', file, fault } }
  }
}

function ask(question: string, pictures = 0): Message {
  const text = { type: 'text', text: question }
  return { role: 'user', content: [...Array.from({ length: pictures }, () => PICTURE), text] }
}

function say(answer: string): Message {
  return { role: 'assistant', content: [{ type: 'text', text: answer }] }
}

function formatFrom(render: (messages: readonly Message[]) => string): ChatFormat | null {
  const first = ask(QUESTIONS[0], 1)
  const one = partsBetween(render([first]), [QUESTIONS[0]])
  const three = partsBetween(
    render([first, say(ANSWERS[0]), ask(QUESTIONS[1]), say(ANSWERS[1]), ask(QUESTIONS[2])]),
    [QUESTIONS[0], ANSWERS[0], QUESTIONS[1], ANSWERS[1], QUESTIONS[2]],
  )
  const [opening, generationPrompt] = one ?? []
  const [start, answer, next, secondAnswer, secondNext, end] = three ?? []
  if (
    opening === undefined ||
    generationPrompt === undefined ||
    answer === undefined ||
    next === undefined
  ) {
    return null
  }
  const isRegular =
    start === opening && end === generationPrompt && secondAnswer === answer && secondNext === next
  if (!isRegular) {
    return null
  }
  const openings = [2, 3].map((pictures) => {
    return partsBetween(render([ask(QUESTIONS[0], pictures)]), [QUESTIONS[0]])?.[0]
  })
  const format = { opening, ...severalFrom(opening, openings), answer, next, generationPrompt }
  return { ...format, ...systemFrom(format, render) }
}

type SystemPlace = Required<Pick<ChatFormat, 'systemBefore' | 'systemOpening'>>

/**
 * The place of a system text, whose turn has it as a list of parts like the others, or as a text alone.
 *
 * @returns null where the template has none, or writes what follows it in another way.
 */
function systemFrom(
  format: ChatFormat,
  render: (messages: readonly Message[]) => string,
): SystemPlace | null {
  for (const content of [[{ type: 'text', text: SYSTEM }], SYSTEM]) {
    try {
      const place = systemPlace(format, (messages) =>
        render([{ role: 'system', content }, ...messages]),
      )
      if (place !== null) {
        return place
      }
    } catch {
      // A template may refuse such a turn.
    }
  }
  return null
}

/** @param render puts the system turn before the messages. */
function systemPlace(
  { answer, next, generationPrompt, ...openings }: ChatFormat,
  render: (messages: readonly Message[]) => string,
): SystemPlace | null {
  const [first, second, third] = QUESTIONS
  const [before, opening] = partsBetween(render([ask(first, 1)]), [SYSTEM, first]) ?? []
  if (before === undefined || opening === undefined || hasList(before) || !hasPlaces(opening, 1)) {
    return null
  }
  const most = openings.furtherPicture === undefined ? 1 : 3
  const asWritten = (pictures: number) =>
    before +
    SYSTEM +
    openingFor({ ...openings, opening }, pictures) +
    first +
    answer +
    ANSWERS[0] +
    next +
    second +
    answer +
    ANSWERS[1] +
    next +
    third +
    generationPrompt
  const turns = [say(ANSWERS[0]), ask(second), say(ANSWERS[1]), ask(third)]
  for (let pictures = 1; pictures <= most; pictures++) {
    if (render([ask(first, pictures), ...turns]) !== asWritten(pictures)) {
      return null
    }
  }
  return { systemBefore: before, systemOpening: opening }
}

/**
 * What further pictures add to an opening.
 *
 * @param openings with two pictures, and with three.
 * @returns nothing where the template writes several pictures in another way, or not at all.
 */
function severalFrom(
  opening: string,
  [two, three]: readonly (string | undefined)[],
): Pick<ChatFormat, 'furtherPicture' | 'afterPictures'> {
  if (two === undefined || three === undefined || two.length <= opening.length) {
    return {}
  }
  let shared = 0
  while (shared < opening.length && opening[shared] === two[shared]) {
    shared += 1
  }
  const format = {
    furtherPicture: two.slice(shared, shared + two.length - opening.length),
    ...(shared < opening.length && { afterPictures: opening.slice(shared) }),
  }
  const written = { opening, ...format }
  const isRight = [two, three].every(
    (text, i) => openingFor(written, i + 2) === text && hasPlaces(text, i + 2),
  )
  return isRight ? format : {}
}

/** Whether a text has so many places for pictures, and no list of parts. */
function hasPlaces(text: string, count: number): boolean {
  return text.split(PLACEHOLDER).length === count + 1 && !hasList(text)
}

/** Whether a turn's list of parts was written as such: a template that takes texts alone may join it to them. */
function hasList(text: string): boolean {
  return /['"]type['"]: ?['"](?:image|text)['"]/.test(text)
}

/** What stands before, between and after words that a text has once each, in this order. */
function partsBetween(text: string, words: readonly string[]): string[] | null {
  const parts: string[] = []
  let rest = text
  for (const word of words) {
    const [before, ...after] = rest.split(word)
    if (before === undefined || after.length !== 1) {
      return null
    }
    parts.push(before)
    rest = after[0]!
  }
  return [...parts, rest]
}

type Found = { readonly file: string; readonly tokens: Record<string, string> } & (
  | { readonly template: string }
  | { readonly template: null; readonly fault: string }
)

/** @returns null if the folder has no template, without one where it has a file that cannot be read. */
function findTemplate(folder: string): Found | null {
  const settings = readJson(folder, TOKENIZER_CONFIG, []) ?? {}
  const tokens = specialTokens(settings)
  const [plain, inJson] = TEMPLATE_FILES
  if (existsSync(path.join(folder, plain))) {
    return { file: plain, template: readFileSync(path.join(folder, plain), 'utf8'), tokens }
  }
  const problems: string[] = []
  const written = templateIn(readJson(folder, inJson, problems))
  const own = templateIn(settings)
  if (written !== null) {
    return { file: inJson, template: written, tokens }
  }
  if (own !== null) {
    return { file: TOKENIZER_CONFIG, template: own, tokens }
  }
  const [fault] = problems
  return fault === undefined ? null : { file: inJson, template: null, fault, tokens }
}

/** A text, or a list of named ones, of which `default` counts. */
function templateIn(json: Json | null): string | null {
  const value = json?.[FIELD]
  if (typeof value === 'string') {
    return value
  }
  const named = Array.isArray(value) ? value.filter(isObject) : []
  const usual = named.find(({ name }) => name === 'default')?.['template']
  return typeof usual === 'string' ? usual : null
}

function specialTokens(settings: Json): Record<string, string> {
  return Object.fromEntries(
    ['bos_token', 'eos_token', 'pad_token', 'unk_token'].flatMap((name) => {
      const value = settings[name]
      const text = isObject(value) ? value['content'] : value
      return typeof text === 'string' ? [[name, text]] : []
    }),
  )
}
