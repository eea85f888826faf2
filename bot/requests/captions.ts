/** Describes a picture in the requested style. */

import { followsInstructions, instructionsOf } from '../../inference/package/model-card.ts'
import type {
  Answer,
  GenerationOptions,
  ImageInput,
  Model,
  RequestOptions,
  StreamOptions,
} from '../../inference/contract/types.ts'
import { plainText, shortened } from '../../commands/answer-text.ts'
import { hasCode, InputError } from '../../config/errors.ts'
import { sentenceOf } from '../../commands/i18n/catalog.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import type { Style } from '../../commands/guild-settings.ts'
import { requireInside } from '../../inference/domain/judge-picture.ts'
import { normalizeText } from '../../inference/text/normalize-text.ts'
import { askAbout, framesIn } from '../pictures/ask-about.ts'
import type { SeenPicture } from '../pictures/moving-pictures.ts'
import { isBlank, type Words, wordsIn } from '../pictures/words.ts'
import { suggestQuestions } from '../suggestions/suggestions.ts'

/** Discord's limit of alt text is 1,024 characters, with "AI-generated" before it. */
export const MAX_ALT_TEXT = 1000
const DETAILS = 4

/** A description: the model's caption, and what to show. */
export type Description = {
  /** Empty if the picture was only read. */
  readonly caption: string
  readonly lines: readonly string[]
  /** The picture's own words; absent: none are shown. */
  readonly words?: Words | undefined
  /** Words that it quotes; absent or empty: none. */
  readonly quote?: string | undefined
  /** Questions whose answers are among the lines. */
  readonly asked: readonly string[]
  /** Whether the model found its caption improbable. */
  readonly unsure: boolean
}

/**
 * Describes a picture, or reads it.
 *
 * @throws {InputError} `image/outside-domain` if the model does not know such pictures.
 */
export async function describePicture(
  model: Model,
  image: ImageInput | SeenPicture,
  { style, options, text, inLanguage, growth = {} }: Describing,
): Promise<Description> {
  if (style === 'text') {
    return readWords(model, image, { options, text })
  }
  // A model of some pictures only judges the picture by this text, when all of it is there.
  const shown = model.card.domain === undefined ? growth : {}
  const { text: caption, judgment } = await captionIn(
    model,
    image,
    { style, inLanguage },
    {
      ...options,
      ...shown,
    },
  )
  requireInside(model.card, judgment)
  const quote = await quoteIn(model, image, { style, options })
  const formatted = await formatCaption(model, image, { caption, style, options })
  const unsure = judgment.verdict === 'unsure'
  return { ...formatted, lines: withQuote(formatted.lines, { style, quote, text }), quote, unsure }
}

type Describing = {
  readonly style: Style
  readonly options: CaptionOptions
  readonly text: Catalog
  /** Ends what the model is asked. */
  readonly inLanguage: string
  /** Follows the model's text while it is written. Default: nobody does. */
  readonly growth?: StreamOptions
}

/** Who asks, and how long the description may get. */
type CaptionOptions = RequestOptions & Pick<GenerationOptions, 'maxNewTokens'>

/** Longest description in detail, in tokens: three or four sentences more than a caption has. */
const DETAILED_TOKENS = 256

/** The model's description: in detail where that is wanted and the model follows instructions. */
function captionIn(
  model: Model,
  image: ImageInput | SeenPicture,
  { style, inLanguage }: Pick<Describing, 'style' | 'inLanguage'>,
  options: GenerationOptions & RequestOptions & StreamOptions,
): Promise<Answer> {
  const { caption, detailed } = instructionsOf(model.card)
  if (isDetailedByModel(model, style)) {
    const longest = { maxNewTokens: DETAILED_TOKENS, ...options }
    return askAbout(model, image, detailed + inLanguage, longest)
  }
  // The card's own prompt is for a description of one picture in the model's own language.
  return inLanguage === '' && framesIn(image).length === 0
    ? model.describe(image, options)
    : askAbout(model, image, caption + inLanguage, options)
}

function isDetailedByModel({ card }: Model, style: Style): boolean {
  return style === 'detailed' && followsInstructions(card)
}

/** Of words that a description quotes, in UTF-16 units: alternative text has room for the rest. */
const MAX_QUOTE = 600

/** Words and codes of a picture on one line, as a description quotes them; empty: there are none. */
export function quoteOf({ lines, codes }: Words): string {
  return plainText([...lines, ...codes].join(' '), MAX_QUOTE)
}

/**
 * What a description quotes: a short caption has no room, and a model of one kind of pictures only
 * describes those, which say what they show.
 */
async function quoteIn(
  model: Model,
  image: ImageInput,
  { style, options }: { style: Style; options: RequestOptions },
): Promise<string> {
  return style === 'caption' || model.card.domain !== undefined
    ? ''
    : quoteOf(await wordsIn(model, image, options))
}

/** The lines of a description with the words that it quotes. */
export function withQuote(
  lines: readonly string[],
  { style, quote, text }: { style: Style; quote: string; text: Catalog },
): readonly string[] {
  if (quote === '') {
    return lines
  }
  return style === 'alt'
    ? [altTextWith(lines[0] ?? '', quote, text)]
    : [...lines, text.answer.says(quote)]
}

/** Alternative text that quotes the words in the picture, at most MAX_ALT_TEXT characters. */
export function altTextWith(caption: string, quote: string, { answer }: Catalog): string {
  if (quote === '') {
    return altTextOf(caption)
  }
  if (caption === '') {
    return answer.onlyWords(quote)
  }
  const says = answer.says(quote)
  return `${shortened(altTextOf(caption), MAX_ALT_TEXT - says.length - 1)} ${says}`
}

/** What is said of a picture in which nothing was read. */
export function withoutWords({ complete }: Pick<Words, 'complete'>, { answer }: Catalog): string {
  return complete ? answer.noText : answer.notRead
}

/** The words in a picture, whatever the model knows of such pictures. */
async function readWords(
  model: Model,
  image: ImageInput,
  { options, text }: { options: RequestOptions; text: Catalog },
): Promise<Description> {
  const words = await wordsIn(model, image, options)
  const base = { caption: '', asked: [], unsure: false }
  return isBlank(words)
    ? { ...base, lines: [withoutWords(words, text)] }
    : { ...base, lines: [], words }
}

/**
 * What is shown of a picture that the model does not know: the sentence that says so, and the words in
 * the picture.
 *
 * @param error that says so; any other is thrown again.
 * @throws {InputError} the error, if there are no words either.
 */
export async function wordsInstead(
  model: Model,
  image: ImageInput,
  { error, options, text }: { error: unknown; options: RequestOptions; text: Catalog },
): Promise<{ readonly lines: readonly string[]; readonly words: Words }> {
  if (!(error instanceof InputError) || !hasCode(error, 'image/outside-domain')) {
    throw error
  }
  const words = await wordsIn(model, image, options)
  if (isBlank(words)) {
    throw error
  }
  return { lines: [sentenceOf(error, text), text.answer.butRead], words }
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
  image: ImageInput | SeenPicture,
  {
    said,
    style,
    options,
    inLanguage,
  }: Pick<Describing, 'style' | 'options' | 'inLanguage'> & { readonly said: readonly string[] },
): Promise<Description | undefined> {
  const usedTexts = new Set(said.map(normalizeText))
  for (const temperature of TEMPERATURES) {
    const { text: caption, judgment } = await captionIn(
      model,
      image,
      { style, inLanguage },
      {
        ...options,
        ...samplingOptions(temperature),
      },
    )
    requireInside(model.card, judgment)
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
  const base = { caption, asked: [], unsure: false }
  if (style === 'caption' || isDetailedByModel(model, style)) {
    return { ...base, lines: [asSentence(caption)] }
  }
  if (style === 'alt') {
    return { ...base, lines: [altTextOf(caption)] }
  }
  const situation = { caption, history: [], asked: [] }
  const suggestions = await suggestQuestions(model, image, {
    situation,
    count: 2 * DETAILS,
    request: options,
  })
  const details = suggestions.slice(0, DETAILS)
  return {
    ...base,
    lines: [
      asSentence(caption),
      ...details.map(({ question, answer }) => `${sentenceCase(question)} ${asSentence(answer)}`),
    ],
    asked: details.map(({ question }) => question),
  }
}

/** A caption as a sentence, at most MAX_ALT_TEXT characters. */
export function altTextOf(caption: string): string {
  const withoutPrefix = caption
    .replaceAll(/\s+/g, ' ')
    .replace(/^(an? |the )?(picture|photo|image|photograph) of /i, '')
    .trim()
  return asSentence(withoutPrefix.slice(0, MAX_ALT_TEXT))
}

/** Text of the model with a capital letter and a full stop. */
export function asSentence(text: string): string {
  const capitalized = sentenceCase(text)
  return capitalized === '' || /[.!?…。！？]$/.test(capitalized) ? capitalized : `${capitalized}.`
}

/** Text of the model with a capital letter. */
export function sentenceCase(text: string): string {
  const [first = ''] = text
  return first.toUpperCase() + text.slice(first.length)
}
