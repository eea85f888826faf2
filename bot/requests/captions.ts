/** Describes a picture in the requested style. */

import type {
  GenerationOptions,
  ImageInput,
  Model,
  RequestOptions,
} from '../../inference/contract/types.ts'
import type { Style } from '../../commands/guild-settings.ts'
import { normalizeText, suggestQuestions } from './suggestions.ts'

/** Discord's limit of alt text is 1,024 characters, with "AI-generated" before it. */
export const MAX_ALT_TEXT = 1000
const DETAILS = 4

/** A description: the model's caption, and the lines to show. */
export type Description = { readonly caption: string; readonly lines: readonly string[] }

/** Describes a picture. */
export async function describePicture(
  model: Model,
  image: ImageInput,
  style: Style,
  options: RequestOptions,
): Promise<Description> {
  const { text: caption } = await model.describe(image, options)
  return formatCaption(model, image, { caption, style, options })
}

/** Temperatures to retry with, in order. Above the last one the facts change, not only the words. */
export const TEMPERATURES = [0.7, 0.9, 1, 1.1, 1.2] as const

/**
 * Describes a picture in words not used before.
 *
 * @returns undefined if every sample repeats an earlier description.
 */
export async function describeDifferently(
  model: Model,
  image: ImageInput,
  { said, style, options }: { said: readonly string[]; style: Style; options: RequestOptions },
): Promise<Description | undefined> {
  const usedTexts = new Set(said.map(normalizeText))
  for (const temperature of TEMPERATURES) {
    const { text: caption } = await model.describe(image, {
      ...options,
      ...samplingOptions(temperature),
    })
    if (caption !== '' && !usedTexts.has(normalizeText(caption))) {
      return formatCaption(model, image, { caption, style, options })
    }
  }
  return undefined
}

/** Sampling among likely tokens only; lengths come from the model card. */
export function samplingOptions(temperature: number): GenerationOptions {
  return { beams: 1, sample: true, temperature, topK: 50, topP: 0.9 }
}

/** Formats a caption in a style. */
export async function formatCaption(
  model: Model,
  image: ImageInput,
  { caption, style, options }: { caption: string; style: Style; options: RequestOptions },
): Promise<Description> {
  if (style === 'caption') {
    return { caption, lines: [caption] }
  }
  if (style === 'alt') {
    return { caption, lines: [altTextOf(caption)] }
  }
  const situation = { caption, history: [], asked: [] }
  const suggestions = await suggestQuestions(model, image, {
    situation,
    count: 2 * DETAILS,
    request: options,
  })
  const words = ` ${normalizeText(caption)} `
  const details = suggestions
    .filter(({ answer }) => !words.includes(` ${normalizeText(answer)} `))
    .slice(0, DETAILS)
  return {
    caption,
    lines: [caption, ...details.map(({ question, answer }) => `${question} ${answer}`)],
  }
}

/** A caption as a sentence, at most MAX_ALT_TEXT characters. */
export function altTextOf(caption: string): string {
  const withoutPrefix = caption
    .replace(/^(an? |the )?(picture|photo|image|photograph) of /i, '')
    .trim()
  const sentence = withoutPrefix.charAt(0).toUpperCase() + withoutPrefix.slice(1)
  const limited = sentence.slice(0, MAX_ALT_TEXT)
  return limited === '' || /[.!?]$/.test(limited) ? limited : `${limited}.`
}
