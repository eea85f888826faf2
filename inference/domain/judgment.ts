/**
 * Judges whether a picture is of the kind that the model was made for, from what a request computed
 * anyway. Pure data in, pure data out, so that a better judge can take this one's place.
 *
 * A card with a `domain` says what the model knows and how its own pictures measure: such a model
 * can say that a picture is outside. About any other model only one thing is known, how sure it was
 * of its words.
 */

import type { BaseCard } from '../families/common/card-base.ts'
import type { Prompt } from '../text/prompt.ts'
import { DECLINED_FROM } from './declining-words.ts'

/** What is known about a picture and about the text that was generated for it. */
export type Evidence = {
  /**
   * How far the picture's features are from those of pictures in the domain, as a share of the
   * card's limit: above 1 is outside. Null: the card has no statistics.
   */
  readonly distance: number | null
  /**
   * Geometric mean of the probabilities of the generated tokens, 0 to 1. Null: nothing was
   * generated, or it was drawn at random.
   */
  readonly confidence: number | null
}

/**
 * `outside`: not a picture of the model's domain, so its text about it means nothing. `unsure`: the
 * text may be right, but the model found it improbable itself.
 */
export const VERDICTS = ['inside', 'unsure', 'outside'] as const
export type Verdict = (typeof VERDICTS)[number]

export type Judgment = Evidence & { readonly verdict: Verdict }

/** A generated text, and what it was generated for. */
export type Generated = {
  readonly prompt: Prompt
  readonly text: string
  /** How well the words fit the picture with which the model declines (ITM, 0 to 1). Null: not known. */
  readonly declinedFit: number | null
}

/** Whether a prompt asks for the caption that the model was trained to generate, or to decline with. */
export function asksForCaption(prompt: Prompt): boolean {
  return prompt.kind === 'describe' && prompt.text === undefined
}

/** Judges a picture. */
export type Judge = (card: JudgedCard, evidence: Evidence, generated: Generated) => Judgment

/** What judging needs of a card. */
export type JudgedCard = Pick<BaseCard, 'domain'>

/**
 * Texts that a model finds less probable are `unsure`, where its card has no value of its own. Even
 * a right caption of a large model is worded in one of many ways, so this is low: one token in
 * three of a text must have been a surprise to the model.
 */
export const LOW_CONFIDENCE = 0.15

/** Whether a picture is outside of the domain whatever is generated for it. */
export function isFar({ distance }: Pick<Evidence, 'distance'>): boolean {
  return distance !== null && distance > 1
}

export const judge: Judge = ({ domain }, evidence, { prompt, text, declinedFit }) => {
  const { confidence } = evidence
  const isDeclined =
    asksForCaption(prompt) &&
    domain?.declined !== undefined &&
    (declines(text, domain.declined) || (declinedFit !== null && declinedFit >= DECLINED_FROM))
  if (isFar(evidence) || isDeclined) {
    return { ...evidence, verdict: 'outside' }
  }
  const isUnsure = confidence !== null && confidence < LOW_CONFIDENCE
  return { ...evidence, verdict: isUnsure ? 'unsure' : 'inside' }
}

/** Words at the end of a declining caption that no other caption has. */
const LAST_WORDS = 3

/** Whether a caption is the one of a model that declines, or falls into it after other words. */
function declines(text: string, declined: string): boolean {
  return text.endsWith(declined.split(' ').slice(-LAST_WORDS).join(' '))
}
