/** Asks the model a question of yes or no. */

import { questionPrompt } from '../../../inference/families/index.ts'
import type { ImageInput, Model, RequestOptions } from '../../../inference/contract/types.ts'

/** How likely the model says "yes" rather than "no", 0 to 1. */
export async function scoreQuestion(
  model: Pick<Model, 'card' | 'score'>,
  image: ImageInput,
  question: string,
  options: RequestOptions = {},
): Promise<number> {
  const prompt = questionPrompt(model.card, question)
  const scored = await model.score(image, { ...options, prompt, answers: ['yes', 'no'] })
  return scored.find(({ answer }) => answer === 'yes')?.probability ?? 0
}
