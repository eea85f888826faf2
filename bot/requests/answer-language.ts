/** The language that a model answers in. */

import { answersInEnglish } from '../../commands/i18n/answers-in-english.ts'
import { type AnyCard, followsInstructions } from '../../inference/package/model-card.ts'
import type { AnswerPart } from './context.ts'

/**
 * What a question to the model ends with, so that it answers in the language of a locale. Empty where
 * that is English, the card does not say that the model speaks it, or the model follows no instructions.
 *
 * @param locale as Discord has it, such as `zh-CN`.
 */
export function languageRequest(card: AnyCard, locale: string): string {
  const { language } = new Intl.Locale(locale)
  const isSpoken = card.languages?.includes(language) === true && followsInstructions(card)
  const name = new Intl.DisplayNames('en', { type: 'language' }).of(language)
  return isSpoken && language !== 'en' && name !== undefined ? ` Answer in ${name}.` : ''
}

/**
 * The sentence in the language of a locale that answers come in English. Null where the model speaks that
 * language, or its card does not say that it speaks English and not this one.
 *
 * @param locale as Discord has it, such as `zh-CN`.
 */
export function languageNote(
  { languages = [] }: Pick<AnyCard, 'languages'>,
  locale: string,
): string | null {
  const isEnglishInstead =
    languages.includes('en') && !languages.includes(new Intl.Locale(locale).language)
  return isEnglishInstead ? answersInEnglish(locale) : null
}

/**
 * Whether a part has the first that the model says of a picture: saying once in which language is enough. The
 * bot's own sentences, such as that a thing is not there, are in the person's.
 */
export function beginsTalk({
  conversation,
  turn,
  image,
  caption,
}: Pick<AnswerPart, 'conversation' | 'turn' | 'image' | 'caption'>): boolean {
  if (conversation === null || image === null || (turn !== null && turn !== conversation.id)) {
    return false
  }
  const asked = conversation.turns.find(({ id }) => id === turn)
  return asked === undefined || asked.absent !== true || asked.answer === caption
}
