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

/** Asks about one picture. The answer's judgment is the picture's where that is outside. */
export type Ask = (question: string, options: AskOptions) => Promise<CheckedAnswer>

/**
 * Judges a picture, and gives what asks about it.
 *
 * @param options `marks`: whether a picture outside of the model's domain is only marked, for JSON.
 * @throws {InputError} if it is outside and not only marked.
 */
export async function askerOf(
  model: Model,
  picture: ImageSource,
  { signal, marks }: { readonly signal: AbortSignal; readonly marks: boolean },
): Promise<Ask> {
  const judged = await judgePicture(model, picture, { signal })
  const caption = judged.caption ?? ''
  if (!marks) {
    requireInside(model.card, judged.judgment)
  }
  return async (question, options) => {
    if (asksForDescription(model.card, { question, history: options.history })) {
      const description = await model.describe(picture, { signal })
      return { ...description, missing: null, unknown: [], isTurn: false }
    }
    const { unknown } = knownQuestion(model.card, question)
    const missing =
      unknown.length > 0 ? null : await missingThing(model, picture, { question, caption, signal })
    const isTurn = missing === null && unknown.length === 0
    // Where it means nothing, no word of the answer is to be shown as it is generated.
    const { onStep, ...quiet } = options
    const answer = await model.ask(picture, question, isTurn && onStep ? options : quiet)
    const judgment = judged.judgment.verdict === 'outside' ? judged.judgment : answer.judgment
    return { ...answer, missing, unknown, isTurn, judgment }
  }
}

/** What `--json` prints of an answer. */
export function answerRecord(
  about: { readonly image: string; readonly question: string; readonly model: string },
  { text, tokenIds, judgment, missing, unknown, timings }: CheckedAnswer,
) {
  const { image, question, model } = about
  return { image, question, text, tokenIds, judgment, missing, unknown, model, timings }
}

/** What people read of an answer. */
export function textOf({ text, missing, unknown }: CheckedAnswer): string {
  if (unknown.length > 0) {
    return EN.answer.unknownWords(unknown)
  }
  return missing === null ? text : EN.answer.notThere(missing)
}
