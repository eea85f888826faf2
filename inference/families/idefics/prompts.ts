/**
 * Writes prompts as the processor of transformers does: `<s>` first, and a token on both sides of each
 * picture's placeholder, one between two pictures.
 *
 * Source: transformers 5.18, models/idefics/processing_idefics.py.
 */

import type { Encode, Prompt, TextPiece } from '../../text/prompt.ts'
import { prepareChat } from '../common/chat-prompts.ts'
import type { PreparedPrompt } from '../common/runner.ts'
import { AROUND, type IdeficsCard, PLACE } from './card.ts'

/** Placeholders side by side, and the spaces around them, which the processor takes off. */
const PLACES = new RegExp(` *(?:${AROUND})?(?:${PLACE}(?:${AROUND})?)+ *`, 'g')

/** @param images how many the prompt has; each takes the position of its placeholder. */
export function prepare(
  card: IdeficsCard,
  encode: Encode,
  prompt: Prompt,
  images: number,
  maxNewTokens: number,
): PreparedPrompt {
  const pictures = { count: images, tokens: 1 }
  return prepareChat(card, encoder(card, encode), stripped(prompt), pictures, maxNewTokens)
}

/**
 * Encodes formats with their pictures. That a special token begins the text decides whether a space is
 * put before it, so `<s>` is there as text, and the one of the tokenizer's own is taken off.
 */
function encoder({ prompts }: IdeficsCard, encode: Encode): Encode {
  const own = encode([]).length
  return (text) => {
    const pieces = typeof text === 'string' ? [{ text, isFormat: true }] : text
    const start = { text: prompts.start, isFormat: true }
    return encode([start, ...pieces.map(surrounded)]).slice(own)
  }
}

function surrounded(piece: TextPiece): TextPiece {
  return piece.isFormat ? { ...piece, text: piece.text.replace(PLACES, around) } : piece
}

/** @param places one placeholder or several side by side. */
function around(places: string): string {
  return AROUND + (PLACE + AROUND).repeat(places.split(PLACE).length - 1)
}

/** Of a whole text the spaces at both ends are taken off. */
function stripped(prompt: Prompt): Prompt {
  return 'text' in prompt ? { ...prompt, text: prompt.text.replace(/^ +| +$/g, '') } : prompt
}
