/** Encodes texts that have to fit into a number of positions. */

import { InputError } from '../../../config/errors.ts'
import type { TextPiece } from '../../text/prompt.ts'

/** No token of a vocabulary stands for more characters; longer text cannot fit. */
export const MAX_CHARACTERS_PER_TOKEN = 128

/** @throws {InputError} if the text has more than `most` tokens. */
export function encodeWithin<Text extends string | readonly TextPiece[]>(
  most: number,
  encode: (text: Text) => number[],
  text: Text,
): number[] {
  const length =
    typeof text === 'string' ? text.length : text.reduce((sum, piece) => sum + piece.text.length, 0)
  const ids = length <= (most + 1) * MAX_CHARACTERS_PER_TOKEN ? encode(text) : null
  if (!ids || ids.length > most) {
    const size = ids
      ? ({ length: ids.length, unit: 'tokens' } as const)
      : ({ length, unit: 'characters' } as const)
    throw new InputError('text/too-long', { ...size, maxTokens: most })
  }
  return ids
}
