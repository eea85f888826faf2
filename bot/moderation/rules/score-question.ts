/** Asks the model a question of yes or no. */

import type { ImageInput, Model, RequestOptions } from '../../../inference/contract/types.ts'

/** How likely the model says "yes" rather than "no", 0 to 1. */
export async function scoreQuestion(
  model: Pick<Model, 'score'>,
  image: ImageInput,
  question: string,
  options: RequestOptions = {},
): Promise<number> {
  const scored = await model.score(image, { ...options, question, answers: ['yes', 'no'] })
  return scored.find(({ answer }) => answer === 'yes')?.probability ?? 0
}
