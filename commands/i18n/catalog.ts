/**
 * Chooses the language of the interface. The model answers in those that its card names.
 */

import type { InputError } from '../../config/errors.ts'
import { EN } from './en.ts'
import type { Catalog } from './words.ts'
import { ZH } from './zh.ts'

/** @param locale a Discord locale such as `zh-CN`; unknown ones get English. */
export function catalogFor(locale: string | null | undefined): Catalog {
  return locale?.toLowerCase().startsWith('zh') ? ZH : EN
}

/** The sentence for an error in the language of the catalog. */
export function sentenceOf(
  { code, params }: Pick<InputError, 'code' | 'params'>,
  { errors }: Pick<Catalog, 'errors'>,
): string {
  // An error of another process may be of another version, with codes that are unknown here.
  const sentence: unknown = Object.hasOwn(errors, code) ? errors[code] : errors['bot/unknown-error']
  return typeof sentence === 'function'
    ? String(Reflect.apply(sentence, undefined, [params]))
    : String(sentence)
}
