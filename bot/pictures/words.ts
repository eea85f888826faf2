/**
 * The words of a picture and what its codes say, for everything in the bot that needs them. They are read once for all who
 * ask; the model keeps what it has read until the picture's owner (bot/pictures/pictures.ts) has it
 * forgotten.
 */

import type { ImageInput, Model, RequestOptions } from '../../inference/contract/types.ts'
import type { TextLine } from '../../inference/ocr/reader.ts'
import { plainText } from '../../commands/answer-text.ts'

export type Words = {
  /** In reading order, each on one line; empty: there are no words. */
  readonly lines: readonly string[]
  /** False where there is more text than there was time for. */
  readonly complete: boolean
  /**
   * What its QR codes and bar codes say, such as links, each on one line. Anybody may have written
   * it: it is shown as text, and nothing opens it.
   */
  readonly codes: readonly string[]
}

/** Whether a picture has neither words nor codes. */
export function isBlank({ lines, codes }: Words): boolean {
  return lines.length === 0 && codes.length === 0
}

/**
 * A short line is a word only where the reader is sure of it: it takes a circle for O, and a square
 * for 口. A picture without such a line has no words.
 */
const LONG = 4
const LEAST_CONFIDENCE = { long: 0.7, short: 0.9 } as const

/**
 * Reads the words and the codes of a picture, at the urgency of whoever asks.
 *
 * @throws {InputError} if the file cannot be read, or too much waits.
 */
export async function wordsIn(
  model: Pick<Model, 'read'>,
  image: ImageInput,
  options: RequestOptions,
): Promise<Words> {
  const { lines, complete, codes } = await model.read(image, options)
  const legible = lines.filter(({ text }) => characters(text) > 0)
  return {
    lines: legible.some(isWord) ? legible.map(({ text }) => plainText(text)) : [],
    complete,
    codes: codes.map(({ text }) => plainText(text)).filter((text) => text !== ''),
  }
}

function isWord({ text, confidence }: TextLine): boolean {
  const count = characters(text)
  const least = count >= LONG ? LEAST_CONFIDENCE.long : LEAST_CONFIDENCE.short
  return count >= 2 && confidence >= least
}

/** Letters and digits. */
function characters(text: string): number {
  return text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
}
