/**
 * Answers a question about a picture: the model only about pictures that it knows, and what is there;
 * the reader about the words in it.
 */

import type {
  GenerationOptions,
  ImageSource,
  Model,
  RequestOptions,
  StreamOptions,
  Turn,
} from '../../inference/contract/types.ts'
import { asksForDescription } from '../../inference/domain/description-question.ts'
import { judgePicture, requireInside } from '../../inference/domain/judge-picture.ts'
import { missingThing } from '../../inference/domain/presence.ts'
import { knownQuestion } from '../../inference/text/known-question.ts'
import { plainText } from '../../commands/answer-text.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { askAbout } from '../pictures/ask-about.ts'
import type { SeenPicture } from '../pictures/moving-pictures.ts'
import { isBlank, type Words, wordsIn } from '../pictures/words.ts'
import { asSentence, withoutWords } from './captions.ts'
import {
  mayBeAboutWords,
  type ReadingQuestion,
  readingQuestion,
  wordsAsHistory,
} from './questions/reading-question.ts'

export type QuestionAnswer = {
  /**
   * The model's answer or description, the sentence that what was asked about is not there or not
   * known, or the words in the picture.
   */
  readonly answer: string
  /** What is shown above the words, or as the answer. */
  readonly lines: readonly string[]
  /** The words that were asked for. */
  readonly words?: Words | undefined
  /** Whether it is not the model's, which does not get it as its own answer later. */
  readonly absent: boolean
  readonly unsure: boolean
  /** The picture's caption, if there was one or judging the picture needed one; else empty. */
  readonly caption: string
}

type About = {
  readonly question: string
  readonly history: readonly Turn[]
  /** Of the picture, from the conversation; empty if there is none. */
  readonly caption: string
  readonly text: Catalog
  readonly options: AnswerOptions
  /** Ends what the model is asked. */
  readonly inLanguage: string
  /** Follows the model's text while it is written. Default: nobody does. */
  readonly growth?: StreamOptions
}

/** Who asks, and how long the answer may get. */
type AnswerOptions = RequestOptions & Pick<GenerationOptions, 'maxNewTokens'>

/** @throws {InputError} `image/outside-domain` if the model does not know such pictures. */
export async function answerQuestion(
  model: Model,
  image: ImageSource | SeenPicture,
  { question, history, caption: known, text, options, inLanguage, growth = {} }: About,
): Promise<QuestionAnswer> {
  const reading = readingQuestion(question)
  if (reading !== null) {
    return readAnswer(model, image, { reading, text, options })
  }
  if (asksForDescription(model.card, { question, history })) {
    const { text: caption, judgment } = await model.describe(image, options)
    requireInside(model.card, judgment)
    const unsure = judgment.verdict === 'unsure'
    return { answer: caption, lines: [asSentence(caption)], absent: true, unsure, caption }
  }
  // What an answer would mean nothing about is told first: no word of it is shown and then taken back.
  const caption = known === '' ? await insideCaption(model, image, options) : known
  const ask = (more: StreamOptions & GenerationOptions, context: readonly Turn[] = []) =>
    askAbout(model, image, question + inLanguage, {
      ...options,
      ...more,
      history: [...context, ...history],
    })
  const refusal =
    (await unknownWords(model, { question, text, ask })) ??
    (await absentThing(model, image, { question, caption, text, options }))
  if (refusal !== null) {
    return { answer: refusal, lines: [refusal], absent: true, unsure: false, caption }
  }
  const { text: answer, judgment } = await ask(
    growth,
    await wordsFor(model, image, { question, options }),
  )
  requireInside(model.card, judgment)
  const unsure = judgment.verdict === 'unsure'
  return { answer, lines: [answer], absent: false, unsure, caption }
}

/**
 * Answers a question about several pictures together.
 *
 * @throws {InputError} `image/too-many` if the model takes fewer, `image/outside-domain` if it does not
 *   know such pictures.
 */
export async function answerTogether(
  model: Model,
  images: readonly ImageSource[],
  { question, history, text, options, inLanguage, growth = {} }: Omit<About, 'caption'>,
): Promise<QuestionAnswer> {
  for (const image of images) {
    await insideCaption(model, image, options)
  }
  const ask = (more: StreamOptions & GenerationOptions) =>
    model.ask(images, question + inLanguage, { ...options, ...more, history })
  const refusal = await unknownWords(model, { question, text, ask })
  if (refusal !== null) {
    return { answer: refusal, lines: [refusal], absent: true, unsure: false, caption: '' }
  }
  const { text: answer, judgment } = await ask(growth)
  requireInside(model.card, judgment)
  const unsure = judgment.verdict === 'unsure'
  return { answer, lines: [answer], absent: false, unsure, caption: '' }
}

/**
 * Judges a picture.
 *
 * @returns the caption that it was judged by; empty if none was needed.
 * @throws {InputError} `image/outside-domain` if the model does not know such pictures.
 */
async function insideCaption(
  model: Model,
  image: ImageSource,
  options: RequestOptions,
): Promise<string> {
  const { judgment, caption } = await judgePicture(model, image, options)
  requireInside(model.card, judgment)
  return caption ?? ''
}

/**
 * The sentence about words that the model does not know; null: it knows all.
 *
 * @param ask of the model, which refuses a question that is too long: that says more of it.
 */
async function unknownWords(
  { card }: Model,
  {
    question,
    text,
    ask,
  }: Pick<About, 'question' | 'text'> & {
    readonly ask: (options: GenerationOptions) => Promise<unknown>
  },
): Promise<string | null> {
  const { unknown } = knownQuestion(card, question)
  if (unknown.length === 0) {
    return null
  }
  await ask({ maxNewTokens: 1 })
  return text.answer.unknownWords(unknown.map((word) => plainText(word)))
}

/** The sentence about a thing that is not there; null: all that is asked about is. */
async function absentThing(
  model: Model,
  image: ImageSource,
  { question, caption, text, options }: Omit<About, 'history' | 'inLanguage'>,
): Promise<string | null> {
  const thing = await missingThing(model, image, { ...options, question, caption })
  return thing === null ? null : text.answer.notThere(thing)
}

/** Of words, what the conversation stores as the answer, in UTF-16 units. */
const MAX_STORED = 300

/** Answers a question about the words of a picture, whatever the model knows of such pictures. */
async function readAnswer(
  model: Model,
  image: ImageSource,
  {
    reading,
    text,
    options,
  }: Pick<About, 'text' | 'options'> & { readonly reading: ReadingQuestion },
): Promise<QuestionAnswer> {
  const words = await wordsIn(model, image, options)
  const base = { absent: true, unsure: false, caption: '' }
  if (isBlank(words)) {
    const sentence = withoutWords(words, text)
    return { ...base, answer: sentence, lines: [sentence] }
  }
  const answer = plainText([...words.lines, ...words.codes].join(' '), MAX_STORED)
  return {
    ...base,
    answer,
    lines: reading === 'translate' ? [text.answer.notTranslated] : [],
    words,
  }
}

/**
 * The words in the picture as the first turn, for a question that may be about them. A model of one
 * kind of pictures, such as the demo, was not made to get any.
 */
async function wordsFor(
  model: Model,
  image: ImageSource,
  { question, options }: Pick<About, 'question' | 'options'>,
): Promise<Turn[]> {
  if (model.card.domain !== undefined || !mayBeAboutWords(question)) {
    return []
  }
  const { lines } = await wordsIn(model, image, options)
  return wordsAsHistory(question, lines)
}
