/** The sentence about a question in a language that the model does not know, in each language. */

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
