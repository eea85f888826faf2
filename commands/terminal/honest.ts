/** Questions in the terminal: about pictures that the model knows, and things that are there. */

import type {
  Answer,
  GenerationOptions,
  ImageSource,
  Model,
  RequestOptions,
  StreamOptions,
  Turn,
} from '../../inference/contract/types.ts'
import { asksForDescription } from '../../inference/domain/description-question.ts'
import { judgePicture, requireInside } from '../../inference/domain/judge-picture.ts'
import type { Judgment } from '../../inference/domain/judgment.ts'
import { InputError } from '../../config/errors.ts'
import { picturesOf } from '../../inference/package/model-card.ts'
import { missingThing } from '../../inference/domain/presence.ts'
import { knownQuestion } from '../../inference/text/known-question.ts'
import { EN } from '../i18n/en.ts'
import { printError } from './run.ts'

/** Says on stderr that the model is unsure of its text, if it is. */
export function warnIfUnsure({ verdict }: Judgment): void {
  if (verdict === 'unsure') {
    printError(EN.answer.unsure)
  }
}

type AskOptions = GenerationOptions &
  RequestOptions &
  StreamOptions & { readonly history: readonly Turn[] }

/** The model's answer, and why it means nothing, if it does. */
export type CheckedAnswer = Answer & {
  /** What the question takes for granted that is not there; null: nothing. */
  readonly missing: string | null
  /** Words of the question that the model does not know. */
  readonly unknown: readonly string[]
  /** Whether later questions may build on it: it is the model's answer, and means something. */
  readonly isTurn: boolean
}

/** Asks about the pictures. The answer's judgment is that of a picture which is outside, if one is. */
export type Ask = (question: string, options: AskOptions) => Promise<CheckedAnswer>

/**
 * Judges pictures, and gives what asks about them together.
 *
 * @param options `marks`: whether a picture outside of the model's domain is only marked, for JSON.
 * @throws {InputError} if one is outside and not only marked, or the model takes fewer.
 */
export async function askerOf(
  model: Model,
  pictures: readonly ImageSource[],
  { signal, marks }: { readonly signal: AbortSignal; readonly marks: boolean },
): Promise<Ask> {
  const most = picturesOf(model.card)
  if (pictures.length > most) {
    throw new InputError('image/too-many', { pictures: pictures.length, most })
  }
  const judged = await Promise.all(
    pictures.map((picture) => judgePicture(model, picture, { signal })),
  )
  const outside = judged.find(({ judgment }) => judgment.verdict === 'outside')
  if (outside && !marks) {
    requireInside(model.card, outside.judgment)
  }
  /** What is in one of the pictures is there. */
  const missingInAll = async (question: string): Promise<string | null> => {
    let missing: string | null = null
    for (const [i, picture] of pictures.entries()) {
      const caption = judged[i]?.caption ?? ''
      missing = await missingThing(model, picture, { question, caption, signal })
      if (missing === null) {
        return null
      }
    }
    return missing
  }
  return async (question, options) => {
    if (asksForDescription(model.card, { question, history: options.history })) {
      const description = await model.describe(pictures, { signal })
      return { ...description, missing: null, unknown: [], isTurn: false }
    }
    const { unknown } = knownQuestion(model.card, question)
    const missing = unknown.length > 0 ? null : await missingInAll(question)
    const isTurn = missing === null && unknown.length === 0
    // Where it means nothing, no word of the answer is to be shown as it is generated.
    const { onStep, ...quiet } = options
    const answer = await model.ask(pictures, question, isTurn && onStep ? options : quiet)
    const judgment = outside?.judgment ?? answer.judgment
    return { ...answer, missing, unknown, isTurn, judgment }
  }
}

/** What `--json` prints of an answer; of several pictures, `images` has their names. */
export function answerRecord(
  about: {
    readonly images: readonly string[]
    readonly question: string
    readonly model: string
  },
  { text, tokenIds, judgment, missing, unknown, timings }: CheckedAnswer,
) {
  const { images, question, model } = about
  const pictures = images.length === 1 ? { image: images[0] } : { images }
  return { ...pictures, question, text, tokenIds, judgment, missing, unknown, model, timings }
}

/** What people read of an answer. */
export function textOf({ text, missing, unknown }: CheckedAnswer): string {
  if (unknown.length > 0) {
    return EN.answer.unknownWords(unknown)
  }
  return missing === null ? text : EN.answer.notThere(missing)
}
