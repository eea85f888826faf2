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
import { judgePicture, requireInside } from '../../inference/domain/judge-picture.ts'
import type { Judgment } from '../../inference/domain/judgment.ts'
import { missingThing } from '../../inference/domain/presence.ts'
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

/** The model's answer, and what the question takes for granted that is not there; null: nothing. */
export type CheckedAnswer = Answer & { readonly missing: string | null }

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
    const missing = await missingThing(model, picture, { question, caption, signal })
    // Where it is not there, no word of the answer is to be shown as it is generated.
    const { onStep, ...quiet } = options
    const shown = missing === null && onStep ? { ...quiet, onStep } : quiet
    const answer = await model.ask(picture, question, shown)
    const isOutside = judged.judgment.verdict === 'outside'
    return { ...answer, missing, judgment: isOutside ? judged.judgment : answer.judgment }
  }
}

/** What people read of an answer. */
export function textOf({ text, missing }: CheckedAnswer): string {
  return missing === null ? text : EN.answer.notThere(missing)
}
