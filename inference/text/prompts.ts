/**
 * The text that goes after the image tokens and BOS, written by the card's formats.
 *
 * The conversation grows at its end: `Context: Question: q1 Answer: a1 Question: q2 Answer:`.
 * When it no longer fits the model's positions, the oldest turns are left out first.
 */

import { InputError } from '../../config/errors.ts'
import type { ModelCard } from '../package/model-card.ts'
import type { Turn } from '../types.ts'

/** No token of a vocabulary stands for more characters; longer text cannot fit. */
const MAX_CHARACTERS_PER_TOKEN = 128

export type Encode = (text: string) => number[]

/** The prompt of a question after the turns before it, oldest first. */
export function questionPrompt(
  card: ModelCard,
  question: string,
  history: readonly Turn[] = [],
): string {
  const { prompts } = card
  const turns = history.map((turn) =>
    fill(prompts.turn, { question: turn.question.trim(), answer: turn.answer.trim() }),
  )
  const asked = fill(prompts.question, { question: question.trim(), answer: '' })
  return (turns.length > 0 ? prompts.history : '') + turns.join('') + asked
}

/** Replaces `{question}` and `{answer}`; what they are replaced by is left as it is. */
function fill(format: string, values: { readonly question: string; readonly answer: string }) {
  return format.replaceAll(/\{(question|answer)\}/g, (_, name) =>
    name === 'question' ? values.question : values.answer,
  )
}

/**
 * Encodes a question with as many of the last turns as leave room for the answer.
 *
 * @param encode text to ids, BOS first.
 * @param maxNewTokens room kept free for the answer while there are turns to drop, up to half of
 *   all there is: who allows long answers should not lose the conversation to them.
 * @throws {InputError} if the question alone is too long, or empty.
 */
export function encodeQuestion(
  card: ModelCard,
  question: string,
  history: readonly Turn[],
  encode: Encode,
  maxNewTokens: number,
): number[] {
  if (question.trim() === '') {
    throw new InputError('text/empty-question')
  }
  const room = Math.min(maxNewTokens, Math.floor(positions(card) / 2))
  for (let first = 0; first < history.length; first++) {
    const text = questionPrompt(card, question, history.slice(first))
    if (text.length <= characters(card)) {
      const ids = encode(text)
      if (ids.length + room <= positions(card)) {
        return ids
      }
    }
  }
  return encodePrompt(card, questionPrompt(card, question), encode)
}

/**
 * Encodes a prompt as it is.
 *
 * @throws {InputError} if it leaves no room for an answer of one token.
 */
export function encodePrompt(card: ModelCard, text: string, encode: Encode): number[] {
  const most = positions(card) - 1
  const ids = text.length <= characters(card) ? encode(text) : null
  if (!ids || ids.length > most) {
    const size = ids
      ? ({ length: ids.length, unit: 'tokens' } as const)
      : ({ length: text.length, unit: 'characters' } as const)
    throw new InputError('text/too-long', { ...size, maxTokens: most })
  }
  return ids
}

/** Tokens that fit after a prompt. */
export function roomAfter(card: ModelCard, promptLength: number): number {
  return positions(card) - promptLength
}

/** Positions left for text. */
function positions(card: ModelCard): number {
  return card.dimensions.maxPositions - card.dimensions.queryTokens
}

function characters(card: ModelCard): number {
  return positions(card) * MAX_CHARACTERS_PER_TOKEN
}
