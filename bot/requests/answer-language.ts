/** The language that a model answers in. */

import { type AnyCard, followsInstructions } from '../../inference/package/model-card.ts'

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
