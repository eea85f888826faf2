/** Answers a question about a picture: only about pictures that the model knows, and what is there. */

import type { ImageSource, Model, RequestOptions, Turn } from '../../inference/contract/types.ts'
import { judgePicture, requireInside } from '../../inference/domain/judge-picture.ts'
import { missingThing } from '../../inference/domain/presence.ts'
import type { Catalog } from '../../commands/i18n/words.ts'

export type QuestionAnswer = {
  /** The model's answer, or the sentence that what was asked about is not there. */
  readonly answer: string
  /** Whether it is that sentence, which the model does not get as its own answer later. */
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
  readonly options: RequestOptions
}

/** @throws {InputError} `image/outside-domain` if the model does not know such pictures. */
export async function answerQuestion(
  model: Model,
  image: ImageSource,
  { question, history, caption: known, text, options }: About,
): Promise<QuestionAnswer> {
  // First, since it refuses a question that is too long before anything runs.
  const { text: answer, judgment } = await model.ask(image, question, { ...options, history })
  requireInside(model.card, judgment)
  let caption = known
  if (caption === '') {
    const judged = await judgePicture(model, image, options)
    requireInside(model.card, judged.judgment)
    caption = judged.caption ?? ''
  }
  const thing = await missingThing(model, image, { ...options, question, caption })
  return thing === null
    ? { answer, absent: false, unsure: judgment.verdict === 'unsure', caption }
    : { answer: text.answer.notThere(thing), absent: true, unsure: false, caption }
}
