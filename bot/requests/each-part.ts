/** One answer about several pictures: a part for each. */

import { sentenceOf } from '../../commands/i18n/catalog.ts'
import { hasCode, InputError } from '../../config/errors.ts'
import { errorPart, type AnswerPart, type RequestContext } from './context.ts'

/**
 * One part for each of several pictures. A bad file does not fail the others: its part says why
 * there is no answer or, where nobody asked, it is left out.
 *
 * @throws {InputError} if there is nothing but bad files.
 */
export async function eachPart<T>(
  { delivery, text, options, request: { asked } }: RequestContext,
  subjects: readonly T[],
  answer: (subject: T, index: number) => Promise<AnswerPart>,
  numbers: readonly (number | null)[] = [],
): Promise<AnswerPart[]> {
  const parts: AnswerPart[] = []
  const errors: InputError[] = []
  for (const [index, subject] of subjects.entries()) {
    const number = numbers[index] ?? (subjects.length === 1 ? null : index + 1)
    if (subjects.length > 1) {
      delivery.progress(text.waiting.partly(index, subjects.length))
    }
    try {
      parts.push({ ...(await answer(subject, index)), number })
    } catch (error) {
      if (!(error instanceof InputError) || isAboutQuestion(error) || options.signal?.aborted) {
        throw error
      }
      errors.push(error)
      if (asked) {
        parts.push(errorPart(sentenceOf(error, text), number))
      }
    }
  }
  const [first] = errors
  if (first && (subjects.length === 1 || parts.length === 0)) {
    throw first
  }
  return parts
}

/** Whether an error is the same for every picture, so that one sentence says it. */
function isAboutQuestion(error: InputError): boolean {
  return hasCode(error, 'text/too-long', 'text/empty-question')
}
