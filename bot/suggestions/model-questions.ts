/**
 * Questions about a picture that a model which follows instructions writes itself, and whether its
 * answer to one says that there is none.
 */

import type { ImageInput, Model, RequestOptions, Turn } from '../../inference/contract/types.ts'
import { instructionsOf } from '../../inference/package/model-card.ts'
import { normalizeText } from '../../inference/text/normalize-text.ts'
import { askAbout } from '../pictures/ask-about.ts'
import type { SeenPicture } from '../pictures/moving-pictures.ts'
import { readingQuestion } from '../requests/questions/reading-question.ts'

/** Three questions are shorter, in tokens. */
const WANTED_TOKENS = 64
/** Longest question that a button has room for, in characters. */
const MAX_LENGTH = 80
const MAX_QUESTIONS = 4

/** A number or a bullet before a question. */
const MARK = /^\s*(?:\d+\s*[.):]|[-*•])\s*/
// Of the languages that the known models' cards name, English and Chinese, beside a question in any language. A
// model that speaks another one may suggest a question that it cannot answer.
const NO_ANSWER =
  /\b(?:cannot|can['’]t|can not|unable|unclear|unknown|impossible|no way to)\b|\bnot (?:possible|clear|visible|shown|provided|specified|mentioned|certain|sure|enough)\b|无法|不能确定|看不出|不清楚|不知道|[?？]$/i

/** @param inLanguage ends what the model is told, for questions in another language than English. */
export async function modelQuestions(
  model: Pick<Model, 'card' | 'ask'>,
  image: ImageInput | SeenPicture,
  about: {
    readonly history: readonly Turn[]
    readonly asked: readonly string[]
    readonly request: RequestOptions
    readonly inLanguage: string
  },
): Promise<string[]> {
  const { history, asked, request, inLanguage } = about
  const options = { ...request, history, maxNewTokens: WANTED_TOKENS }
  const { questions } = instructionsOf(model.card)
  const { text } = await askAbout(model, image, questions + inLanguage, options)
  const known = new Set(asked.map(normalizeText))
  // The reader would answer it, so the model's answer does not tell whether there are words.
  return questionsIn(text).filter(
    (question) => !known.has(normalizeText(question)) && readingQuestion(question) === null,
  )
}

/** The questions in a text, each once; what is no question or too long for a button is left out. */
export function questionsIn(text: string): string[] {
  const parts = text.split(/\n|(?<=[?？])/).map((part) => part.replace(MARK, '').trim())
  const questions = parts.filter((part) => /\p{L}.*[?？]$/u.test(part) && part.length <= MAX_LENGTH)
  return [...new Map(questions.map((one) => [normalizeText(one), one])).values()].slice(
    0,
    MAX_QUESTIONS,
  )
}

/** Whether an answer says that the picture does not tell, or asks back. */
export function isNoAnswer(answer: string): boolean {
  return NO_ANSWER.test(answer.trim())
}
