/**
 * Judges a picture before anything is said about it, at the cost of a caption at most; for the model that
 * writes, and for the one that compares it with texts, which may know other pictures.
 */

import { isDeepStrictEqual } from 'node:util'
import { InputError } from '../../config/errors.ts'
import type { ImageInput, Model, RequestOptions } from '../contract/types.ts'
import type { Task } from '../families/common/card-base.ts'
import type { Judgment, JudgedCard } from './judgment.ts'

/** What judging a picture needs of a model. */
export type JudgingModel = Pick<Model, 'card' | 'describe'>

/** What judging a picture for matching needs of a model. */
export type MatchJudgingModel = JudgingModel & Pick<Model, 'matcher' | 'embedImage'>

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

/**
 * Judges a picture for the model that compares it with texts, by that model's domain. The model that
 * writes is asked only where it knows the same kind of pictures: its caption tells more of them apart
 * than features alone do.
 */
export async function judgeForMatching(
  model: MatchJudgingModel,
  image: ImageInput,
  options: RequestOptions = {},
): Promise<Judgment> {
  const { card, matcher } = model
  const tasks: readonly Task[] = card.tasks
  if (matcher?.domain === undefined) {
    return UNJUDGED.judgment
  }
  if (tasks.includes('text') && isDeepStrictEqual(card.domain?.knows, matcher.domain.knows)) {
    return (await judgePicture(model, image, options)).judgment
  }
  const { distance } = await model.embedImage(image, options)
  const isOutside = distance !== null && distance > 1
  return { distance, confidence: null, verdict: isOutside ? 'outside' : 'inside' }
}

/** @throws {InputError} `match/outside-domain` if the model that compares does not know such pictures. */
export async function requireMatchable(
  model: MatchJudgingModel,
  image: ImageInput,
  options: RequestOptions = {},
): Promise<void> {
  const { verdict } = await judgeForMatching(model, image, options)
  if (verdict === 'outside') {
    throw new InputError('match/outside-domain', { knows: model.matcher?.domain?.knows ?? null })
  }
}

/** @throws {InputError} `image/outside-domain` if the picture is outside of the card's domain. */
export function requireInside({ domain }: JudgedCard, { verdict }: Judgment): void {
  if (verdict === 'outside') {
    throw new InputError('image/outside-domain', { knows: domain?.knows ?? null })
  }
}
