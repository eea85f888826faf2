/** Whether a text can be a question in a language that a model knows, judged by its script. */

/** The scripts of languages by ISO 639 code. A language that is missing here is not judged. */
const SCRIPTS: Readonly<Record<string, RegExp>> = {
  en: /\p{Script=Latin}/u,
  de: /\p{Script=Latin}/u,
  es: /\p{Script=Latin}/u,
  fr: /\p{Script=Latin}/u,
  it: /\p{Script=Latin}/u,
  pt: /\p{Script=Latin}/u,
  zh: /\p{Script=Han}/u,
  ja: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u,
  ko: /\p{Script=Hangul}/u,
  ru: /\p{Script=Cyrillic}/u,
}

/**
 * Whether most letters of a text are of the scripts of these languages. A text without letters, such
 * as an emoji, dots or a number, is in none of them.
 *
 * @param languages the codes of the model's card; undefined: not known, so every text passes.
 */
export function mayBeIn(languages: readonly string[] | undefined, text: string): boolean {
  if (languages === undefined || !languages.every((code) => Object.hasOwn(SCRIPTS, code))) {
    return true
  }
  const letters = text.match(/\p{L}/gu) ?? []
  const known = letters.filter((letter) => languages.some((code) => SCRIPTS[code]?.test(letter)))
  return known.length > letters.length / 2
}

/** Whether a text is written in Chinese: it has Chinese characters, and no Japanese ones. */
export function isChinese(text: string): boolean {
  return /\p{Script=Han}/u.test(text) && !/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)
}
