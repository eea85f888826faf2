/**
 * Prompts of models that are asked in a chat format, with pictures anywhere in the text.
 *
 *     opening q1 answer a1 next q2 answer a2 next q3 generationPrompt
 *
 * The opening has the place of the picture, or of several; with a system text it is another one around that. When the conversation no longer fits the model's positions,
 * the oldest turns are left out first.
 */

import { z } from 'zod'
import { hasCode, InputError } from '../../../config/errors.ts'
import type { Encode, Prompt, TextPiece, Turn } from '../../text/prompt.ts'
import { encodeWithin, MAX_CHARACTERS_PER_TOKEN } from './encode-within.ts'
import type { InputSegment, KeyedImage, PreparedPrompt, PromptLayout } from './runner.ts'

/** What such a model is told to do where nobody asks anything. */
export const INSTRUCTIONS = {
  caption: 'Describe this picture in one or two sentences.',
  detailed: 'Describe this picture in detail: what is in it, where, and what it looks like.',
  questions:
    'Write three short questions about this picture that can be answered by looking at it, each on a line of its own.',
} as const

/** A card's format. Special tokens in it are tokens. */
export const chatPromptsSchema = z.strictObject({
  /** Asks for a description, where the person asks nothing. */
  caption: z.string(),
  /** Asks for a longer one. Older packages do not say it, nor the next. */
  detailed: z.string().min(1).default(INSTRUCTIONS.detailed),
  /** Asks for questions about the picture, one a line, to suggest them. */
  questions: z.string().min(1).default(INSTRUCTIONS.questions),
  /** Before the first question, with the place of the picture, e.g. `USER: <image>\n`. */
  opening: z.string(),
  /**
   * Each further picture of the opening, with its place, e.g. `<image>\n`; it stands before
   * `afterPictures`. Absent: the format has one picture.
   */
  furtherPicture: z.string().min(1).exactOptional(),
  /** What of the opening follows the last picture and what belongs to it. Default: nothing. */
  afterPictures: z.string().exactOptional(),
  /** Before a system text, e.g. `<|im_start|>system\n`; may be empty. Absent: the format has no place for one. */
  systemBefore: z.string().exactOptional(),
  /** After it, in the place of `opening`, which ends as this does, e.g. `<|im_end|>\n<|im_start|>user\n<image>`. */
  systemOpening: z.string().min(1).exactOptional(),
  /** Between a question and its answer, e.g. ` ASSISTANT: `. */
  answer: z.string(),
  /** Between an answer and the next question, e.g. ` USER: `. */
  next: z.string(),
  /** After the last question, e.g. ` ASSISTANT:`. */
  generationPrompt: z.string(),
})

export type ChatPrompts = z.infer<typeof chatPromptsSchema>

/** What a card tells its model to do, by what it is for. */
export type Instructions = Pick<ChatPrompts, keyof typeof INSTRUCTIONS>

/** Most pictures that a model gets at once, whatever room it has: those of a message, or moments of a clip. */
const MAX_PICTURES = 8
/** Of all positions; the rest is for what is said about them. */
const PICTURES_SHARE = 0.75

/** How many pictures a prompt can have in this format. @param tokens positions that each takes. */
export function mostPictures(
  { prompts, dimensions }: Pick<ChatCard, 'prompts' | 'dimensions'>,
  tokens: number,
): number {
  const fitting = Math.floor((dimensions.maxPositions * PICTURES_SHARE) / tokens)
  return prompts.furtherPicture === undefined ? 1 : Math.max(1, Math.min(MAX_PICTURES, fitting))
}

/** The opening of a prompt with so many pictures, one or more. */
export function openingFor(
  {
    opening,
    furtherPicture = '',
    afterPictures = '',
  }: Pick<ChatPrompts, 'opening' | 'furtherPicture' | 'afterPictures'>,
  pictures: number,
): string {
  const before = opening.slice(0, opening.length - afterPictures.length)
  return before + furtherPicture.repeat(pictures - 1) + afterPictures
}

/** What writing prompts needs of a card. */
export type ChatCard = {
  readonly prompts: ChatPrompts
  /** `image`: the id that stands for a picture in a text. */
  readonly tokens: { readonly image: number }
  readonly dimensions: { readonly maxPositions: number }
}

function format(text: string): TextPiece {
  return { text, isFormat: true }
}

function written(text: string): TextPiece {
  return { text: text.trim(), isFormat: false }
}

/** What begins a conversation. @param system ignored where the format has no place for it. */
function openingPieces(prompts: ChatPrompts, pictures: number, system: string): TextPiece[] {
  const { systemBefore = '', systemOpening } = prompts
  if (system.trim() === '' || systemOpening === undefined) {
    return [format(openingFor(prompts, pictures))]
  }
  const after = openingFor({ ...prompts, opening: systemOpening }, pictures)
  const before = systemBefore === '' ? [] : [format(systemBefore)]
  return [...before, written(system), format(after)]
}

type Opening = { readonly pictures: number; readonly system?: string | undefined }

/** @param history the turns before the question, oldest first. */
function chatPieces(
  prompts: ChatPrompts,
  question: string,
  history: readonly Turn[],
  { pictures, system = '' }: Opening,
): TextPiece[] {
  const { answer, next, generationPrompt } = prompts
  return [
    ...openingPieces(prompts, pictures, system),
    ...history.flatMap((turn) => [
      written(turn.question),
      format(answer),
      written(turn.answer),
      format(next),
    ]),
    written(question),
    format(generationPrompt),
  ]
}

/** "<" where a special token may begin. */
const SPECIAL = /<(?=[|/\w])/g

/**
 * The same as one text. What looks like a special token in what people wrote is taken apart, since
 * nothing else tells it from the format's.
 */
export function chatText(
  { prompts }: { readonly prompts: ChatPrompts },
  question: string,
  history: readonly Turn[] = [],
): string {
  return chatPieces(prompts, question, history, { pictures: 1 })
    .map(({ text, isFormat }) => (isFormat ? text : text.replaceAll(SPECIAL, '< ')))
    .join('')
}

/** The pictures of a prompt. */
export type ChatPictures = {
  readonly count: number
  /** Positions that each takes; where `place` says it, at least. */
  readonly tokens: number
  /**
   * What stands for a picture in the text. Absent: its tokens alone.
   *
   * @param image null while nothing is known of it: then what stands for a small one.
   */
  readonly place?: (image: KeyedImage | null) => PicturePlace
}

export type PicturePlace = {
  /** With `<image>` once for each of the images. */
  readonly text: string
  /** The parts of the picture; none where it is not known. */
  readonly images: readonly KeyedImage[]
}

/** What a checkpoint's chat template and tokenizer have for a picture. */
export const PLACEHOLDER = '<image>'

/**
 * Encodes a prompt.
 *
 * @param maxNewTokens room kept free for the answer while there are turns to drop, up to half of all
 *   there is: a long answer should not cost the whole conversation.
 * @throws {InputError} if the question is empty, the text or the pictures leave no room for one token, or
 *   it has another number of places for pictures.
 */
export function prepareChat(
  card: ChatCard,
  encode: Encode,
  prompt: Prompt,
  images: ChatPictures,
  maxNewTokens: number,
): PreparedPrompt {
  const { image } = card.tokens
  const { place } = images
  const write = (places: readonly PicturePlace[], parts: number, tokens: number) => {
    const encodePlaced: Encode = (text) =>
      encode(place === undefined || typeof text === 'string' ? text : placed(text, places))
    // The placeholders themselves take no position.
    const positions = card.dimensions.maxPositions - (tokens - parts)
    const space = { pictures: images.count, positions, maxNewTokens }
    const pieces = fittingPieces(card, encodePlaced, prompt, space)
    const ids = blamingPictures(card, { count: images.count, tokens }, () =>
      encodeWithin(positions - 1, encodePlaced, pieces),
    )
    const extra = ids.filter((id) => id === image).length - parts
    if (extra !== 0) {
      const { count } = images
      throw new InputError('text/picture-places', { places: count + extra, pictures: count })
    }
    return { pieces, ids, room: positions - ids.length }
  }
  const unknown = Array.from({ length: images.count }, () => place?.(null) ?? ALONE)
  const first = write(unknown, images.count, images.count * images.tokens)
  return {
    text: first.pieces.map(({ text }) => text).join(''),
    room: first.room,
    layOut: (keyed) => {
      if (place === undefined) {
        return layOut(image, first.ids, keyed)
      }
      const places = keyed.map((one) => place(one))
      const parts = places.flatMap((one) => one.images)
      const tokens = parts.reduce((sum, part) => sum + part.tokens.shape[0], 0)
      return layOut(image, write(places, parts.length, tokens).ids, parts)
    },
  }
}

/**
 * Encodes a text. Where it is too long beside pictures that take most positions, the pictures are at fault: a
 * person who is told to write less about them could not know how little is left.
 *
 * @throws {InputError} `image/no-room` then.
 */
function blamingPictures(
  { dimensions: { maxPositions } }: ChatCard,
  { count, tokens }: { readonly count: number; readonly tokens: number },
  encode: () => number[],
): number[] {
  try {
    return encode()
  } catch (error) {
    throw hasCode(error, 'text/too-long') && tokens >= maxPositions / 2
      ? new InputError(
          'image/no-room',
          { pictures: count, tokens, maxTokens: maxPositions },
          { cause: error },
        )
      : error
  }
}

const ALONE: PicturePlace = { text: PLACEHOLDER, images: [] }

/** The text with what stands for its pictures, which only a format has places for. */
function placed(pieces: readonly TextPiece[], places: readonly PicturePlace[]): TextPiece[] {
  let next = 0
  return pieces.map(({ text, isFormat }) => ({
    text: isFormat ? text.replaceAll(PLACEHOLDER, () => places[next++]?.text ?? PLACEHOLDER) : text,
    isFormat,
  }))
}

/** Of a question, with as many of the last turns as leave room for the answer. */
function fittingPieces(
  { prompts }: ChatCard,
  encode: Encode,
  prompt: Prompt,
  space: {
    readonly pictures: number
    readonly positions: number
    readonly maxNewTokens: number
  },
): TextPiece[] {
  const { pictures, positions, maxNewTokens } = space
  const opening = { pictures, system: prompt.kind === 'raw' ? '' : prompt.system }
  if (prompt.kind !== 'ask') {
    return prompt.text === undefined
      ? chatPieces(prompts, prompts.caption, [], opening)
      : [{ text: prompt.text, isFormat: true }]
  }
  const { question, history } = prompt
  if (question.trim() === '') {
    throw new InputError('text/empty-question')
  }
  const room = Math.min(maxNewTokens, Math.floor(positions / 2))
  for (let first = 0; first < history.length; first++) {
    const pieces = chatPieces(prompts, question, history.slice(first), opening)
    const length = pieces.reduce((sum, { text }) => sum + text.length, 0)
    if (
      length <= positions * MAX_CHARACTERS_PER_TOKEN &&
      encode(pieces).length + room <= positions
    ) {
      return pieces
    }
  }
  return chatPieces(prompts, question, [], opening)
}

/** @param ids with `image` once for each of the images. */
function layOut(
  image: number,
  ids: readonly number[],
  images: readonly KeyedImage[],
): PromptLayout {
  const segments: InputSegment[] = []
  const expanded: number[] = []
  let [from, at] = [0, 0]
  const endText = (to: number) => {
    if (to > from) {
      segments.push({ kind: 'ids', ids: ids.slice(from, to) })
    }
    from = to + 1
  }
  for (const [i, id] of ids.entries()) {
    const keyed = images[at]
    if (id === image && keyed !== undefined) {
      endText(i)
      segments.push({ kind: 'image', ...keyed })
      expanded.push(...Array.from({ length: keyed.tokens.shape[0] }, () => id))
      at += 1
    } else {
      expanded.push(id)
    }
  }
  endText(ids.length)
  return { segments, ids: expanded }
}
