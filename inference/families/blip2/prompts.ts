/**
 * The prompts of BLIP-2: image tokens, then BOS and text written by the card's formats; before a T5
 * the text is followed by the id that ends it instead, and all of it is read by the encoder.
 *
 * The conversation grows at its end: `Context: Question: q1 Answer: a1 Question: q2 Answer:`.
 * When it no longer fits the model's positions, the oldest turns are left out first.
 */

import { createHash } from 'node:crypto'
import { InputError } from '../../../config/errors.ts'
import { knownQuestion } from '../../text/known-question.ts'
import type { EncodeText, Prompt, Turn } from '../../text/prompt.ts'
import { encodeWithin, MAX_CHARACTERS_PER_TOKEN } from '../common/encode-within.ts'
import type { KeyedImage, PreparedPrompt, PromptLayout } from '../common/runner.ts'
import type { Blip2Card } from './card.ts'

/** What writing prompts needs of a card. */
export type PromptCard = Pick<
  Blip2Card,
  'prompts' | 'dimensions' | 'tokens' | 'language' | 'questions'
>

/** The tokenizer of a Q-Former that reads the prompt, too, and how many tokens it can take. */
export type Instruction = { readonly encode: EncodeText; readonly maxTokens: number }

/** The prompt of a question after the turns before it, oldest first, in words that the model knows. */
export function questionText(
  card: Pick<PromptCard, 'prompts' | 'questions'>,
  question: string,
  history: readonly Turn[] = [],
): string {
  const { prompts } = card
  const known = (text: string) => knownQuestion(card, text).question.trim()
  const turns = history.map((turn) =>
    fill(prompts.turn, { question: known(turn.question), answer: turn.answer.trim() }),
  )
  const asked = fill(prompts.question, { question: known(question), answer: '' })
  return (turns.length > 0 ? prompts.history : '') + turns.join('') + asked
}

/** Replaces `{question}` and `{answer}`; what they are replaced by is left as it is. */
function fill(format: string, values: { readonly question: string; readonly answer: string }) {
  return format.replaceAll(/\{(question|answer)\}/g, (_, name) =>
    name === 'question' ? values.question : values.answer,
  )
}

/**
 * Encodes a prompt that will stand after its images.
 *
 * @param instruction null: the language model alone reads the prompt.
 * @throws {InputError} as `encodePrompt`.
 */
export function preparePrompt(
  card: PromptCard,
  encode: EncodeText,
  prompt: Prompt,
  images: number,
  maxNewTokens: number,
  instruction: Instruction | null = null,
): PreparedPrompt {
  const { text, ids } = encodePrompt(card, encode, prompt, images, maxNewTokens, instruction)
  return {
    text,
    // A T5's answer has positions of its own, behind the prompt's one and what it begins with.
    room:
      card.language === 't5'
        ? card.dimensions.maxPositions - 2
        : positionsForText(card, images) - ids.length,
    layOut: (keyed) => layOut(card, ids, keyed),
  }
}

function layOut(
  { tokens, dimensions, language }: PromptCard,
  ids: readonly number[],
  images: readonly KeyedImage[],
): PromptLayout {
  const { image, decoderStart } = tokens
  const input = [
    ...images.map((keyed) => ({ kind: 'image', ...keyed }) as const),
    { kind: 'ids', ids } as const,
  ]
  if (language === 't5' && decoderStart !== undefined) {
    const start = [decoderStart]
    const key = [...images.map((keyed) => keyed.key), hashOf(ids)].join(':')
    return {
      segments: [
        { kind: 'encoded', key, input },
        { kind: 'ids', ids: start },
      ],
      ids: start,
    }
  }
  const length = image === null ? 0 : images.length * dimensions.queryTokens
  const placeholders = Array.from({ length }, () => image ?? 0)
  return {
    segments: input,
    ids: [...placeholders, ...ids],
  }
}

function hashOf(ids: readonly number[]): string {
  return createHash('sha256').update(Int32Array.from(ids)).digest('base64url')
}

/** A prompt's text, and its ids for the language model. */
type EncodedPrompt = { readonly text: string; readonly ids: number[] }

/**
 * Encodes the text of a prompt; of a question, with as many of the last turns as leave room for
 * the answer.
 *
 * @param images before the text, whose positions are not free.
 * @param maxNewTokens room kept free for the answer while there are turns to drop, up to half of
 *   all there is: a long answer should not cost the whole conversation.
 * @throws {InputError} if the question is empty, or the text leaves no room for one token.
 */
export function encodePrompt(
  card: PromptCard,
  encode: EncodeText,
  prompt: Prompt,
  images: number,
  maxNewTokens: number,
  instruction: Instruction | null = null,
): EncodedPrompt {
  const positions = positionsForText(card, images)
  const encodeWhole = (text: string): EncodedPrompt => {
    if (instruction !== null) {
      encodeWithin(instruction.maxTokens, instruction.encode, text)
    }
    return { text, ids: encodeWithin(positions - 1, encode, text) }
  }
  if (prompt.kind !== 'ask') {
    return encodeWhole(prompt.text ?? card.prompts.caption)
  }
  const { question, history } = prompt
  if (question.trim() === '') {
    throw new InputError('text/empty-question')
  }
  const room = card.language === 't5' ? 0 : Math.min(maxNewTokens, Math.floor(positions / 2))
  for (let first = 0; first < history.length; first++) {
    const text = questionText(card, question, history.slice(first))
    if (text.length <= positions * MAX_CHARACTERS_PER_TOKEN) {
      const ids = encode(text)
      if (ids.length + room <= positions && isWithin(instruction, text)) {
        return { text, ids }
      }
    }
  }
  return encodeWhole(questionText(card, question))
}

function isWithin(instruction: Instruction | null, text: string): boolean {
  return instruction === null || instruction.encode(text).length <= instruction.maxTokens
}

/** Positions that images leave for text and answer. */
function positionsForText({ dimensions }: PromptCard, images: number): number {
  return dimensions.maxPositions - images * dimensions.queryTokens
}
