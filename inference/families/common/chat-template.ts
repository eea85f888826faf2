/**
 * Reads a checkpoint's chat template and takes the format of a conversation from it: rendered once, for
 * made-up turns, when the checkpoint is converted. A package has the format alone.
 */

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Template } from '@huggingface/jinja'
import { type ChatPrompts, type Instructions, openingFor } from './chat-prompts.ts'
import { isObject, type Json, readJson } from './read-json.ts'

/** The first is the one of newer transformers; the second has it as the field of this name. */
export const TEMPLATE_FILES = ['chat_template.jinja', 'chat_template.json'] as const
const FIELD = 'chat_template'
const TOKENIZER_CONFIG = 'tokenizer_config.json'

export type ChatFormat = Omit<ChatPrompts, keyof Instructions>

/** What stands for the texts of three turns; no template changes such words. */
const QUESTIONS = ['xqonex', 'xqtwox', 'xqthreex'] as const
const ANSWERS = ['xaonex', 'xatwox'] as const

const PICTURE = { type: 'image' }

type Message = { readonly role: string; readonly content: unknown }

/**
 * The format of a conversation about a picture, and of its opening with several.
 *
 * @param folders to look for a template in, in this order.
 * @returns null if there is no template, or it does not write turns one after the other.
 */
export function readChatFormat(folders: readonly string[]): ChatFormat | null {
  for (const folder of folders) {
    const found = findTemplate(folder)
    if (found !== null) {
      return chatFormatOf(found.template, found.tokens)
    }
  }
  return null
}

/** @param tokens the texts of special tokens, such as `bos_token`, by their names in templates. */
export function chatFormatOf(
  template: string,
  tokens: Readonly<Record<string, string>>,
): ChatFormat | null {
  try {
    const compiled = new Template(template)
    const render = (messages: readonly Message[]) =>
      compiled.render({ messages, add_generation_prompt: true, ...tokens })
    return formatFrom(render)
  } catch {
    return null // a template with steps that are not known here, or with a fault
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
  return { opening, ...severalFrom(opening, openings), answer, next, generationPrompt }
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
  return openingFor(written, 2) === two && openingFor(written, 3) === three ? format : {}
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

function findTemplate(
  folder: string,
): { readonly template: string; readonly tokens: Record<string, string> } | null {
  const settings = readJson(folder, TOKENIZER_CONFIG, []) ?? {}
  const [plain, inJson] = TEMPLATE_FILES
  const file = path.join(folder, plain)
  const template = existsSync(file)
    ? readFileSync(file, 'utf8')
    : (templateIn(readJson(folder, inJson, [])) ?? templateIn(settings))
  return template === null ? null : { template, tokens: specialTokens(settings) }
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
