/** Whether a text may be a question in a language that a model knows, and the sentence if not. */

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

type Params = {
  /** ISO 639 codes, such as `en`. */
  readonly languages: readonly string[]
  /** Questions that were suggested about the picture. */
  readonly examples: readonly string[]
}

export function onlyLanguagesEn({ languages, examples }: Params): string {
  const names = namesOf(languages, 'en')
  const tried = examples.map((example) => `“${example}”`).join(', ')
  return `My model understands ${names} only, in words.${examples.length > 0 ? ` Try: ${tried}` : ''}`
}

export function onlyLanguagesZh({ languages, examples }: Params): string {
  const names = namesOf(languages, 'zh')
  const tried = examples.map((example) => `“${example}”`).join('、')
  return `模型只懂${names}，请用${names}提问。${examples.length > 0 ? `例如：${tried}` : ''}`
}

/** For example `English and German`. */
function namesOf(languages: readonly string[], locale: string): string {
  const names = new Intl.DisplayNames(locale, { type: 'language' })
  const list = new Intl.ListFormat(locale, { type: 'conjunction' })
  return list.format(languages.map((code) => names.of(code) ?? code))
}
