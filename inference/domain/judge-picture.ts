/** Judges a picture before anything is said about it, at the cost of a caption at most. */

import { InputError } from '../../config/errors.ts'
import type { ImageInput, Model, RequestOptions } from '../contract/types.ts'
import type { Judgment, JudgedCard } from './judgment.ts'

/** What judging a picture needs of a model. */
export type JudgingModel = Pick<Model, 'card' | 'describe'>

/** A picture's judgment, with the caption that it was made from; null: none was needed. */
export type JudgedPicture = { readonly judgment: Judgment; readonly caption: string | null }

const UNJUDGED: JudgedPicture = {
  judgment: { distance: null, confidence: null, verdict: 'inside' },
  caption: null,
}

/** Only a model whose card has a domain generates a caption for it. */
export async function judgePicture(
  model: JudgingModel,
  image: ImageInput,
  options: RequestOptions = {},
): Promise<JudgedPicture> {
  if (model.card.domain === undefined) {
    return UNJUDGED
  }
  const { text, judgment } = await model.describe(image, options)
  return { judgment, caption: text }
}

/** @throws {InputError} `image/outside-domain` if the picture is outside of the card's domain. */
export function requireInside({ domain }: JudgedCard, { verdict }: Judgment): void {
  if (verdict === 'outside') {
    throw new InputError('image/outside-domain', { knows: domain?.knows ?? null })
  }
}
