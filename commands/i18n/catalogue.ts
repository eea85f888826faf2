/**
 * The languages of the interface, and which one a person is shown. What the model says stays English
 * in every language.
 */

import type { InputError } from '../../config/errors.ts'
import { EN } from './en.ts'
import type { Catalogue } from './words.ts'
import { ZH } from './zh.ts'

/** @param locale one of Discord's, such as `zh-CN`; anything unknown is English. */
export function catalogueFor(locale: string | null | undefined): Catalogue {
  return locale?.toLowerCase().startsWith('zh') ? ZH : EN
}

/** What a person is told of an error. @param text the catalogue of their language. */
export function sentenceOf(
  { code, params }: Pick<InputError, 'code' | 'params'>,
  { errors }: Pick<Catalogue, 'errors'>,
): string {
  // An error of another process may be of another version, whose codes are not all known here.
  const sentence: unknown = Object.hasOwn(errors, code) ? errors[code] : errors['bot/unknown-error']
  return typeof sentence === 'function'
    ? String(Reflect.apply(sentence, undefined, [params]))
    : String(sentence)
}
